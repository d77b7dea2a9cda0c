"""A room that a document named and nobody has entered yet: it is listed, and takes commands (contract.md, "Names")."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from tests.flow.conference_house import ConferenceHouse
from tests.flow.house import channel, ok
from tests.waiting import wait_for

TOLD = {
    "volume": ({"volume": 3}, "conference.play.volume_changed"),
    "lock": (None, "conference.locked"),
    "pin": ({"pin": "12"}, "conference.pin_changed"),
}


@contextmanager
def on_the_way(hall: ConferenceHouse) -> Iterator[tuple[str, str]]:
    """A room, and the caller whose join the switch does at the end."""
    with hall.house.switch.holding("conference:"):
        name = hall.name()
        session = hall.dial(hall.document(name))
        wait_for(lambda: hall.house.switch.held, "the switch is asked to join the caller")
        (room,) = [one for one in hall.app.get("/conferences").json()["conferences"] if one["name"] == name]
        yield str(room["room_id"]), session


def told(hall: ConferenceHouse, room: str) -> list[str]:
    return hall.house.sink.names(room)


@pytest.mark.parametrize("command", TOLD)
def test_what_is_told_of_a_room_before_its_first_member_comes_after_created(
    hall: ConferenceHouse, command: str
) -> None:
    """contract.md, Webhooks: "announced transitions form a legal chain"; the room's first add-member then tells no
    created any more.
    """
    body, event = TOLD[command]
    with on_the_way(hall) as (room, session):
        ok(hall.app.at(room, command, body), 202)
        told_of = hall.house.sink.wait_for_event(event, room_id=room)
        assert told(hall, room) == ["conference.created", event]
        assert told_of["room_sequence"] == 2
        created = hall.house.sink.find("conference.created", room_id=room)[0]
        assert created["data"]["name"] and "session_uuid" not in created
    hall.house.sink.wait_for_event("conference.member.joined", session_uuid=session)
    assert told(hall, room)[:4] == ["conference.created", event, "conference.started", "conference.member.joined"]
    hall.house.hang_up(session)
    hall.house.sink.wait_for_event("conference.destroyed", room_id=room)
    assert told(hall, room).count("conference.created") == 1


def test_a_room_that_is_deleted_before_anybody_is_in_was_created(hall: ConferenceHouse) -> None:
    """contract.md, Names: "DELETE: the room is marked destroyed first … then all are kicked, late comers too"."""
    with on_the_way(hall) as (room, session):
        ok(hall.app.delete(f"/conferences/{room}"), 200)
        failed = hall.house.sink.wait_for_event("conference.member.join_failed", session_uuid=session)
        assert (failed["room_id"], failed["data"]["reason"]) == (room, "kicked")
    assert told(hall, room) == ["conference.created", "conference.destroyed", "conference.member.join_failed"]


def test_a_room_that_was_told_of_and_never_entered_is_destroyed(hall: ConferenceHouse) -> None:
    """contract.md, Names: "destroyed when neither member nor joining seat is left": what was created ends so."""
    with on_the_way(hall) as (room, session):
        ok(hall.app.at(room, "volume", {"volume": 3}), 202)
        hall.house.switch.held.clear()
        assert hall.house.switch.api(f"simulator hangup {channel(session)} NORMAL_CLEARING").startswith("+OK")
        hall.house.sink.wait_for_event("conference.destroyed", room_id=room)
    names = ["conference.created", "conference.play.volume_changed", "conference.member.join_failed"]
    assert told(hall, room) == [*names, "conference.destroyed"]


def test_a_room_that_nobody_was_told_of_goes_without_a_word(hall: ConferenceHouse) -> None:
    """contract.md, Names: "A room made by a document: created and started at its first add-member"."""
    with on_the_way(hall) as (room, session):
        hall.house.switch.held.clear()
        assert hall.house.switch.api(f"simulator hangup {channel(session)} NORMAL_CLEARING").startswith("+OK")
        hall.house.sink.wait_for_event("call.completed", session_uuid=session)
    failed: dict[str, Any] = hall.house.sink.find("conference.member.join_failed", session_uuid=session)[0]
    assert told(hall, room) == [] and "room_id" not in failed
