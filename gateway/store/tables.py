"""The tables, one definition for SQLite and PostgreSQL. Times are BIGINT milliseconds since the epoch, UTC.

A table's columns stand in the order of its domain dataclass's fields: rows become values by position.
"""

from sqlalchemy import JSON, Column, Index, LargeBinary, Table, false, text

from gateway.store.billing_table import billing_records
from gateway.store.columns import AUTO as _AUTO
from gateway.store.columns import at_column as _at
from gateway.store.columns import bool_column as _bool
from gateway.store.columns import int_column as _int
from gateway.store.columns import metadata
from gateway.store.columns import text_column as _text
from gateway.store.leg_playback_table import leg_playbacks
from gateway.store.recording_table import recordings

__all__ = [
    "api_keys", "apps", "billing_records", "command_keys", "cooldowns", "endpoints", "flows", "leases",
    "leg_playbacks", "metadata", "numbers", "operations", "outbox", "playbacks", "recordings", "rooms", "seats",
    "sessions",
]  # fmt: skip

apps = Table(
    "apps",
    metadata,
    _text("id", primary_key=True),
    _text("name"),
    _at("created_at"),
    _text("answer_url"),
    Column("settings", JSON, nullable=False),
)

api_keys = Table(
    "api_keys",
    metadata,
    _text("key_hash", primary_key=True),
    _text("app_id", index=True),
    _at("created_at"),
    _at("expires_at", True),
)

endpoints = Table(
    "endpoints",
    metadata,
    _text("id", primary_key=True),
    _text("app_id", index=True),
    _text("url"),
    _at("created_at"),
    Column("patterns", JSON(none_as_null=True)),
    Column("secrets", JSON, nullable=False),
    _at("old_secret_expires_at", True),
    _at("disabled_at", True),
    _text("disabled_reason"),
)

numbers = Table("numbers", metadata, _text("digits", primary_key=True), _text("app_id", index=True), _at("created_at"))

rooms = Table(
    "rooms",
    metadata,
    _text("id", primary_key=True),
    _text("app_id"),
    _text("node_id"),
    _text("name"),
    _text("origin"),
    _at("created_at"),
    _at("destroyed_at", True),
    _text("conference_uuid"),
    _int("members"),
    _int("seat_counter"),
    _int("sequence"),
    _int("volume"),
    _bool("locked"),
    _text("floor_holder"),
    _text("playback_id"),
    Column("running", JSON, nullable=False, server_default="{}"),
    Column("settings", JSON, nullable=False, server_default="{}"),
    Index(
        "rooms_living_name",
        "app_id",
        "name",
        unique=True,
        sqlite_where=text("destroyed_at IS NULL"),
        postgresql_where=text("destroyed_at IS NULL"),
    ),
    Index("rooms_page", "app_id", "created_at", "id"),
    Index("rooms_node", "node_id", "destroyed_at"),
)

sessions = Table(
    "sessions",
    metadata,
    _text("id", primary_key=True),
    _text("app_id"),
    _text("node_id"),
    _text("channel_uuid"),
    _text("direction"),
    _text("from_number"),
    _text("to_number"),
    _text("state"),
    _at("created_at"),
    _at("answered_at", True),
    _at("ended_at", True),
    _text("hangup_cause"),
    _int("sequence"),
    _bool("taken_over"),
    _bool("waiting"),
    _text("banned_from", server_default=""),
    _text("peer"),
    _bool("recorded"),
    _text("playback_id", server_default=""),
    Index("sessions_page", "app_id", "created_at", "id"),
    Index(
        "sessions_alive",
        "node_id",
        sqlite_where=text("ended_at IS NULL"),
        postgresql_where=text("ended_at IS NULL"),
    ),
)

seats = Table(
    "seats",
    metadata,
    _text("session_id", primary_key=True),
    _text("room_id"),
    _text("app_id"),
    _text("state"),
    _int("seat_no"),
    _at("asked_at"),
    _int("member_id"),
    _text("conference_uuid"),
    _bool("muted"),
    _at("joined_at", True),
    _text("join_uid"),
    _text("mute_asked"),
    _text("mute_uid"),
    _text("exit_cause"),
    _text("exit_uid"),
    Column("marks", JSON, nullable=False, server_default="{}"),
    Index("seats_page", "room_id", "seat_no"),
    Index(
        "seats_joining",
        "asked_at",
        sqlite_where=text("state = 'joining'"),
        postgresql_where=text("state = 'joining'"),
    ),
)

playbacks = Table(
    "playbacks",
    metadata,
    _text("id", primary_key=True),
    _text("room_id"),
    _text("app_id"),
    Column("urls", JSON, nullable=False),
    _int("number"),
    _text("status"),
    _int("position"),
    _at("sent_at"),
    _int("played"),
    _int("failed"),
    _text("command_uid"),
    _at("created_at"),
    Column("speech", JSON, nullable=False, server_default="{}"),
    _bool("cut", server_default=false()),
    Index("playbacks_queue", "room_id", "number"),
)

dials = Table(
    "dials",
    metadata,
    _text("session_id", primary_key=True),
    _text("app_id"),
    _text("purpose"),
    _text("stage"),
    _at("created_at"),
    _text("room_id"),
    _bool("muted"),
    _text("answer_url"),
    _text("answer_method"),
    _text("for_session"),
    _text("operation_id"),
    _text("command_uid"),
)

operations = Table(
    "operations",
    metadata,
    _text("id", primary_key=True),
    _text("app_id"),
    _text("session_id", index=True),
    _text("command"),
    _text("command_uid"),
    _text("owner"),
    _at("created_at"),
    _at("deadline_at"),
    Index("operations_deadline", "deadline_at"),
)

command_keys = Table(
    "command_keys",
    metadata,
    _text("id", primary_key=True),
    _text("body_hash"),
    _text("owner"),
    _at("created_at"),
    _int("status"),
    Column("answer", LargeBinary, nullable=False),
    Index("command_keys_age", "created_at"),
)

cooldowns = Table(
    "cooldowns",
    metadata,
    _text("id", primary_key=True),
    _at("until_at"),
    Index("cooldowns_until", "until_at"),
)

flows = Table(
    "flows",
    metadata,
    _text("session_id", primary_key=True),
    _text("app_id"),
    _text("node_id"),
    _text("state"),
    _at("created_at"),
    _text("document"),
    _int("position"),
    _int("steps"),
    Column("results", JSON, nullable=False),
    _text("step_uuid"),
    _text("step_kind"),
    _text("step_data"),
    Column("notes", JSON, nullable=False),
    _text("fetch_url"),
    _text("fetch_method"),
    Column("fetch_params", JSON, nullable=False),
    _bool("must_fetch"),
    _int("documents"),
    _int("redirects_left"),
    _text("room_id"),
    _text("end_cause"),
    _bool("ended"),
    Index(
        "flows_going",
        "node_id",
        sqlite_where=text("state <> 'over'"),
        postgresql_where=text("state <> 'over'"),
    ),
)

# One row a delivery: an event (the same bytes) to one endpoint. url, method and content_type are set where the
# target is not an endpoint but a callback named by a document. state: pending, delivered, dead.
outbox = Table(
    "outbox",
    metadata,
    Column("id", _AUTO, primary_key=True, autoincrement=True),
    _text("event_id"),
    _text("event"),
    _text("app_id"),
    _text("endpoint_id"),
    _text("room_id"),
    _text("session_id"),
    Column("body", LargeBinary, nullable=False),
    _text("url"),
    _text("method"),
    _text("content_type"),
    _at("created_at"),
    _at("due_at"),
    _int("attempts"),
    _text("state"),
    _int("last_status"),
    _text("last_error"),
    _at("ended_at", True),
    Index(
        "outbox_pending",
        "endpoint_id",
        "id",
        sqlite_where=text("state = 'pending'"),
        postgresql_where=text("state = 'pending'"),
    ),
    # Without the state: a row that is delivered changes one small index, that of the pending.
    Index("outbox_app", "app_id", "id"),
    Index(
        "outbox_dead",
        "app_id",
        "id",
        sqlite_where=text("state = 'dead'"),
        postgresql_where=text("state = 'dead'"),
    ),
    Index("outbox_event", "event_id"),
    sqlite_autoincrement=True,  # a swept id must never come back: id order is commit order
)

leases = Table("leases", metadata, _text("name", primary_key=True), _text("owner"), _at("until_at"))
