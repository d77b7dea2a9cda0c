"""The chain checker itself: what passes and what it finds ("announced transitions form a legal chain")."""

from typing import Any

import pytest

from tests.chains import Webhook, chain_faults, seats_told

ROOM, OTHER, CALL, CALL2 = "room", "other", "call", "call2"
MEMBER = "conference.member."


class Teller:
    """Numbers events as the gateway does: per session and per room from 1."""

    def __init__(self) -> None:
        self.told: list[Webhook] = []
        self._numbers: dict[str, int] = {}

    def tell(self, event: str, session: str = "", room: str = "", **data: Any) -> "Teller":
        webhook: Webhook = {"id": f"evt_{len(self.told)}", "event": event, "data": data}
        for subject, name, number in ((session, "session_uuid", "sequence"), (room, "room_id", "room_sequence")):
            if subject:
                self._numbers[subject] = self._numbers.get(subject, 0) + 1
                webhook |= {name: subject, number: self._numbers[subject]}
        self.told.append(webhook)
        return self

    def call(self, session: str = CALL) -> "Teller":
        return self.tell("call.created", session)

    def room(self, room: str = ROOM) -> "Teller":
        return self.tell("conference.created", room=room)

    def member(self, word: str, session: str = CALL, room: str = ROOM, **data: Any) -> "Teller":
        known = {"joined": {"muted": True}, "muted": {"muted": True}, "unmuted": {"muted": False}}.get(word, {})
        return self.tell(MEMBER + word, session, room, **{**known, **data})

    def started(self, room: str = ROOM) -> "Teller":
        return self.tell("conference.started", room=room)

    def ended(self, room: str = ROOM) -> "Teller":
        return self.tell("conference.ended", room=room)


def whole_story() -> Teller:
    teller = Teller().call().room().tell("call.answered", CALL).started().member("joined")
    teller.member("unmuted").tell("conference.play.started", room=ROOM, operation_id="op")
    teller.tell("conference.play.paused", room=ROOM, operation_id="op")
    teller.tell("conference.play.finished", room=ROOM, operation_id="op")
    teller.member("muted").member("left").ended().started().member("joined").member("left").ended()
    return teller.tell("conference.destroyed", room=ROOM).tell("call.completed", CALL)


def test_a_whole_story_is_legal_in_whatever_order_and_however_often_it_comes() -> None:
    told = whole_story().told
    assert chain_faults(told) == []
    assert chain_faults([*reversed(told), *told]) == []


def test_a_room_that_is_deleted_with_members_tells_their_leaving_after_destroyed_and_no_ended() -> None:
    """Contract: "conference.destroyed first, then recording.completed and member.left (cause destroy) …; no ended"."""
    teller = Teller().call().room().started().member("joined").tell("conference.destroyed", room=ROOM)
    assert chain_faults(teller.member("left").told) == []
    assert chain_faults(teller.ended().told)


def test_who_is_in_by_the_end_is_told() -> None:
    """Contract: the chain "ends in the switch's state"."""
    teller = Teller().call().call(CALL2).room().started().member("joined").member("joined", CALL2)
    assert seats_told(teller.member("unmuted", CALL2).told) == {ROOM: {CALL: True, CALL2: False}}
    assert seats_told(teller.member("left").member("left", CALL2).ended().told) == {}


def test_talking_has_no_sequence_and_is_left_out() -> None:
    told = whole_story().told
    talking = {"id": "evt_talk", "event": MEMBER + "talking_started", "session_uuid": CALL, "room_id": ROOM, "data": {}}
    assert chain_faults([*told, talking]) == []


@pytest.mark.parametrize(
    ("teller", "words"),
    [
        (Teller().room().room(), "must be the first event of its room"),
        (Teller().room().started().started(), "it is started already"),
        (Teller().room().ended(), "before conference.started"),
        (Teller().call().room().member("joined"), "before conference.started"),
        (Teller().call().room().started().member("left"), "is not in"),
        (Teller().call().room().started().member("joined").ended(), "with members in"),
        (Teller().call().room().started().member("joined").member("joined"), "is in already"),
        (Teller().call().room().started().member("joined").member("muted"), "is so already"),
        (Teller().call().room().started().member("joined").member("unmuted").member("unmuted"), "is so already"),
        (Teller().call().room().started().member("muted"), "is not in"),
        (Teller().call().room().tell("conference.destroyed", room=ROOM).started(), "after conference.destroyed"),
        (
            Teller().call().room().tell("conference.destroyed", room=ROOM).tell("conference.destroyed", room=ROOM),
            "after conference.destroyed",
        ),
        (Teller().room().tell("conference.play.finished", room=ROOM, operation_id="op"), "does not play"),
        (Teller().tell("call.answered", CALL), "before call.created"),
        (Teller().call().tell("call.answered", CALL).tell("call.answered", CALL), "it is answered already"),
        (Teller().call().tell("call.completed", CALL).tell("call.completed", CALL), "after call.completed"),
        (Teller().call().room().started().member("joined").tell("call.completed", CALL), "still in room"),
        (
            Teller().call().room().room(OTHER).started().started(OTHER).member("joined").member("joined", room=OTHER),
            "already in room",
        ),
        (Teller().call().room().started().member("joined").member("join_failed"), "is in room"),
    ],
)
def test_what_cannot_be_is_found(teller: Teller, words: str) -> None:
    assert words in "\n".join(chain_faults(teller.told))


def test_the_rest_of_a_chain_is_still_checked_after_a_fault() -> None:
    teller = Teller().call().call(CALL2).room().member("joined").member("left").member("left")
    assert len([fault for fault in chain_faults(teller.told) if fault.startswith(ROOM)]) == 2


def test_a_missing_number_is_found() -> None:
    told = whole_story().told
    del told[4]
    assert "room_sequence is not 1, 2, 3" in "\n".join(chain_faults(told))
    assert "sequence is not 1, 2, 3" in "\n".join(chain_faults(told))


def test_a_number_given_twice_is_found() -> None:
    teller = Teller().call().tell("call.answered", CALL)
    teller.told.append({**teller.told[1], "id": "evt_twin"})
    assert "[1, 2, 2]" in "\n".join(chain_faults(teller.told))
