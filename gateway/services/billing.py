"""Billing records: what a stay or a call was, written in the transaction of its end."""

from gateway.domain import happenings as told
from gateway.domain.billing import CALL, EVENT, RECONCILE, STAY, BillingRecord
from gateway.domain.member import Seat
from gateway.domain.room import Room
from gateway.domain.session import Session
from gateway.store.unit_of_work import UnitOfWork

MISSED = "orphan"


def stay_ended(uow: UnitOfWork, room: Room, session: Session, seat: Seat, reason: str, cause: str, at: int) -> None:
    """A joined seat became free."""
    started_at = at if seat.joined_at is None else seat.joined_at
    of_room = STAY, session.id, room.id, room.name
    uow.bill(_record(session, of_room, (started_at, None, at), reason, cause))


def call_ended(uow: UnitOfWork, session: Session, it: told.CallEnded) -> None:
    """`session` as it is now. The channel's own clock says more than the times of the events, where we have it."""
    ended_at = it.hung_up_at or it.at
    answered_at = it.answered_at or session.answered_at
    times = it.began_at or session.created_at, answered_at, ended_at
    reason = MISSED if it.missed else "hangup"
    uow.bill(_record(session, (CALL, session.id, "", ""), times, reason, it.cause))


def _record(
    session: Session, what: tuple[str, str, str, str], times: tuple[int, int | None, int], reason: str, cause: str
) -> BillingRecord:
    numbers = session.direction, session.from_number, session.to_number
    closed_by = RECONCILE if reason == MISSED else EVENT
    return BillingRecord(0, session.app_id, session.node_id, *what, *numbers, *times, 0, 0, reason, cause, closed_by)
