"""A member's keys in a room: matched against its document's patterns, and passed on to the others.

State changes only. The keys that may still become a pattern are kept in the flow's notes, `keys` and their `keys_no`.
"""

from collections.abc import Iterable

from gateway.domain import happenings as told
from gateway.domain.flow import Flow
from gateway.domain.member import JOINED, Seat
from gateway.domain.values import replace
from gateway.services import announcements, led
from gateway.services.effects import AwaitKeys, RelayKey
from gateway.store.unit_of_work import UnitOfWork


def taken(keys: str, patterns: Iterable[str], is_over: bool) -> tuple[list[str], str]:
    """The patterns that `keys` hold, in order, and what may still become one; nothing may once it `is_over`.

    The longest match wins. A key that begins no pattern is forgotten.
    """
    known = sorted(patterns, key=len, reverse=True)
    found = []
    while keys:
        may_grow = any(len(one) > len(keys) and one.startswith(keys) for one in known)
        if may_grow and not is_over:
            break
        match = next((one for one in known if keys.startswith(one)), "")
        if match:
            found.append(match)
        keys = keys[len(match) or 1 :]
    return found, keys


def pressed(uow: UnitOfWork, seat: Seat, it: told.KeyPressed) -> None:
    flow = led.in_document_room(uow, seat)
    if flow is None or seat.state != JOINED:
        return
    if flow.notes.get("relay_dtmf"):
        uow.after_commit(RelayKey(seat.room_id, seat.session_id, it.key))
    if flow.notes.get("digits_match"):
        _matched(uow, flow, seat, flow.notes.get("keys", "") + it.key, it.at)


def time_is_up(uow: UnitOfWork, it: AwaitKeys) -> None:
    """No key came since."""
    seat = uow.seats.get(it.session_id)
    flow = led.in_document_room(uow, seat) if seat is not None else None
    if seat is not None and flow is not None and flow.notes.get("keys_no") == it.number:
        _matched(uow, flow, seat, flow.notes.get("keys", ""), uow.now, is_over=True)


def _matched(uow: UnitOfWork, flow: Flow, seat: Seat, keys: str, at: int, is_over: bool = False) -> None:
    found, rest = taken(keys, flow.notes["digits_match"], is_over)
    number = flow.notes.get("keys_no", 0) + 1
    flow = replace(flow, notes={**flow.notes, "keys": rest, "keys_no": number})
    uow.flows.put(flow)
    if rest:
        uow.after_commit(AwaitKeys(seat.session_id, number))
    room, session = uow.rooms.get(seat.room_id), uow.sessions.get(seat.session_id)
    if room is not None and session is not None:
        for digits in found:
            uow.emit(announcements.member_digits(room, session, digits, at))
            led.call_back(uow, flow, room, session, seat, "digits", ConferenceDigitsMatch=digits)
