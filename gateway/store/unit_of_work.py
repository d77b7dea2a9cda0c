"""One transaction: the rows it touches, the events it makes, the effects that follow its commit.

Locks are taken in one order everywhere: rooms, then sessions, each by id; sequences are taken under them and
the outbox rows inserted last: in each lane the order of ids is the order of commits (contract, "Webhooks").
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, bindparam, insert

from gateway.domain.changes import replace
from gateway.domain.commands import CommandKey, Cooldown
from gateway.domain.events import UNSEQUENCED, Compose, Event
from gateway.domain.flow import Callback, Flow
from gateway.domain.ids import new_event_id
from gateway.domain.member import Seat
from gateway.domain.recording import Recording
from gateway.domain.room import Playback, Room
from gateway.domain.session import Operation, Session
from gateway.store import tables
from gateway.store.prepared import Prepared
from gateway.store.rows import Rows, Shape

ROOMS = Shape.of(Room, tables.rooms)
SESSIONS = Shape.of(Session, tables.sessions)
SEATS = Shape.of(Seat, tables.seats)
PLAYBACKS = Shape.of(Playback, tables.playbacks)
OPERATIONS = Shape.of(Operation, tables.operations)
COMMAND_KEYS = Shape.of(CommandKey, tables.command_keys)
COOLDOWNS = Shape.of(Cooldown, tables.cooldowns)
FLOWS = Shape.of(Flow, tables.flows)
RECORDINGS = Shape.of(Recording, tables.recordings)
_OUTBOX_COLUMNS = [column.name for column in tables.outbox.columns if column.name != "id"]
_OUTBOX = Prepared(insert(tables.outbox).values({name: bindparam(name) for name in _OUTBOX_COLUMNS}))


@dataclass(frozen=True)
class Needs:
    """What a piece of work will touch, said beforehand: many are loaded and locked with one statement."""

    rooms: tuple[str, ...] = ()
    sessions: tuple[str, ...] = ()
    cooldowns: tuple[str, ...] = ()
    keys: tuple[str, ...] = ()
    flows: tuple[str, ...] = ()
    recordings: tuple[str, ...] = ()


class UnitOfWork:
    """Rows by table; `emit` an event; `after_commit` an effect (a value that its subscriber gets)."""

    def __init__(self, connection: Connection, compose: Compose, now_ms: int, lock: bool) -> None:
        self.connection = connection
        self.now = now_ms
        self.rooms = Rows(ROOMS, connection, lock)
        self.sessions = Rows(SESSIONS, connection, lock)
        self.seats = Rows(SEATS, connection, lock)
        self.playbacks = Rows(PLAYBACKS, connection, lock)
        self.operations = Rows(OPERATIONS, connection, lock)
        self.command_keys = Rows(COMMAND_KEYS, connection, lock)
        self.cooldowns = Rows(COOLDOWNS, connection, lock)
        self.flows = Rows(FLOWS, connection, lock)
        self.recordings = Rows(RECORDINGS, connection, lock)
        self._tables: tuple[Rows[Any], ...] = (
            self.rooms,
            self.sessions,
            self.seats,
            self.playbacks,
            self.operations,
            self.command_keys,
            self.cooldowns,
            self.flows,
            self.recordings,
        )
        self._lock = lock
        self._compose = compose
        self._events: list[Event] = []
        self._callbacks: list[dict[str, Any]] = []
        self._marks = 0
        self.effects: list[Any] = []
        self.endpoint_ids: set[str] = set()  # with new outbox rows

    @property
    def changes(self) -> int:
        """Grows with every change: how the writer knows whether a piece of work that raised had left any."""
        return self._marks + sum(rows.changes for rows in self._tables)

    def load(self, needs: Iterable[Needs]) -> None:
        wants = list(needs)
        sessions = {key for want in wants for key in want.sessions}
        rooms = {key for want in wants for key in want.rooms}
        seats = Rows(SEATS, self.connection, False) if self._lock else self.seats
        seats.load(sessions)
        rooms.update(seat.room_id for seat in seats.known())
        self.rooms.load(rooms)
        self.sessions.load(sessions)
        self.seats.load(sessions)
        self.cooldowns.load(key for want in wants for key in want.cooldowns)
        self.command_keys.load(key for want in wants for key in want.keys)
        self.flows.load(key for want in wants for key in want.flows)
        self.recordings.load(key for want in wants for key in want.recordings)

    def emit(self, event: Event) -> None:
        self._events.append(event)
        self._marks += 1

    def tell(self, callback: Callback, app_id: str, session_id: str, room_id: str = "") -> None:
        """A document's callback: form-encoded, to a target of its own for each app and host."""
        body, url = callback.body(), callback.full_url()
        row = _row(new_event_id(), "callback", app_id, callback.target(app_id), session_id, room_id, body, self.now)
        content_type = "application/x-www-form-urlencoded"
        self._callbacks.append({**row, "url": url, "method": callback.method, "content_type": content_type})
        self._marks += 1

    def after_commit(self, effect: Any) -> None:
        self.effects.append(effect)
        self._marks += 1

    def execute(self, statement: Any, parameters: Any = None) -> Any:
        """A statement on tables that are not kept as rows here (apps, leases)."""
        self._marks += 1
        return self.connection.execute(statement, parameters)

    def execute_many(self, statement: Prepared, rows: list[dict[str, Any]]) -> None:
        """The same for many rows of parameters."""
        if rows:
            self._marks += 1
            statement.run(self.connection, rows)

    def flush_rows(self) -> None:
        """Write what was put so far, for a query on this connection to find it."""
        for rows in self._tables:
            rows.flush()

    def flush(self) -> None:
        outbox = self._outbox_rows()
        self.flush_rows()
        if outbox:
            self.endpoint_ids = {row["endpoint_id"] for row in outbox}
            _OUTBOX.run(self.connection, outbox)

    def _outbox_rows(self) -> list[dict[str, Any]]:
        """Number the events and render each once, in the order in which they happened."""
        rows: list[dict[str, Any]] = []
        in_session: dict[str, int] = {}
        in_room: dict[str, int] = {}
        for event in self._events:
            sequence = room_sequence = None
            if event.name not in UNSEQUENCED:
                sequence = _next(in_session, event.session_id, self.sessions.get)
                room_sequence = _next(in_room, event.room_id, self.rooms.get)
            rows.extend(self._deliveries(event, sequence, room_sequence))
        self._events.clear()
        rows.extend(self._callbacks)
        self._callbacks.clear()
        for session_id, sequence in in_session.items():
            if session := self.sessions.get(session_id):
                self.sessions.put(replace(session, sequence=sequence))
        for room_id, sequence in in_room.items():
            if room := self.rooms.get(room_id):
                self.rooms.put(replace(room, sequence=sequence))
        return rows

    def _deliveries(self, event: Event, sequence: int | None, room_sequence: int | None) -> list[dict[str, Any]]:
        outgoing = self._compose(event, sequence, room_sequence)
        found = outgoing.event_id, event.name, event.app_id
        return [
            _row(*found, endpoint_id, event.session_id, event.room_id, outgoing.body, self.now)
            for endpoint_id in outgoing.endpoint_ids
        ]


def _row(
    event_id: str, event: str, app_id: str, endpoint_id: str, session_id: str, room_id: str, body: bytes, now: int
) -> dict[str, Any]:
    return {
        "event_id": event_id,
        "event": event,
        "app_id": app_id,
        "endpoint_id": endpoint_id,
        "room_id": room_id,
        "session_id": session_id,
        "body": body,
        "url": "",
        "method": "POST",
        "content_type": "application/json",
        "created_at": now,
        "due_at": now,
        "attempts": 0,
        "state": "pending",
        "last_status": 0,
        "last_error": "",
        "ended_at": None,
    }


def _next(counters: dict[str, int], key: str, find: Callable[[str], Any]) -> int | None:
    if not key:
        return None
    if key not in counters:
        row = find(key)
        if row is None:
            return None
        counters[key] = row.sequence
    counters[key] += 1
    return counters[key]
