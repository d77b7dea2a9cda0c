"""Questions about sessions and seats, outside units of work."""

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from sqlalchemy import Connection, Text, and_, cast, or_, select

from gateway.domain.member import JOINED, JOINING, Seat
from gateway.domain.session import Session
from gateway.store.rows import one
from gateway.store.tables import seats, sessions
from gateway.store.unit_of_work import SEATS, SESSIONS

AT_ONCE = 500  # rows fetched


class SessionState(NamedTuple):
    """What reconcile needs of a session: a node may have tens of thousands."""

    id: str
    state: str
    taken_over: bool
    created_at: int


class SeatState(NamedTuple):
    session_id: str
    room_id: str
    state: str
    conference_uuid: str
    muted: bool
    marks: dict[str, Any]


def find(connection: Connection, session_id: str) -> Session | None:
    return one(SESSIONS, connection, session_id)


def seat_of(connection: Connection, session_id: str) -> Seat | None:
    return one(SEATS, connection, session_id)


def with_seat(connection: Connection, session_id: str) -> tuple[Session | None, Seat | None]:
    return find(connection, session_id), seat_of(connection, session_id)


def page(
    connection: Connection, app_id: str, state: str | None, after: tuple[int, str] | None, limit: int
) -> list[tuple[Session, str | None]]:
    """An app's sessions, oldest first, each with the room it is in."""
    query = (
        select(sessions, seats.c.room_id)
        .outerjoin(seats, and_(seats.c.session_id == sessions.c.id, seats.c.state == JOINED))
        .where(sessions.c.app_id == app_id)
    )
    if state is not None:
        query = query.where(sessions.c.state == state)
    if after:
        at, session_id = after
        later = and_(sessions.c.created_at == at, sessions.c.id > session_id)
        query = query.where(or_(sessions.c.created_at > at, later))
    rows = connection.execute(query.order_by(sessions.c.created_at, sessions.c.id).limit(limit))
    return [(Session(*row[:-1]), row[-1]) for row in rows]


def members_page(connection: Connection, room_id: str, after: int, limit: int) -> list[tuple[int, str, str, str, bool]]:
    """Joined seats of a room in the order they were taken: (seat_no, session id, did, caller id, muted)."""
    query = (
        select(seats.c.seat_no, seats.c.session_id, sessions.c.to_number, sessions.c.from_number, seats.c.muted)
        .join(sessions, sessions.c.id == seats.c.session_id)
        .where(seats.c.room_id == room_id, seats.c.state == JOINED, seats.c.seat_no > after)
        .order_by(seats.c.seat_no)
        .limit(limit)
    )
    return [(row[0], row[1], row[2], row[3], row[4]) for row in connection.execute(query)]


def seated_in(connection: Connection, room_id: str) -> list[tuple[Seat, Session]]:
    """Joined seats of a room in the order they were taken, each with its call."""
    width = len(seats.c)
    query = (
        select(seats, sessions)
        .join(sessions, sessions.c.id == seats.c.session_id)
        .where(seats.c.room_id == room_id, seats.c.state == JOINED)
        .order_by(seats.c.seat_no)
    )
    return [(Seat(*row[:width]), Session(*row[width:])) for row in connection.execute(query)]


def of_member(connection: Connection, room_id: str, member_id: int) -> str | None:
    joined = and_(seats.c.room_id == room_id, seats.c.state == JOINED, seats.c.member_id == member_id)
    return connection.execute(select(seats.c.session_id).where(joined)).scalar()


def first_of(connection: Connection, session_ids: list[str]) -> str | None:
    """The one of these that there is."""
    return connection.execute(select(sessions.c.id).where(sessions.c.id.in_(session_ids))).scalar()


def living(connection: Connection, session_ids: Iterable[str]) -> set[str]:
    """Those of these whose calls have not ended."""
    alive = sessions.c.id.in_(list(session_ids)), sessions.c.ended_at.is_(None)
    return set(connection.execute(select(sessions.c.id).where(*alive)).scalars())


def member_ids(connection: Connection, room_id: str) -> list[tuple[str, int]]:
    """(session id, the switch's Member-ID) of a room's joined seats."""
    query = select(seats.c.session_id, seats.c.member_id).where(seats.c.room_id == room_id, seats.c.state == JOINED)
    return [(row[0], row[1]) for row in connection.execute(query)]


def alive_on(connection: Connection, node_id: str) -> Iterator[Session]:
    query = select(sessions).where(sessions.c.node_id == node_id, sessions.c.ended_at.is_(None))
    return (Session(*row) for row in connection.execute(query))


def states_on(connection: Connection, node_id: str) -> Iterator[SessionState]:
    """Of calls that have not ended."""
    columns = (sessions.c[name] for name in SessionState._fields)
    query = select(*columns).where(sessions.c.node_id == node_id, sessions.c.ended_at.is_(None))
    return (SessionState._make(row) for row in connection.execution_options(yield_per=AT_ONCE).execute(query))


def seats_on(connection: Connection, node_id: str) -> Iterator[SeatState]:
    columns = (seats.c[name] for name in SeatState._fields)
    joined = select(*columns).join(sessions, sessions.c.id == seats.c.session_id)
    query = joined.where(sessions.c.node_id == node_id)
    return (SeatState._make(row) for row in connection.execution_options(yield_per=AT_ONCE).execute(query))


def marked_on(connection: Connection, node_id: str) -> list[Seat]:
    """Joined seats with marks (domain/marks.py): few."""
    query = select(seats).where(seats.c.state == JOINED, cast(seats.c.marks, Text) != "{}")
    return [Seat(*row) for row in connection.execute(query) if row[0].startswith(f"{node_id}-")]


def overdue_joins(connection: Connection, asked_before: int, asked_after: int, limit: int) -> list[Seat]:
    """Asked for long ago, or in a future that only a clock set back since knew."""
    overdue = or_(seats.c.asked_at < asked_before, seats.c.asked_at > asked_after)
    query = select(seats).where(seats.c.state == JOINING, overdue).limit(limit)
    return [Seat(*row) for row in connection.execute(query)]
