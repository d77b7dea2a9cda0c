"""The PIN of a room and its lock, as callers led by documents meet them (issue 4)."""

from collections.abc import Iterator

import pytest

from tests.flow.conference_house import Led
from tests.flow.house import channel, ok
from tests.waiting import wait_for

BEHIND = "<Wait length='60'/>"


@pytest.fixture(scope="module")
def led_house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Led]:
    led = Led(tmp_path_factory.mktemp("led"))
    yield led
    led.stop()


@pytest.fixture
def led(led_house: Led) -> Iterator[Led]:
    led_house.house.forget_cooldowns()
    yield led_house
    led_house.house.sink.assert_ordered()
    assert not led_house.documents.problems


def with_pin(led: Led, pin: str) -> tuple[str, str]:
    """A room's name and id."""
    name = led.name()
    room = led.app.room(name)
    ok(led.app.at(room, "pin", {"pin": pin}), 202)
    return name, room


def asked(led: Led, session: str, times: int) -> None:
    """The caller is being asked, for the n-th time."""

    def count() -> int:
        lines = led.house.switch.executed(channel(session))
        return sum(line.startswith("play_and_get_digits") for line in lines)

    wait_for(lambda: count() == times, f"asked {times} times")


def test_who_knows_the_pin_comes_in(led: Led) -> None:
    """ "the pin is asked with play_and_get_digits for document joins"; a wrong one is asked again."""
    name, room = with_pin(led, "4711")
    session = led.dial(led.document(name))
    asked(led, session, 1)
    led.house.press(session, "1234")
    asked(led, session, 2)
    assert led.house.switch.seats(room) == {}
    led.house.press(session, "4711")
    led.house.sink.wait_for_event("conference.member.joined", session_uuid=session)
    assert not led.house.sink.find("conference.member.join_failed", session_uuid=session)


def test_three_wrong_pins_and_the_document_goes_on(led: Led) -> None:
    """ "wrong pin: 3 tries then the document goes on / join_failed reason refused"."""
    name, room = with_pin(led, "4711")
    session = led.dial(led.document(name, BEHIND))
    for times in (1, 2, 3):
        asked(led, session, times)
        led.house.press(session, "12#")
    failed = led.house.sink.wait_for_event("conference.member.join_failed", session_uuid=session)
    assert (failed["data"]["reason"], failed["data"]["room_id"]) == ("refused", room)
    wait_for(lambda: led.house.switch.executed(channel(session))[-1].startswith("sleep"), "the document goes on")
    assert "conference:" not in str(led.house.orders_for(session))


def test_a_pin_that_is_taken_back_is_not_asked(led: Led) -> None:
    name, room = with_pin(led, "4711")
    led.house.forget_cooldowns()
    ok(led.app.at(room, "pin", {"pin": None}), 202)
    session = led.joined(name)
    assert not any(line.startswith("play_and_get") for line in led.house.switch.executed(channel(session)))


def test_a_locked_room_and_a_document(led: Led) -> None:
    """ "Locked: join_failed reason locked, the call stays parked / its document goes on"."""
    name = led.name()
    room = led.app.room(name)
    ok(led.app.at(room, "lock"), 202)
    session = led.dial(led.document(name, BEHIND))
    failed = led.house.sink.wait_for_event("conference.member.join_failed", session_uuid=session)
    assert failed["data"]["reason"] == "locked"
    wait_for(lambda: "sleep" in str(led.house.switch.executed(channel(session))), "the document goes on")


def test_a_led_call_moves_and_its_verb_goes_on_there(led: Led) -> None:
    """docs/rooms.md: "A call led by a document stays in its `<Conference>`"."""
    there = led.app.room(led.name())
    session = led.joined(led.name(), BEHIND)
    here = led.room_id(session)
    ok(led.app.post(f"/conferences/{here}/members/{session}/move", {"room_id": there}), 202)
    wait_for(lambda: session in led.house.switch.seats(there), "it is in the other room")
    led.house.sink.wait_for(
        lambda: len(led.house.sink.find("conference.member.joined", session_uuid=session)) == 2, "joined there"
    )
    assert led.house.switch.executed(channel(session)) == [], "its document stands still"
    led.house.forget_cooldowns()
    ok(led.app.command(session, "conference/leave"), 202)
    wait_for(lambda: "sleep" in str(led.house.switch.executed(channel(session))), "the document goes on")


def test_a_restart_while_the_pin_is_asked(led: Led) -> None:  # the last: the gateway is another then
    """Verbs run at most once: the keys pressed before are not asked for again, nor is who is in asked at all."""
    name, _room = with_pin(led, "4711")
    inside = led.dial(led.document(name))
    asked(led, inside, 1)
    led.house.press(inside, "4711")
    led.house.sink.wait_for_event("conference.member.joined", session_uuid=inside)
    outside = led.dial(led.document(name))
    asked(led, outside, 1)
    with led.house.away():
        led.house.press(outside, "4711")
    led.house.sink.wait_for_event("conference.member.joined", session_uuid=outside)
    asked(led, outside, 1)
    asked(led, inside, 1)
