"""Questions about billing records, and their correction and end; new ones are written by the unit of work."""

from dataclasses import dataclass

from sqlalchemy import Connection, and_, or_, select, update

from gateway.domain.billing import RECONCILE, BillingRecord, timed
from gateway.store.billing_table import billing_records
from gateway.store.unit_of_work import UnitOfWork

_c = billing_records.c
_CORRECTED = ("started_at", "answered_at", "ended_at", "duration_ms", "billable_s", "cause", "closed_by")


@dataclass(frozen=True)
class BillingFilter:
    """Empty fields do not filter. Times are of the end, in ms, the first included, the last not."""

    app_id: str = ""
    kind: str = ""
    session_id: str = ""
    room_id: str = ""
    since: int = 0
    until: int = 0


def page(
    connection: Connection, wanted: BillingFilter, after: tuple[int, int] | None, limit: int
) -> list[BillingRecord]:
    """By their end, earliest first; `after` is (ended_at, id) of the last one seen."""
    query = select(billing_records)
    for name in ("app_id", "kind", "session_id", "room_id"):
        if value := getattr(wanted, name):
            query = query.where(_c[name] == value)
    if wanted.since:
        query = query.where(_c.ended_at >= wanted.since)
    if wanted.until:
        query = query.where(_c.ended_at < wanted.until)
    if after:
        at, key = after
        query = query.where(or_(_c.ended_at > at, and_(_c.ended_at == at, _c.id > key)))
    return [BillingRecord(*row) for row in connection.execute(query.order_by(_c.ended_at, _c.id).limit(limit))]


def missed_on(connection: Connection, node_id: str, since_ms: int, limit: int) -> list[BillingRecord]:
    """Whose end the switch did not tell and no CDR has told yet, newest first."""
    missed = and_(_c.closed_by == RECONCILE, _c.node_id == node_id, _c.ended_at >= since_ms)
    query = select(billing_records).where(missed).order_by(_c.ended_at.desc()).limit(limit)
    return [BillingRecord(*row) for row in connection.execute(query)]


def correct(uow: UnitOfWork, record: BillingRecord) -> None:
    """Only while reconcile's guess stands: a record is corrected once."""
    better = timed(record, uow.rounding)
    this = and_(_c.id == record.id, _c.closed_by == RECONCILE)
    uow.execute(update(billing_records).where(this).values({name: getattr(better, name) for name in _CORRECTED}))
