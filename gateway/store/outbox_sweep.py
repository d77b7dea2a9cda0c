"""How rows that are over leave the outbox. In: a limit in time, a place to go on from. Out: ids; rows that are gone."""

from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import Connection, delete, select

from gateway.store.apps import Executes
from gateway.store.outbox import DELIVERED
from gateway.store.tables import outbox

_c = outbox.c


class Looked(NamedTuple):
    """A piece of the table: `old` may go, `young` is the first that is delivered and may not yet (0: none).

    `at` is how far all rows are older than the limit; `more` says whether such follow.
    """

    old: list[int]
    young: int
    at: int
    more: bool
    seen: int


def sweepable(connection: Connection, before_ms: int, after_id: int, limit: int) -> Looked:
    """The next `limit` rows behind `after_id`: those delivered before `before_ms`, and how far the walk came."""
    asked = select(_c.id, _c.state, _c.created_at, _c.ended_at).where(_c.id > after_id).order_by(_c.id).limit(limit)
    rows = connection.execute(asked).all()
    over = [row for row in rows if row.state == DELIVERED]
    old = [row.id for row in over if row.ended_at < before_ms]
    young = next((row.id for row in over if row.ended_at >= before_ms), 0)
    passed = [row.id for row in rows if row.created_at < before_ms]
    more = len(rows) == limit and rows[-1].created_at < before_ms
    return Looked(old, young, passed[-1] if passed else after_id, more, len(rows))


def forget(on: Executes, ids: Sequence[int], state: str) -> int:
    """Those of these rows that are in this state still: one may have been sent again meanwhile."""
    gone = delete(outbox).where(_c.id.in_(ids), _c.state == state)
    return int(on.execute(gone).rowcount) if ids else 0
