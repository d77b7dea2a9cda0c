"""The PIN of a room and its lock, as callers led by documents meet them (issue 4)."""

from tests.flow.conference_house import ConferenceHouse
from tests.flow.house import channel, ok
from tests.waiting import wait_for

BEHIND = "<Wait length='60'/>"


def with_pin(hall: ConferenceHouse, pin: str) -> tuple[str, str]:
    """A room's name and id."""
    name = hall.name()
    room = hall.app.room(name)
    ok(hall.app.at(room, "pin", {"pin": pin}), 202)
    return name, room


def asked(hall: ConferenceHouse, session: str, times: int) -> None:
    """The caller is being asked, for the n-th time."""

    def count() -> int:
        lines = hall.house.switch.executed(channel(session))
        return sum(line.startswith("play_and_get_digits") for line in lines)

    wait_for(lambda: count() == times, f"asked {times} times")


def test_who_knows_the_pin_comes_in(hall: ConferenceHouse) -> None:
    """ "the pin is asked with play_and_get_digits for document joins"; a wrong one is asked again."""
    name, room = with_pin(hall, "4711")
    session = hall.dial(hall.document(name))
    asked(hall, session, 1)
    hall.house.press(session, "1234")
    asked(hall, session, 2)
    assert hall.house.switch.seats(room) == {}
    hall.house.press(session, "4711")
    hall.house.sink.wait_for_event("conference.member.joined", session_uuid=session)
    assert not hall.house.sink.find("conference.member.join_failed", session_uuid=session)


def test_three_wrong_pins_and_the_document_goes_on(hall: ConferenceHouse) -> None:
    """ "wrong pin: 3 tries then the document goes on / join_failed reason refused"."""
    name, room = with_pin(hall, "4711")
    session = hall.dial(hall.document(name, BEHIND))
    for times in (1, 2, 3):
        asked(hall, session, times)
        hall.house.press(session, "12#")
    failed = hall.house.sink.wait_for_event("conference.member.join_failed", session_uuid=session)
    assert (failed["data"]["reason"], failed["data"]["room_id"]) == ("refused", room)
    wait_for(lambda: hall.house.switch.executed(channel(session))[-1].startswith("sleep"), "the document goes on")
    assert "conference:" not in str(hall.house.orders_for(session))


def test_a_pin_that_is_taken_back_is_not_asked(hall: ConferenceHouse) -> None:
    name, room = with_pin(hall, "4711")
    hall.house.forget_cooldowns()
    ok(hall.app.at(room, "pin", {"pin": None}), 202)
    session = hall.joined(name)
    assert not any(line.startswith("play_and_get") for line in hall.house.switch.executed(channel(session)))


def test_a_locked_room_and_a_document(hall: ConferenceHouse) -> None:
    """ "Locked: join_failed reason locked, the call stays parked / its document goes on"."""
    name = hall.name()
    room = hall.app.room(name)
    ok(hall.app.at(room, "lock"), 202)
    session = hall.dial(hall.document(name, BEHIND))
    failed = hall.house.sink.wait_for_event("conference.member.join_failed", session_uuid=session)
    assert failed["data"]["reason"] == "locked"
    wait_for(lambda: "sleep" in str(hall.house.switch.executed(channel(session))), "the document goes on")


def test_a_led_call_moves_and_its_verb_goes_on_there(hall: ConferenceHouse) -> None:
    """docs/rooms.md: "A call led by a document stays in its `<Conference>`"."""
    there = hall.app.room(hall.name())
    session = hall.joined(hall.name(), BEHIND)
    here = hall.room_id(session)
    ok(hall.app.post(f"/conferences/{here}/members/{session}/move", {"room_id": there}), 202)
    wait_for(lambda: session in hall.house.switch.seats(there), "it is in the other room")
    hall.house.sink.wait_for(
        lambda: len(hall.house.sink.find("conference.member.joined", session_uuid=session)) == 2, "joined there"
    )
    assert hall.house.switch.executed(channel(session)) == [], "its document stands still"
    hall.house.forget_cooldowns()
    ok(hall.app.command(session, "conference/leave"), 202)
    wait_for(lambda: "sleep" in str(hall.house.switch.executed(channel(session))), "the document goes on")


def test_a_restart_while_the_pin_is_asked(hall: ConferenceHouse) -> None:  # the last: the gateway is another then
    """Verbs run at most once: the keys pressed before are not asked for again, nor is who is in asked at all."""
    name, _room = with_pin(hall, "4711")
    inside = hall.dial(hall.document(name))
    asked(hall, inside, 1)
    hall.house.press(inside, "4711")
    hall.house.sink.wait_for_event("conference.member.joined", session_uuid=inside)
    outside = hall.dial(hall.document(name))
    asked(hall, outside, 1)
    with hall.house.away():
        hall.house.press(outside, "4711")
    hall.house.sink.wait_for_event("conference.member.joined", session_uuid=outside)
    asked(hall, outside, 1)
    asked(hall, inside, 1)
