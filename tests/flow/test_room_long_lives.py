"""Rooms that live long: roles and coached calls long over, an end that somebody else was at."""

import logging
import time
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy.exc import DBAPIError

from gateway.domain.ids import new_uuid
from gateway.domain.room import Room
from gateway.services import room_settings
from gateway.services.coaching import MOST_MEMBERS
from gateway.services.member_keeper import MUSIC_EVERY_S
from gateway.services.reactions import members
from gateway.store.unit_of_work import Needs, UnitOfWork
from tests.flow.house import House, channel, ok, refused
from tests.flow.watched_switch import NODE
from tests.waiting import wait_for


def calls_long_over(count: int) -> list[str]:
    return [f"{NODE}-{new_uuid()}" for _ in range(count)]


def orders(house: House, beginning: str) -> list[str]:
    return [line for line in house.switch.lines if line.startswith(beginning)]


def change(house: House, room_id: str, make: Callable[[Room], Room]) -> None:
    def work(uow: UnitOfWork) -> None:
        room = uow.rooms.get(room_id)
        assert room is not None
        uow.rooms.put(make(room))

    house.gateway.store.write(work, Needs(rooms=(room_id,)))


def test_roles_of_calls_that_are_over_make_room_for_others(house: House) -> None:
    """A call that left by command keeps its role; when it ends elsewhere, nobody could take that away any more."""
    room = house.app.room()
    session, before = house.join(room), house.call()

    def full(found: Room) -> Room:
        for one in (before, *calls_long_over(room_settings.MOST_ROLES - 1)):
            found = room_settings.with_role(found, one, "moderator")
        return found

    change(house, room, full)
    path = f"/conferences/{room}/members/{session}"
    assert ok(house.app.post(f"{path}/role", {"role": "moderator"}), 202)["role"] == "moderator"
    assert ok(house.app.get(path), 200)["role"] == "moderator"
    house.join(room, before)
    assert ok(house.app.get(f"/conferences/{room}/members/{before}"), 200)["role"] == "moderator"


def test_coached_calls_that_are_over_are_forgotten(house: House) -> None:
    """A coach that stays for weeks while those it coaches come and go: the room's row must not grow with each."""
    room = house.app.room()
    coach, first, second = house.join(room), house.join(room), house.join(room)
    change(house, room, lambda found: room_settings.with_coach(found, coach, [first, *calls_long_over(MOST_MEMBERS)]))
    path = f"/conferences/{room}/members/{coach}/coach"
    assert ok(house.app.post(path, {"coached": [second]}), 202)["coached"] == [first, second]


def test_a_room_that_empties_while_it_is_deleted_is_no_error(
    house: House, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """`kick all` in a conference that is ending says nothing: an operator must not be woken by it."""
    room = house.app.room()
    session = house.join(room)
    as_ever, kicks = house.switch.run_api, f"conference {room} kick all"
    said: list[str] = []

    def run_api(line: str) -> str:
        if line != kicks:
            return as_ever(line)
        said.append(line)
        return "-ERR no reply\n"

    monkeypatch.setattr(house.switch, "run_api", run_api)
    ok(house.app.delete(f"/conferences/{room}"), 200)
    wait_for(lambda: said, "the room was to be emptied")
    house.hang_up(session)
    assert not [record for record in caplog.records if record.levelno >= logging.ERROR]


def test_hold_music_of_no_length_does_not_spin(house: House) -> None:
    """It begins anew at each end: a file of one sample would do so some thousand times a minute for each held call."""
    room = house.app.room()
    session = house.join(room)
    path = f"/conferences/{room}/members/{session}"
    ok(house.app.post(f"{path}/hold", {"music_url": house.jukebox.url(0.001)}), 202)
    began = time.monotonic()
    wait_for(lambda: len(orders(house, f"conference {room} play ")) >= 3, "the music begins again and again")
    assert time.monotonic() - began >= 2 * MUSIC_EVERY_S - 0.2
    house.hang_up(session)


@pytest.mark.parametrize(("command", "body"), [("record/start", {}), ("record/stop", None)])
def test_a_room_that_is_gone_in_the_switch_before_we_know_it(
    house: House, monkeypatch: pytest.MonkeyPatch, command: str, body: Any
) -> None:
    """contract.md, Names: "Commands to a room with nobody in it: play, speak, record: 409 `conference-empty`"."""
    room = house.app.room()
    session = house.join(room)
    if command == "record/stop":
        ok(house.app.at(room, "record/start", {}), 202)
        house.sink.wait_for_event("conference.recording.started", room_id=room)
        house.forget_cooldowns()
    as_ever = house.switch.run_api

    def run_api(line: str) -> str:
        return (
            f"-ERR Conference {room} not found\n" if line.startswith(f"conference {room} recording") else as_ever(line)
        )

    monkeypatch.setattr(house.switch, "run_api", run_api)
    refused(house.app.at(room, command, body), 409, "conference-empty")
    house.hang_up(session)


def test_a_lock_that_meets_a_conference_being_born_again_holds(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """The switch says that there is none, then somebody comes in, and only then is the lock stored."""
    room = house.app.room()
    session = house.join(room)
    as_ever, refusals = house.switch.run_api, [f"-ERR Conference {room} not found\n"]

    def run_api(line: str) -> str:
        return refusals.pop() if line == f"conference {room} lock" and refusals else as_ever(line)

    monkeypatch.setattr(house.switch, "run_api", run_api)
    ok(house.app.at(room, "lock"), 202)
    wait_for(lambda: f"conference {room} lock" in house.switch.lines, "the conference that there is, is locked")
    assert len(house.sink.find("conference.locked", room_id=room)) == 1
    house.hang_up(session)


@pytest.mark.parametrize(
    ("how", "cause", "counts_ms"),
    [("conference {room} kick {member}", "kick", 30_000), ("uuid_transfer {channel} 'park:' inline", "self", -1)],
)
def test_a_move_that_was_never_done_is_told_of_no_later_leaving(
    house: House, monkeypatch: pytest.MonkeyPatch, how: str, cause: str, counts_ms: int
) -> None:
    """A gateway that died before it sent the move: hours later its member would leave by "move", and join nowhere."""
    monkeypatch.setattr(members, "EXIT_COUNTS_MS", counts_ms)
    here, there = house.app.room(), house.app.room()
    session = house.join(here)
    member_id = house.sink.find("conference.member.joined", session_uuid=session)[-1]["data"]["member_id"]
    with house.switch.holding("uuid_transfer", channel(session)):
        ok(house.app.post(f"/conferences/{here}/members/{session}/move", {"room_id": there}), 202)
        house.switch.held.clear()
    house.forget_cooldowns()
    house.switch.api(how.format(room=here, member=member_id.removeprefix("m"), channel=channel(session)))
    left = house.sink.wait_for_event("conference.member.left", session_uuid=session)["data"]
    assert (left["reason"], left["cause"]) == ("removed", cause)
    refused(house.app.command(session, "conference/leave"), 404, "not-in-conference")
    house.hang_up(session)


def test_a_request_to_coach_that_is_run_again_doubles_nobody(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """A group of writes that is rolled back, as behind a dead lock, runs each of its pieces once more."""
    room = house.app.room()
    coach, first, second = (house.join(room) for _ in range(3))
    path = f"/conferences/{room}/members/{coach}/coach"
    ok(house.app.post(path, {"coached": [first]}), 202)
    house.forget_cooldowns()
    as_ever, failures = room_settings.with_coach, [DBAPIError("UPDATE", {}, Exception("deadlock detected"))]

    def with_coach(*given: Any, **named: Any) -> Room:
        if failures and len(given) > 3:
            raise failures.pop()
        return as_ever(*given, **named)

    monkeypatch.setattr(room_settings, "with_coach", with_coach)
    assert ok(house.app.post(path, {"coached": [second]}), 202)["coached"] == [first, second]
    assert not failures, "it was not run again"
    for session in (coach, first, second):
        house.hang_up(session)
