"""Calls come, are answered and end."""

from collections.abc import Callable

from gateway.domain import happenings as told
from gateway.domain.apps import App
from gateway.domain.ids import normalised_number
from gateway.domain.member import JOINED
from gateway.domain.session import ANSWERED, CREATED, DIALLING, ENDED, Session
from gateway.domain.values import replace
from gateway.services import announcements, billing, led, leg_playback, operations
from gateway.services.effects import Reject, TakeOverCall
from gateway.services.reactions import dials
from gateway.services.reactions.members import leave_seat
from gateway.services.reactions.recordings import RecordingReactions
from gateway.store import finders
from gateway.store.unit_of_work import UnitOfWork

FAIL_WITH_THE_CALL = (
    "answer", "record/start", dials.DIAL, dials.BLIND, dials.CONSULTATION, dials.COMPLETE, dials.CANCEL,
)  # fmt: skip


class CallReactions:
    """`app_of_number(digits)` says whose number was dialled; `inbound_wait_s` how long a call waits for a command."""

    def __init__(
        self, app_of_number: Callable[[str], App | None], inbound_wait_s: int, recordings: RecordingReactions
    ) -> None:
        self._app_of_number = app_of_number
        self._inbound_wait_s = inbound_wait_s
        self._recordings = recordings

    def parked(self, uow: UnitOfWork, it: told.CallParked) -> None:
        session = uow.sessions.get(it.session_id)
        if session is not None:
            self._parked_again(uow, session, it)
            return
        if not it.inbound:
            return
        app = self._app_of_number(normalised_number(it.to_number))
        if app is None:
            uow.after_commit(Reject(it.session_id, "UNALLOCATED_NUMBER"))
            return
        waits = not app.answer_url
        session = Session(
            id=it.session_id,
            app_id=app.id,
            node_id=it.node_id,
            channel_uuid=it.channel_uuid,
            direction="inbound",
            from_number=it.from_number,
            to_number=it.to_number,
            state=CREATED,
            created_at=it.created_at,
            waiting=waits,
        )
        uow.sessions.put(session)
        uow.emit(announcements.call_created(session, it.at))
        uow.after_commit(TakeOverCall(session.id, self._inbound_wait_s if waits else 0))
        if not waits:
            led.begin(uow, session, app.answer_url, led.answer_method(app))
        if it.answered:
            self.answered(uow, told.CallAnswered(session.id, it.at))

    def _parked_again(self, uow: UnitOfWork, session: Session, it: told.CallParked) -> None:
        if session.taken_over or session.ended_at is not None:
            return
        if session.direction == dials.OUTBOUND:
            if it.answered:
                self.answered(uow, told.CallAnswered(session.id, it.at))
            dials.parked(uow, uow.sessions.get(session.id) or session, it)
        elif not it.recovered:  # the second park is ours: the dialplan's park_timeout is off
            uow.sessions.put(replace(session, taken_over=True))
            led.moved(uow, session.id)
        elif uow.seats.get(session.id) is None:
            uow.after_commit(TakeOverCall(session.id, self._inbound_wait_s if session.waiting else 0))

    def answered(self, uow: UnitOfWork, it: told.CallAnswered) -> None:
        session = uow.sessions.get(it.session_id)
        if session is None or session.state not in (CREATED, DIALLING):
            return
        session = replace(session, state=ANSWERED, answered_at=it.at)
        uow.sessions.put(session)
        uow.emit(announcements.call_answered(session, it.at, dials.command_uid(uow, session)))
        operations.end(uow, session.id, ("answer",), it.at)

    def ended(self, uow: UnitOfWork, it: told.CallEnded) -> None:
        session = uow.sessions.get(it.session_id)
        if session is None or session.ended_at is not None:
            return
        seat = uow.seats.get(session.id)
        if seat is not None and seat.state == JOINED:
            leave_seat(uow, seat, session, "orphan" if it.missed else "hangup", it.cause, it.at)
        elif seat is not None:
            uow.seats.drop(session.id)
            if room := uow.rooms.get(seat.room_id):
                uow.emit(announcements.member_join_failed(room, session, seat, "hangup", it.at))
                led.not_entered(uow, room, session, seat, "hangup", it.at)
        session = leg_playback.call_ended(uow, session, it.at)
        session = replace(session, state=ENDED, ended_at=it.at, hangup_cause=it.cause, waiting=False)
        uow.sessions.put(session)
        billing.call_ended(uow, session, it)
        is_unanswered = session.direction == dials.OUTBOUND and session.answered_at is None
        error = dials.why_unanswered(session) if is_unanswered else "the call ended"
        _end_operations(uow, session, it.at, error)
        if is_unanswered:
            uow.emit(announcements.call_unanswered(session, it.at, dials.command_uid(uow, session)))
        else:
            recorded = [self._recordings.brief(one) for one in self._recordings.of_call(uow, session)]
            uow.emit(announcements.call_completed(session, it.at, recorded))
        led.call_ended(uow, session)
        if session.direction == dials.OUTBOUND or session.peer:
            dials.ended(uow, session, it.at)


def _end_operations(uow: UnitOfWork, session: Session, at: int, error: str) -> None:
    """A hangup has done what it should, what waited for the call has failed with it; told with one question."""
    for operation in finders.operations_of(uow, session.id):
        if operation.command == "hangup":
            operations.close(uow, operation, "ok", "", at)
        elif operation.command in FAIL_WITH_THE_CALL:
            operations.close(uow, operation, "failed", error, at)
