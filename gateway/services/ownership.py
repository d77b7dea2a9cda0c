"""Whose is it: 403 when another app's, 404 when nobody's (contract, "Errors")."""

from gateway.domain.apps import App
from gateway.domain.room import Room
from gateway.domain.session import ANSWERED, Session
from gateway.errors import Conflict, Forbidden, NotFound
from gateway.store.unit_of_work import UnitOfWork


def checked_room(room: Room | None, app: App) -> Room:
    """A living room of this app."""
    if room is None or room.destroyed_at is not None:
        raise NotFound("Conference room not found", "room-not-found")
    if room.app_id != app.id:
        raise Forbidden("Conference room belongs to a different application", "room-forbidden")
    return room


def checked_session(session: Session | None, app: App) -> Session:
    """A session of this app, ended or not."""
    if session is None:
        raise NotFound("Session not found", "session-not-found")
    if session.app_id != app.id:
        raise Forbidden("Session belongs to a different application", "session-forbidden")
    return session


def own_room(uow: UnitOfWork, app: App, room_id: str) -> Room:
    return checked_room(uow.rooms.get(room_id), app)


def occupied(room: Room) -> Room:
    """A room that somebody is in."""
    if not room.members:
        raise nobody_is_in()
    return room


def nobody_is_in() -> Conflict:
    return Conflict("Nobody is in the conference room", "conference-empty")


def own_live_session(uow: UnitOfWork, app: App, session_id: str) -> Session:
    return checked_session(uow.sessions.get(session_id), app)


def in_progress(session: Session) -> Session:
    """An answered call that has not ended."""
    if alive(session).state != ANSWERED:
        raise Conflict("The call is not answered", "call-not-answered")
    return session


def alive(session: Session) -> Session:
    if session.ended_at is not None:
        raise NotFound("The call of this session has ended", "session-ended")
    return session
