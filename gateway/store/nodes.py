"""Questions about nodes: of which something lives, whatever the settings say."""

from collections import defaultdict

from sqlalchemy import ColumnElement, Connection, func, or_, select

from gateway.domain.recording import ACTIVE
from gateway.store.tables import recordings, rooms, sessions

_ALIVE: tuple[tuple[ColumnElement[str], ColumnElement[bool]], ...] = (
    (rooms.c.node_id, rooms.c.destroyed_at.is_(None)),
    (sessions.c.node_id, sessions.c.ended_at.is_(None)),
    (
        recordings.c.node_id,
        or_(recordings.c.ended_at.is_(None) & recordings.c.state.in_(ACTIVE), recordings.c.unfinished),
    ),
)


def living(connection: Connection) -> dict[str, list[int]]:
    """How many rooms, calls and recordings of each node have not come to their end."""
    found: dict[str, list[int]] = defaultdict(lambda: [0, 0, 0])
    for place, (node_id, alive) in enumerate(_ALIVE):
        for row in connection.execute(select(node_id, func.count()).where(alive).group_by(node_id)):
            found[row[0]][place] = row[1]
    return dict(found)
