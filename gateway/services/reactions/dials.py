"""What happenings mean for calls that we make: they ring, are answered, find their room or their caller, or fail.

State changes only, called by the other reactions, and only for outbound sessions and for those that have a peer.
"""

from gateway.domain import happenings as told
from gateway.domain import marks
from gateway.domain.causes import unanswered
from gateway.domain.dial import (
    CONNECTED,
    CONNECTING,
    CONSULT,
    DOCUMENT,
    RANG,
    RINGING,
    ROOM,
    TALKING,
    TRANSFER,
    Dial,
)
from gateway.domain.flow import OVER
from gateway.domain.member import JOINED, JOINING, Seat
from gateway.domain.session import CREATED, DIALLING, Session
from gateway.domain.values import replace
from gateway.services import announcements, led, leg_playback, operations, room_roles, room_settings
from gateway.services.effects import ConnectCalls, JoinDialled, Reject, StopWaiting
from gateway.store.unit_of_work import UnitOfWork

OUTBOUND = "outbound"
DIAL, BLIND, CONSULTATION, COMPLETE, CANCEL = (
    "dial", "transfer", "transfer/consult", "transfer/complete", "transfer/cancel",
)  # fmt: skip
AGAIN_MS = 3000  # a join that is as old and not told was not sent


def of(uow: UnitOfWork, session: Session) -> Dial | None:
    """No question for calls that came in."""
    return uow.dials.get(session.id) if session.direction == OUTBOUND else None


def is_connected(uow: UnitOfWork, session: Session) -> bool:
    """With another call, or about to be: what were done to the leg would take it out of their talk."""
    dial = _of_talk(uow, session)
    return dial is not None and dial.stage in (CONNECTING, CONNECTED)


def is_connecting(uow: UnitOfWork, session: Session) -> bool:
    """The switch was told to connect it with another call, and has not told that it did."""
    dial = _of_talk(uow, session)
    return dial is not None and dial.stage == CONNECTING


def _of_talk(uow: UnitOfWork, session: Session) -> Dial | None:
    """Of either leg of a transfer."""
    dial = uow.dials.get(session.peer) if session.peer else None
    dial = dial if dial is not None and dial.for_session == session.id else of(uow, session)
    return dial if dial is not None and dial.for_session else None


def command_uid(uow: UnitOfWork, session: Session) -> str:
    dial = of(uow, session)
    return dial.command_uid if dial is not None else ""


def why_unanswered(session: Session) -> str:
    """The code and the sentence, for a command.result."""
    return ": ".join(unanswered(session.hangup_cause))


def ringing(uow: UnitOfWork, it: told.CallRinging) -> None:
    session = uow.sessions.get(it.session_id)
    if session is None or session.state != DIALLING:
        return
    session = replace(session, state=CREATED)
    uow.sessions.put(session)
    dial = of(uow, session)
    if dial is not None and dial.purpose == DOCUMENT and dial.stage == RINGING:
        uow.dials.put(replace(dial, stage=RANG))
    uow.emit(announcements.call_ringing(session, it.at, command_uid(uow, session)))


def parked(uow: UnitOfWork, session: Session, it: told.CallParked) -> None:
    """Answered, if it is the first time; else it came back from where we sent it, or never went there."""
    dial = of(uow, session)
    if dial is None:
        return
    if dial.stage == RINGING:
        _arrived(uow, session, dial)
    elif not it.recovered:
        _ours(uow, session)
        led.moved(uow, session.id)
    elif dial.stage == CONNECTING:
        uow.after_commit(ConnectCalls(session.id, dial.for_session))
    elif (seat := uow.seats.get(session.id)) is not None and uow.now - seat.asked_at >= AGAIN_MS:
        _to_room(uow, session, dial)


def _arrived(uow: UnitOfWork, session: Session, dial: Dial) -> None:
    dial = replace(dial, stage=TALKING)
    uow.dials.put(dial)
    if dial.purpose == ROOM:
        seat = Seat(session.id, dial.room_id, session.app_id, JOINING, 0, uow.now, join_uid=dial.command_uid)
        uow.seats.put(replace(seat, muted=dial.muted))
        room = uow.rooms.get(dial.room_id)
        if room is not None and (why := room_settings.refusal(session, room)):
            uow.seats.drop(session.id)
            uow.emit(announcements.member_join_failed(room, session, seat, why, uow.now))
            not_joined(uow, session, why, uow.now)
        else:
            _to_room(uow, session, dial)
        return
    if dial.purpose == TRANSFER and not dial.answer_url:
        connect(uow, session, dial)
        return
    _ours(uow, session)
    if dial.purpose == CONSULT:
        operations.end(uow, dial.for_session, (CONSULTATION,), uow.now)
    if dial.answer_url:
        led.begin(uow, session, dial.answer_url, dial.answer_method)


def _ours(uow: UnitOfWork, session: Session) -> None:
    uow.sessions.put(replace(session, taken_over=True))


def _to_room(uow: UnitOfWork, session: Session, dial: Dial) -> None:
    """Not taken over yet: until it has been in its room, a reconcile that finds it parked sends it there."""
    room = uow.rooms.get(dial.room_id)
    if room is None or room.destroyed_at is not None:
        uow.after_commit(Reject(session.id, "NORMAL_CLEARING"))
        return
    hushed = room_settings.is_coached(room)
    flags = (*room_roles.native_flags(uow, room), *(("deaf",) if hushed else ()))
    if (seat := uow.seats.get(session.id)) is not None:
        uow.seats.put(marks.mark(seat, hushed=hushed))
    flags = flags if dial.muted else tuple(flag for flag in flags if flag != "mute")
    uow.after_commit(JoinDialled(session.id, room.id, flags))


def connect(uow: UnitOfWork, session: Session, dial: Dial) -> None:
    """The leg and the call that it was dialled for leave their documents and rooms and hear each other."""
    caller = uow.sessions.get(dial.for_session)
    if caller is None or caller.ended_at is not None:
        uow.after_commit(Reject(session.id, "ORIGINATOR_CANCEL"))
        return
    uow.dials.put(replace(dial, stage=CONNECTING))
    uow.sessions.put(replace(session, taken_over=False))
    for call in (caller, session):
        leg_playback.place_changed(uow, call.id, uow.now)
        led.take_away(uow, call.id)
        seat = uow.seats.get(call.id)
        if seat is not None and seat.state == JOINED:
            uow.seats.put(replace(marks.staying(seat), exit_cause="transfer"))
    if caller.waiting:
        uow.sessions.put(replace(caller, waiting=False))
        uow.after_commit(StopWaiting(caller.id))
    uow.after_commit(ConnectCalls(session.id, caller.id))


def bridged(uow: UnitOfWork, it: told.CallsBridged) -> None:
    session = uow.sessions.get(it.other_id)
    dial = of(uow, session) if session is not None else None
    if session is None or dial is None or dial.for_session != it.session_id or dial.stage == CONNECTED:
        return
    uow.dials.put(replace(dial, stage=CONNECTED))
    _ours(uow, session)
    if dial.purpose != DOCUMENT:
        operations.end(uow, it.session_id, (BLIND, COMPLETE), it.at)


def joined(uow: UnitOfWork, session: Session, at: int) -> None:
    dial = of(uow, session)
    if dial is not None and dial.operation_id:
        operations.end(uow, session.id, (DIAL,), at)


def not_joined(uow: UnitOfWork, session: Session, reason: str, at: int) -> None:
    """Answered, and not let in: nobody else waits for this call."""
    dial = of(uow, session)
    if dial is not None and dial.purpose == ROOM and session.ended_at is None:
        operations.end(uow, session.id, (DIAL,), at, f"not let into the room: {reason}")
        uow.after_commit(Reject(session.id, "NORMAL_CLEARING"))


def ended(uow: UnitOfWork, session: Session, at: int) -> None:
    """A leg of ours is over, or a call that has one; `session` is as it is now."""
    dial = of(uow, session)
    if dial is not None and dial.purpose == DOCUMENT:
        return  # the caller's document goes on
    if dial is not None and dial.for_session:
        _leg_ended(uow, session, dial, at)
    elif session.peer:
        leg = uow.sessions.get(session.peer)
        if leg is not None and leg.ended_at is None:
            uow.after_commit(Reject(leg.id, "NORMAL_CLEARING" if leg.answered_at else "ORIGINATOR_CANCEL"))


def _leg_ended(uow: UnitOfWork, session: Session, dial: Dial, at: int) -> None:
    caller = uow.sessions.get(dial.for_session)
    if caller is None or caller.ended_at is not None:
        return
    error = "the new leg was hung up" if session.answered_at else why_unanswered(session)
    operations.end(uow, caller.id, (CANCEL,), at)
    operations.end(uow, caller.id, (BLIND, CONSULTATION, COMPLETE), at, error)
    uow.sessions.put(replace(caller, peer=""))
    flow = uow.flows.get(caller.id) if dial.stage == CONNECTING else None
    if dial.stage == CONNECTED or (flow is not None and flow.state == OVER):
        uow.after_commit(Reject(caller.id, "NORMAL_CLEARING"))  # it has nowhere to go back to
