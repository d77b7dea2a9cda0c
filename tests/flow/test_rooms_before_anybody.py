"""A room that a document named and nobody has entered yet: it is listed, and takes commands (contract.md, "Names")."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from tests.flow.conference_house import Led
from tests.flow.house import channel, ok
from tests.waiting import wait_for

TOLD = {
    "volume": ({"volume": 3}, "conference.play.volume_changed"),
    "lock": (None, "conference.locked"),
    "pin": ({"pin": "12"}, "conference.pin_changed"),
}


@pytest.fixture(scope="module")
def led_house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Led]:
    led = Led(tmp_path_factory.mktemp("led"))
    yield led
    led.stop()


@pytest.fixture
def led(led_house: Led) -> Iterator[Led]:
    """What is told of a room must be a legal chain: conference.created is the first, and comes once."""
    led_house.house.forget_cooldowns()
    yield led_house
    led_house.house.sink.assert_ordered()
    assert not led_house.documents.problems


@contextmanager
def on_the_way(led: Led) -> Iterator[tuple[str, str]]:
    """A room, and the caller whose join the switch does at the end."""
    with led.house.switch.holding("conference:"):
        name = led.name()
        session = led.dial(led.document(name))
        wait_for(lambda: led.house.switch.held, "the switch is asked to join the caller")
        (room,) = [one for one in led.app.get("/conferences").json()["conferences"] if one["name"] == name]
        yield str(room["room_id"]), session


def told(led: Led, room: str) -> list[str]:
    return led.house.sink.names(room)


@pytest.mark.parametrize("command", TOLD)
def test_what_is_told_of_a_room_that_nobody_has_entered_comes_after_created(led: Led, command: str) -> None:
    """contract.md, Webhooks: "announced transitions form a legal chain"; the room's first add-member then tells no
    created any more.
    """
    body, event = TOLD[command]
    with on_the_way(led) as (room, session):
        ok(led.app.at(room, command, body), 202)
        told_of = led.house.sink.wait_for_event(event, room_id=room)
        assert told(led, room) == ["conference.created", event]
        assert told_of["room_sequence"] == 2
        created = led.house.sink.find("conference.created", room_id=room)[0]
        assert created["data"]["name"] and "session_uuid" not in created
    led.house.sink.wait_for_event("conference.member.joined", session_uuid=session)
    assert told(led, room)[:4] == ["conference.created", event, "conference.started", "conference.member.joined"]
    led.house.hang_up(session)
    led.house.sink.wait_for_event("conference.destroyed", room_id=room)
    assert told(led, room).count("conference.created") == 1


def test_a_room_that_is_deleted_before_anybody_is_in_was_created(led: Led) -> None:
    """contract.md, Names: "DELETE: the room is marked destroyed first … then all are kicked, late comers too"."""
    with on_the_way(led) as (room, session):
        ok(led.app.delete(f"/conferences/{room}"), 200)
        failed = led.house.sink.wait_for_event("conference.member.join_failed", session_uuid=session)
        assert (failed["room_id"], failed["data"]["reason"]) == (room, "kicked")
    assert told(led, room) == ["conference.created", "conference.destroyed", "conference.member.join_failed"]


def test_a_room_that_was_told_of_and_never_entered_is_destroyed(led: Led) -> None:
    """contract.md, Names: "destroyed when neither member nor joining seat is left": what was created ends so."""
    with on_the_way(led) as (room, session):
        ok(led.app.at(room, "volume", {"volume": 3}), 202)
        led.house.switch.held.clear()
        assert led.house.switch.api(f"simulator hangup {channel(session)} NORMAL_CLEARING").startswith("+OK")
        led.house.sink.wait_for_event("conference.destroyed", room_id=room)
    names = ["conference.created", "conference.play.volume_changed", "conference.member.join_failed"]
    assert told(led, room) == [*names, "conference.destroyed"]


def test_a_room_that_nobody_was_told_of_goes_without_a_word(led: Led) -> None:
    """contract.md, Names: "A room made by a document: created and started at its first add-member"."""
    with on_the_way(led) as (room, session):
        led.house.switch.held.clear()
        assert led.house.switch.api(f"simulator hangup {channel(session)} NORMAL_CLEARING").startswith("+OK")
        led.house.sink.wait_for_event("call.completed", session_uuid=session)
    failed: dict[str, Any] = led.house.sink.find("conference.member.join_failed", session_uuid=session)[0]
    assert told(led, room) == [] and "room_id" not in failed
