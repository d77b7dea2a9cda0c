"""Questions about flows, outside units of work."""

from sqlalchemy import Connection, select

from gateway.domain.flow import IN_ROOM, OVER, Flow
from gateway.domain.member import Seat
from gateway.domain.session import Session
from gateway.store.rows import one
from gateway.store.sessions import with_seat
from gateway.store.tables import flows
from gateway.store.unit_of_work import FLOWS


def find(connection: Connection, session_id: str) -> Flow | None:
    return one(FLOWS, connection, session_id)


def stand(connection: Connection, session_id: str) -> tuple[Flow | None, Session | None, Seat | None]:
    """Where the call stands, at one moment."""
    return find(connection, session_id), *with_seat(connection, session_id)


def going_on(connection: Connection, node_id: str) -> list[str]:
    """The sessions of a node whose flows are not over, oldest first."""
    query = select(flows.c.session_id).where(flows.c.node_id == node_id, flows.c.state != OVER)
    return list(connection.execute(query.order_by(flows.c.created_at, flows.c.session_id)).scalars())


def in_rooms(connection: Connection, node_id: str) -> list[Flow]:
    query = select(flows).where(flows.c.node_id == node_id, flows.c.state == IN_ROOM)
    return [Flow(*row) for row in connection.execute(query)]
