"""Rows inside a unit of work by other columns than their key: what was put before is found, what is found is locked."""

from sqlalchemy import Connection, or_, select

from gateway.domain.member import JOINED, Seat
from gateway.domain.room import Playback, Room
from gateway.domain.session import Operation
from gateway.store.tables import operations, playbacks, rooms, seats
from gateway.store.unit_of_work import UnitOfWork


def living_room(uow: UnitOfWork, app_id: str, name: str) -> Room | None:
    found = uow.rooms.where(rooms.c.app_id == app_id, rooms.c.name == name, rooms.c.destroyed_at.is_(None))
    return found[0] if found else None


def joining_seats(uow: UnitOfWork, room_id: str) -> list[Seat]:
    return uow.seats.where(seats.c.room_id == room_id, seats.c.state != JOINED)


def joined_seats(uow: UnitOfWork, room_id: str) -> list[Seat]:
    """Read, not locked: their rows are the switch's to change, under the room's lock."""
    return uow.seats.where(seats.c.room_id == room_id, seats.c.state == JOINED, locked=False)


def playbacks_of(uow: UnitOfWork, room_id: str) -> list[Playback]:
    """In the order of their numbers: the current one first."""
    return uow.playbacks.where(playbacks.c.room_id == room_id, order_by=playbacks.c.number)


def operations_of(uow: UnitOfWork, session_id: str) -> list[Operation]:
    return uow.operations.where(operations.c.session_id == session_id)


def all_operations(connection: Connection) -> list[Operation]:
    """Read, not locked: whoever ends them locks their rooms and sessions first."""
    return [Operation(*row) for row in connection.execute(select(operations))]


def overdue_operations(connection: Connection, now_ms: int, made_after: int, limit: int) -> list[Operation]:
    """Read, not locked, likewise. Those made after `made_after` too: the clock was set back since."""
    overdue = or_(operations.c.deadline_at < now_ms, operations.c.created_at > made_after)
    query = select(operations).where(overdue).limit(limit)
    return [Operation(*row) for row in connection.execute(query)]
