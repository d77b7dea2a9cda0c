"""Questions about rooms and their playbacks, outside units of work."""

from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import Connection, and_, bindparam, func, or_, select

from gateway.domain.room import Playback, Room
from gateway.store.rows import CHUNK, one
from gateway.store.tables import rooms
from gateway.store.unit_of_work import PLAYBACKS, ROOMS

_LIVING = select(rooms).where(
    rooms.c.app_id == bindparam("app"), rooms.c.name == bindparam("named"), rooms.c.destroyed_at.is_(None)
)


class RoomState(NamedTuple):
    """What reconcile needs of a room."""

    id: str
    conference_uuid: str
    locked: bool
    floor_holder: str


def find(connection: Connection, room_id: str) -> Room | None:
    return one(ROOMS, connection, room_id)


def find_living(connection: Connection, app_id: str, name: str) -> Room | None:
    row = connection.execute(_LIVING, {"app": app_id, "named": name}).first()
    return Room(*row) if row else None


def destroyed_among(connection: Connection, room_ids: Sequence[str]) -> list[str]:
    found: list[str] = []
    for start in range(0, len(room_ids), CHUNK):
        chosen = rooms.c.id.in_(room_ids[start : start + CHUNK])
        found += connection.execute(select(rooms.c.id).where(chosen, rooms.c.destroyed_at.is_not(None))).scalars()
    return found


def page(
    connection: Connection, app_id: str, after: tuple[int, str] | None, limit: int, occupied: bool = False
) -> list[Room]:
    """Living rooms of an app, oldest first; `after` is (created_at, id) of the last one seen."""
    query = select(rooms).where(rooms.c.app_id == app_id, rooms.c.destroyed_at.is_(None))
    if occupied:
        query = query.where(rooms.c.members > 0)
    if after:
        at, room_id = after
        query = query.where(or_(rooms.c.created_at > at, and_(rooms.c.created_at == at, rooms.c.id > room_id)))
    return [Room(*row) for row in connection.execute(query.order_by(rooms.c.created_at, rooms.c.id).limit(limit))]


def count_by_node(connection: Connection) -> dict[str, int]:
    query = select(rooms.c.node_id, func.count()).where(rooms.c.destroyed_at.is_(None)).group_by(rooms.c.node_id)
    return {str(row[0]): int(row[1]) for row in connection.execute(query)}


def playback(connection: Connection, playback_id: str) -> Playback | None:
    return one(PLAYBACKS, connection, playback_id)


def with_playback(connection: Connection, room_id: str) -> tuple[Room | None, Playback | None]:
    """A room and what plays in it."""
    room = find(connection, room_id)
    return room, playback(connection, room.playback_id) if room and room.playback_id else None


def playing_on(connection: Connection, node_id: str) -> list[Room]:
    """Rooms of a node whose queue is not empty: what is looked at when a connection comes back."""
    return [
        Room(*row)
        for row in connection.execute(select(rooms).where(rooms.c.node_id == node_id, rooms.c.playback_id != ""))
    ]


def states_on(connection: Connection, node_id: str) -> list[RoomState]:
    """Of rooms that somebody is in."""
    columns = (rooms.c[name] for name in RoomState._fields)
    query = select(*columns).where(rooms.c.node_id == node_id, rooms.c.destroyed_at.is_(None), rooms.c.members > 0)
    return [RoomState._make(row) for row in connection.execute(query)]


def occupied_on(connection: Connection, node_id: str) -> list[Room]:
    query = select(rooms).where(rooms.c.node_id == node_id, rooms.c.destroyed_at.is_(None), rooms.c.members > 0)
    return [Room(*row) for row in connection.execute(query)]


def living_on(connection: Connection, node_id: str) -> list[str]:
    """Ids, oldest first."""
    query = select(rooms.c.id).where(rooms.c.node_id == node_id, rooms.c.destroyed_at.is_(None))
    return list(connection.execute(query.order_by(rooms.c.created_at, rooms.c.id)).scalars())
