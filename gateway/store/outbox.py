"""The outbox as SQL: what is pending, what became of it, what is kept. In: ids, outcomes. Out: refs, bodies, rows."""

from collections.abc import Generator, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    TextClause,
    and_,
    bindparam,
    case,
    func,
    or_,
    select,
    text,
    update,
)

from gateway.domain.deliveries import Delivery, Parcel, Ref
from gateway.store.apps import Executes
from gateway.store.prepared import Prepared
from gateway.store.rows import CHUNK
from gateway.store.tables import endpoints, outbox
from gateway.store.unit_of_work import UnitOfWork

PENDING, DELIVERED, DEAD = "pending", "delivered", "dead"
STATES = (PENDING, DELIVERED, DEAD)
FETCHED_AT_ONCE = 1000
MAX_ERROR_CHARS = 300
LONGEST_WAIT_MS = 2 * 3600 * 1000  # no retry is put off for so long


class Outcome(NamedTuple):
    """What an attempt left behind: `state` pending means again at `due_at`."""

    id: int
    state: str
    attempts: int
    due_at: int
    last_status: int
    last_error: str
    ended_at: int | None


@dataclass(frozen=True)
class DeliveryFilter:
    """Empty fields do not filter. `before_id` is the keyset cursor: newest first."""

    app_id: str = ""
    state: str = ""
    endpoint_id: str = ""
    event: str = ""
    before_id: int = 0


_c = outbox.c
# Made after now, or due later than any retry is: the clock was set back since, and the row is due.
_is_ahead = or_(_c.created_at > bindparam("now"), _c.due_at > bindparam("latest"))
_due_at = case((_is_ahead, 0), else_=_c.due_at).label("due_at")
_REFS = (
    select(*(_due_at if name == "due_at" else _c[name] for name in Ref._fields))
    .where(_c.endpoint_id == bindparam("endpoint"), _c.state == text("'pending'"), _c.id > bindparam("after"))
    .order_by(_c.id)
)
_PARCELS = select(*(_c[name] for name in Parcel._fields)).where(
    _c.id.in_(bindparam("ids", expanding=True)), _c.state == text("'pending'")
)
_this_pending_row = and_(_c.id == bindparam("b_id"), _c.state == text("'pending'"))
_DELIVERED = Prepared(
    update(outbox)
    .where(_this_pending_row)
    .values(
        state=text("'delivered'"),
        ended_at=bindparam("ended_at"),
        attempts=text("attempts + 1"),
        last_status=bindparam("last_status"),
        last_error=text("''"),
    )
)
_OTHERWISE = Prepared(
    update(outbox)
    .where(_this_pending_row)
    .values(
        {name: bindparam(name) for name in ("state", "attempts", "due_at", "last_status", "last_error", "ended_at")}
    )
)


def _each(column: str, state: str) -> TextClause:
    """The distinct values among rows of a state, by hopping from one to the next in its partial index."""
    return text(
        f"""
    WITH RECURSIVE hop(id) AS (
        SELECT (SELECT min({column}) FROM outbox WHERE state = '{state}')
        UNION ALL
        SELECT (SELECT min({column}) FROM outbox WHERE state = '{state}' AND {column} > hop.id)
        FROM hop WHERE hop.id IS NOT NULL
    )
    SELECT id FROM hop WHERE id IS NOT NULL
    """
    )


_ENDPOINTS = _each("endpoint_id", PENDING)
_APPS_DEAD = _each("app_id", DEAD)
_OLDEST = text(
    """
    WITH RECURSIVE hop(id) AS (
        SELECT (SELECT min(endpoint_id) FROM outbox WHERE state = 'pending')
        UNION ALL
        SELECT (SELECT min(endpoint_id) FROM outbox WHERE state = 'pending' AND endpoint_id > hop.id)
        FROM hop WHERE hop.id IS NOT NULL
    )
    SELECT min((SELECT o.created_at FROM outbox o
                WHERE o.endpoint_id = hop.id AND o.state = 'pending' ORDER BY o.id LIMIT 1))
    FROM hop WHERE hop.id IS NOT NULL
    """
)
_LISTED = [
    column for column in outbox.columns if column.name in Delivery.__dataclass_fields__ and column.name != "body"
]


def pending(
    connection: Connection, endpoint_id: str, after_id: int, now_ms: int
) -> Generator[Sequence[Ref], None, None]:
    """Pages of one endpoint's pending rows by id, all of one statement: one snapshot, whatever commits meanwhile.

    To be closed before the connection is given back.
    """
    result = connection.execution_options(yield_per=FETCHED_AT_ONCE).execute(
        _REFS, {"endpoint": endpoint_id, "after": after_id, "now": now_ms, "latest": now_ms + LONGEST_WAIT_MS}
    )
    with result:
        for page in result.partitions():
            yield [Ref._make(row) for row in page]


def parcels(connection: Connection, ids: Sequence[int]) -> list[Parcel]:
    """Those of `ids` that are still pending, in no order."""
    return [Parcel._make(row) for row in connection.execute(_PARCELS, {"ids": ids}).all()]


def settle(uow: UnitOfWork, outcomes: Iterable[Outcome]) -> None:
    """Write what became of attempts. A row that is no longer pending (another process settled it) stays as it is."""
    delivered: list[dict[str, Any]] = []
    others: list[dict[str, Any]] = []
    for outcome in sorted(outcomes):
        if outcome.state == DELIVERED:
            delivered.append({"b_id": outcome.id, "ended_at": outcome.ended_at, "last_status": outcome.last_status})
        else:
            error = outcome.last_error[:MAX_ERROR_CHARS]
            others.append({**outcome._asdict(), "b_id": outcome.id, "last_error": error})
    uow.execute_many(_DELIVERED, delivered)
    uow.execute_many(_OTHERWISE, others)


def bury(on: Executes, endpoint_id: str, reason: str, now_ms: int, limit: int) -> int:
    """Pending rows of an endpoint that will get nothing more become dead letters; returns how many did."""
    return _bury(on, _c.endpoint_id == endpoint_id, reason, now_ms, limit)


def bury_app(on: Executes, app_id: str, reason: str, now_ms: int, limit: int) -> int:
    """The same for all rows of an app: those to its endpoints, and its documents' callbacks."""
    return _bury(on, _c.app_id == app_id, reason, now_ms, limit)


def _bury(on: Executes, whose: ColumnElement[bool], reason: str, now_ms: int, limit: int) -> int:
    ids = select(_c.id).where(whose, _c.state == text("'pending'")).order_by(_c.id).limit(limit).scalar_subquery()
    done = on.execute(update(outbox).where(_c.id.in_(ids)).values(state=DEAD, ended_at=now_ms, last_error=reason))
    return int(done.rowcount)


def bury_overdue(
    on: Executes, endpoint_id: str, reason: str, now_ms: int, due_before: int, after_id: int, limit: int
) -> tuple[int, int]:
    """Likewise of the next `limit` rows those due before; how many, and where to go on, 0 when all were looked at."""
    looked = on.execute(
        select(_c.id, _c.due_at, _c.created_at)
        .where(_c.endpoint_id == endpoint_id, _c.state == text("'pending'"), _c.id > after_id)
        .order_by(_c.id)
        .limit(limit)
    ).all()
    ids = [row.id for row in looked if row.due_at < due_before]
    if ids:
        on.execute(update(outbox).where(_c.id.in_(ids)).values(state=DEAD, ended_at=now_ms, last_error=reason))
    # A row is never due before it was made: behind one as young as that none is overdue.
    more = len(looked) == limit and looked[-1].created_at < due_before
    return len(ids), looked[-1].id if more else 0


def disable_endpoint(on: Executes, endpoint_id: str, reason: str, now_ms: int) -> bool:
    """True when it was enabled until now."""
    done = on.execute(
        update(endpoints)
        .where(endpoints.c.id == endpoint_id, endpoints.c.disabled_at.is_(None))
        .values(disabled_at=now_ms, disabled_reason=reason)
    )
    return int(done.rowcount) == 1


def endpoints_pending(connection: Connection) -> list[str]:
    return [row[0] for row in connection.execute(_ENDPOINTS)]


def last_id(connection: Connection) -> int:
    """Of all rows, whatever became of them; 0 when there is none."""
    return int(connection.execute(select(func.coalesce(func.max(_c.id), 0))).scalar_one())


def oldest_pending_at(connection: Connection) -> int | None:
    """When the oldest pending row was made: of each endpoint its first row is looked at."""
    return connection.execute(_OLDEST).scalar_one_or_none()


def listed(connection: Connection, wanted: DeliveryFilter, limit: int) -> list[Delivery]:
    rows = connection.execute(_narrowed(select(*_LISTED), wanted).order_by(_c.id.desc()).limit(limit))
    return [_delivery(row) for row in rows]


def shown(connection: Connection, app_id: str, delivery_id: int = 0, event_id: str = "") -> list[Delivery]:
    """By the row's own id, or all deliveries of an event; with their bodies. An empty `app_id` is any app."""
    query = select(*_LISTED, _c.body).where(_c.id == delivery_id if delivery_id else _c.event_id == event_id)
    if app_id:
        query = query.where(_c.app_id == app_id)
    return [_delivery(row) for row in connection.execute(query.order_by(_c.id))]


def resend(on: Executes, ids: Sequence[int], now_ms: int) -> int:
    """Ended rows become pending again with id, event id, sequence and bytes as they were."""
    count = 0
    for start in range(0, len(ids), CHUNK):
        done = on.execute(
            update(outbox)
            .where(_c.id.in_(ids[start : start + CHUNK]), _c.state != PENDING)
            .values(state=PENDING, due_at=now_ms, attempts=0, last_error="", ended_at=None)
        )
        count += int(done.rowcount)
    return count


def ids_of(connection: Connection, wanted: DeliveryFilter, limit: int, after_id: int = 0) -> list[int]:
    """Oldest first."""
    query = _narrowed(select(_c.id), wanted).where(_c.id > after_id)
    return list(connection.execute(query.order_by(_c.id).limit(limit)).scalars())


def apps_dead(connection: Connection) -> list[str]:
    """Apps that have dead letters, also such as were removed."""
    return [row[0] for row in connection.execute(_APPS_DEAD)]


def dead_rows(
    connection: Connection, app_id: str, endpoint_id: str, after_id: int, limit: int
) -> list[tuple[int, int]]:
    """Ids and ends of an app's dead letters, by id; an empty `endpoint_id` is any of its endpoints."""
    wanted = DeliveryFilter(app_id, DEAD, endpoint_id)
    query = _narrowed(select(_c.id, func.coalesce(_c.ended_at, 0)), wanted).where(_c.id > after_id)
    return [(row[0], row[1]) for row in connection.execute(query.order_by(_c.id).limit(limit))]


def _narrowed(query: Select[Any], wanted: DeliveryFilter) -> Select[Any]:
    for name in ("app_id", "endpoint_id", "event"):
        if value := getattr(wanted, name):
            query = query.where(_c[name] == value)
    if wanted.state:  # as a literal, by which the database knows its partial indexes
        query = query.where(_c.state == (text(f"'{wanted.state}'") if wanted.state in STATES else wanted.state))
    return query.where(_c.id < wanted.before_id) if wanted.before_id else query


def _delivery(row: Any) -> Delivery:
    return Delivery(**dict(row._mapping))
