"""Questions about recordings, outside units of work; and inside, by other columns than the key."""

from dataclasses import dataclass

from sqlalchemy import Connection, and_, delete, or_, select, text

from gateway.domain.recording import ACTIVE, FINISHING, Recording
from gateway.store.apps import Executes
from gateway.store.tables import recordings
from gateway.store.unit_of_work import Needs, UnitOfWork

_c = recordings.c
# As the conditions of the partial index recordings_open are written.
_active = and_(_c.ended_at.is_(None), _c.state.in_(ACTIVE))
_unfinished, _wanted = text("unfinished"), text("transcription = 'wanted'")


@dataclass(frozen=True)
class RecordingFilter:
    """Empty fields do not filter. Times are ms, the first included, the last not."""

    app_id: str = ""
    room_id: str = ""
    session_id: str = ""
    since: int = 0
    until: int = 0


def find(connection: Connection, recording_id: str) -> Recording | None:
    row = connection.execute(select(recordings).where(_c.id == recording_id)).first()
    return Recording(*row) if row else None


def needs_of(recording: Recording) -> Needs:
    """What a change of it touches: itself, and the room or the call that it is of."""
    rooms = (recording.room_id,) if recording.room_id else ()
    sessions = (recording.session_id,) if recording.session_id else ()
    return Needs(rooms, sessions, recordings=(recording.id,))


def of_session(connection: Connection, session_id: str) -> list[Recording]:
    """Oldest first."""
    query = select(recordings).where(_c.session_id == session_id).order_by(_c.created_at, _c.id)
    return [Recording(*row) for row in connection.execute(query)]


def page(connection: Connection, wanted: RecordingFilter, after: tuple[int, str] | None, limit: int) -> list[Recording]:
    """Oldest first; `after` is (created_at, id) of the last one seen."""
    query = select(recordings)
    for name in ("app_id", "room_id", "session_id"):
        if value := getattr(wanted, name):
            query = query.where(_c[name] == value)
    if wanted.since:
        query = query.where(_c.created_at >= wanted.since)
    if wanted.until:
        query = query.where(_c.created_at < wanted.until)
    if after:
        at, key = after
        query = query.where(or_(_c.created_at > at, and_(_c.created_at == at, _c.id > key)))
    return [Recording(*row) for row in connection.execute(query.order_by(_c.created_at, _c.id).limit(limit))]


def is_recorded(connection: Connection, room_id: str) -> bool:
    return connection.execute(select(_c.id).where(_c.room_id == room_id, _active).limit(1)).first() is not None


def active_on(connection: Connection, node_id: str, limit: int) -> list[Recording]:
    """What the store believes the switch to record, oldest first."""
    query = select(recordings).where(_c.node_id == node_id, _active).order_by(_c.created_at).limit(limit)
    return [Recording(*row) for row in connection.execute(query)]


def unfinished_on(connection: Connection, node_id: str, limit: int) -> list[str]:
    """Ended, and not yet looked after: the ids."""
    query = select(_c.id).where(_c.node_id == node_id, _unfinished).order_by(_c.created_at).limit(limit)
    return list(connection.execute(query).scalars())


def to_transcribe_on(connection: Connection, node_id: str, limit: int) -> list[str]:
    """Their files are whole: the ids."""
    whole = and_(_c.unfinished.is_(False), _c.state.not_in((*ACTIVE, FINISHING)))
    query = select(_c.id).where(_c.node_id == node_id, _wanted, whole)
    return list(connection.execute(query.order_by(_c.created_at).limit(limit)).scalars())


def ended_before(connection: Connection, before_ms: int, limit: int) -> list[Recording]:
    """By their end; what still runs, or is still looked after, is not among them."""
    over = and_(_c.ended_at < before_ms, _c.unfinished.is_(False))
    return [Recording(*row) for row in connection.execute(select(recordings).where(over).limit(limit))]


def forget(on: Executes, ids: list[str]) -> int:
    return int(on.execute(delete(recordings).where(_c.id.in_(ids))).rowcount)


def active_of_room(uow: UnitOfWork, room_id: str) -> Recording | None:
    found = uow.recordings.where(_c.room_id == room_id, _active, limit=1)
    return found[0] if found else None


def all_of_session(uow: UnitOfWork, session_id: str) -> list[Recording]:
    return uow.recordings.where(_c.session_id == session_id, order_by=(_c.created_at, _c.id))


def active_of_session(uow: UnitOfWork, session_id: str) -> Recording | None:
    found = uow.recordings.where(_c.session_id == session_id, _active, limit=1)
    return found[0] if found else None
