"""Questions about what calls are played by command, outside units of work."""

from sqlalchemy import Connection, select

from gateway.domain.leg_playback import LegPlayback
from gateway.domain.member import Seat
from gateway.domain.session import Session
from gateway.store.leg_playback_table import leg_playbacks
from gateway.store.sessions import with_seat
from gateway.store.tables import sessions


def find(connection: Connection, playback_id: str) -> LegPlayback | None:
    row = connection.execute(select(leg_playbacks).where(leg_playbacks.c.id == playback_id)).first()
    return LegPlayback(*row) if row else None


def stand(connection: Connection, session_id: str) -> tuple[Session | None, Seat | None, LegPlayback | None]:
    """A call, where it is, and what it is played."""
    session, seat = with_seat(connection, session_id)
    return session, seat, find(connection, session.playback_id) if session and session.playback_id else None


def playing_on(connection: Connection, node_id: str) -> list[str]:
    """The calls of a node that are played something."""
    query = select(sessions.c.id).where(
        sessions.c.node_id == node_id, sessions.c.ended_at.is_(None), sessions.c.playback_id != ""
    )
    return list(connection.execute(query).scalars())
