"""One transaction: the rows it touches, the events it makes, the effects that follow its commit.

Locks are taken in one order everywhere: rooms, then sessions, each by id; sequences are taken under them and
the outbox rows inserted last: in each lane the order of ids is the order of commits (contract, "Webhooks").
"""

from collections.abc import Callable, Iterable
from typing import Any

from sqlalchemy import Connection, bindparam, insert, text

from gateway.domain.billing import BillingRecord, Rounding, timed
from gateway.domain.deliveries import Fresh, Parcel, Ref
from gateway.domain.dial import Dial
from gateway.domain.events import UNSEQUENCED, Compose, Event
from gateway.domain.flow import Callback, Flow
from gateway.domain.idempotency import CommandKey, Cooldown
from gateway.domain.ids import new_event_id
from gateway.domain.leg_playback import LegPlayback
from gateway.domain.member import Seat
from gateway.domain.recording import Recording
from gateway.domain.room import Playback, Room
from gateway.domain.session import Operation, Session
from gateway.domain.values import frozen, replace
from gateway.store import tables
from gateway.store.kept import Kept
from gateway.store.prepared import Prepared, one_value
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
DIALS = Shape.of(Dial, tables.dials)
LEG_PLAYBACKS = Shape.of(LegPlayback, tables.leg_playbacks)
# What commands and events use again and again, and how many; a session takes 1.5 kB. Documents would be too large.
KEPT = {
    shape.table.name: most
    for shape, most in ((ROOMS, 2048), (SESSIONS, 8192), (SEATS, 8192), (COMMAND_KEYS, 2048), (COOLDOWNS, 8192))
}
JSON_BODY, FORM_BODY = "application/json", "application/x-www-form-urlencoded"
# What a new row says of itself; all else is the same in each, and stands in the statement.
_SAID = ("event_id", "event", "app_id", "endpoint_id", "room_id", "session_id", "body", "created_at")
_SAME = {"attempts": text("0"), "state": text("'pending'"), "last_status": text("0"), "last_error": text("''")}
_SENT = {"url": text("''"), "method": text("'POST'"), "content_type": text(f"'{JSON_BODY}'")}
_NEW_ROW = insert(tables.outbox).values(
    **{name: bindparam(name) for name in _SAID}, **_SAME, due_at=bindparam("created_at")
)
_EVENTS = Prepared(_NEW_ROW.values(**_SENT))
_BILLED = Prepared(
    insert(tables.billing_records).values(
        **{one.name: bindparam(one.name) for one in tables.billing_records.c if one.name != "id"}
    )
)
_CALLBACKS = Prepared(_NEW_ROW.values(**{name: bindparam(name) for name in _SENT}))


@frozen
class Needs:
    """What a piece of work will touch, said beforehand: many are loaded and locked with one statement.

    `roomless` work touches its sessions and their seats and tells nothing: the rooms they sit in are left alone.
    `passing` work may be lost with the power of the machine, though never with the process: its commit does not wait
    for SQLite's disk. It tells nothing, and whoever did without it would only do it again.
    """

    rooms: tuple[str, ...] = ()
    sessions: tuple[str, ...] = ()
    cooldowns: tuple[str, ...] = ()
    keys: tuple[str, ...] = ()
    flows: tuple[str, ...] = ()
    recordings: tuple[str, ...] = ()
    roomless: bool = False
    passing: bool = False


class UnitOfWork:
    """Rows by table; `emit` an event; `after_commit` an effect (a value that its subscriber gets)."""

    def __init__(
        self,
        connection: Connection,
        compose: Compose,
        now_ms: int,
        lock: bool,
        rounding: Rounding = Rounding(),
        kept: Kept | None = None,
    ) -> None:
        self.connection = connection
        self.now = now_ms
        self._kept = kept
        self.rooms = Rows(ROOMS, connection, lock, kept)
        self.sessions = Rows(SESSIONS, connection, lock, kept)
        self.seats = Rows(SEATS, connection, lock, kept)
        self.playbacks = Rows(PLAYBACKS, connection, lock)
        self.operations = Rows(OPERATIONS, connection, lock)
        self.command_keys = Rows(COMMAND_KEYS, connection, lock, kept)
        self.cooldowns = Rows(COOLDOWNS, connection, lock, kept)
        self.flows = Rows(FLOWS, connection, lock)
        self.recordings = Rows(RECORDINGS, connection, lock)
        self.dials = Rows(DIALS, connection, lock)
        self.leg_playbacks = Rows(LEG_PLAYBACKS, connection, lock)
        self._tables: tuple[Rows[Any], ...] = (
            self.rooms, self.sessions, self.seats, self.playbacks, self.operations, self.command_keys, self.cooldowns,
            self.flows, self.recordings, self.dials, self.leg_playbacks,
        )  # fmt: skip
        self._lock = lock
        self._compose = compose
        self._events: list[Event] = []
        self._callbacks: list[dict[str, Any]] = []
        self._records: list[dict[str, Any]] = []
        self.rounding = rounding
        self._marks = 0
        self._past_rows = False
        self.effects: list[Any] = []
        # The endpoints with new outbox rows, and the rows where their ids are known: on SQLite, which has one process.
        self.written: dict[str, list[Fresh]] = {}

    @property
    def changes(self) -> int:
        """Grows with every change: how the writer knows whether a piece of work that raised had left any."""
        return self._marks + sum(rows.changes for rows in self._tables)

    def when(self, at: int) -> int:
        """When something happened, in ms, of which the switch says `at`: never later than now.

        It may have waited for minutes while the database was away.
        """
        return min(self.now, at)

    def load(self, needs: Iterable[Needs]) -> None:
        wants = list(needs)
        sessions = {key for want in wants for key in want.sessions}
        rooms = {key for want in wants for key in want.rooms}
        seats = Rows(SEATS, self.connection, False) if self._lock else self.seats
        seats.load(key for want in wants if not want.roomless for key in want.sessions)
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
        self._callbacks.append({**row, "url": url, "method": callback.method, "content_type": FORM_BODY})
        self._marks += 1

    def bill(self, record: BillingRecord) -> None:
        """A new billing record; its duration and billable seconds are worked out here, by the rounding of the store."""
        self._records.append(vars(timed(record, self.rounding)))
        self._marks += 1

    def after_commit(self, effect: Any) -> None:
        self.effects.append(effect)
        self._marks += 1

    def execute(self, statement: Any, parameters: Any = None) -> Any:
        """A statement that goes past the rows here (apps, leases, sweeping): nothing is kept over it."""
        self._marks += 1
        self._past_rows = True
        return self.connection.execute(statement, parameters)

    def execute_many(self, statement: Prepared, rows: list[dict[str, Any]]) -> None:
        """The same for many rows of parameters."""
        if rows:
            self._marks += len(rows)
            statement.run(self.connection, rows)

    def flush_rows(self) -> None:
        """Write what was put so far, for a query on this connection to find it."""
        for rows in self._tables:
            rows.flush()

    def flush(self) -> None:
        events, callbacks = self._event_rows(), self._callbacks
        self._callbacks = []
        self.flush_rows()
        records, self._records = self._records, []
        if records:
            _BILLED.run(self.connection, records)
        for statement, rows in ((_EVENTS, events), (_CALLBACKS, callbacks)):
            if rows:
                statement.run(self.connection, rows)
                self._note_written(rows)

    def settle(self) -> None:
        """After the commit: the rows are kept for the next transaction."""
        if self._kept is None:
            return
        if self._past_rows:
            self._kept.clear()
            return
        for rows in (self.rooms, self.sessions, self.seats, self.command_keys, self.cooldowns):
            rows.settle(self._kept)

    def _note_written(self, rows: list[dict[str, Any]]) -> None:
        if self._lock:
            self.written.update((row["endpoint_id"], []) for row in rows)
            return
        # AUTOINCREMENT under the database's one writer lock: this statement's ids follow each other.
        last = one_value(self.connection, "SELECT last_insert_rowid()")
        for row_id, row in enumerate(rows, last - len(rows) + 1):
            self.written.setdefault(row["endpoint_id"], []).append(_fresh(row_id, row))

    def _event_rows(self) -> list[dict[str, Any]]:
        """Number the events and render each once, in the order in which they happened."""
        rows: list[dict[str, Any]] = []
        in_session: dict[str, int] = {}
        in_room: dict[str, int] = {}
        for event in self._events:
            sequence = room_sequence = None
            if event.name not in UNSEQUENCED:
                sequence = _next(in_session, event.session_id, self.sessions.get)
                room_sequence = _next(in_room, event.room_id, self.rooms.get)
            outgoing = self._compose(event, sequence, room_sequence)
            found = outgoing.event_id, event.name, event.app_id
            for endpoint_id in outgoing.endpoint_ids:
                rows.append(_row(*found, endpoint_id, event.session_id, event.room_id, outgoing.body, self.now))
        self._events.clear()
        for session_id, sequence in in_session.items():
            if session := self.sessions.get(session_id):
                self.sessions.put(replace(session, sequence=sequence))
        for room_id, sequence in in_room.items():
            if room := self.rooms.get(room_id):
                self.rooms.put(replace(room, sequence=sequence))
        return rows


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
        "created_at": now,
    }


def _fresh(row_id: int, row: dict[str, Any]) -> Fresh:
    at = row["created_at"]
    url, method, content_type = row.get("url", ""), row.get("method", "POST"), row.get("content_type", JSON_BODY)
    parcel = Parcel(row_id, row["event_id"], row["event"], row["app_id"], row["body"], url, method, content_type, at)
    return Fresh(Ref(row_id, row["room_id"], row["session_id"], 0, at), parcel)


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
