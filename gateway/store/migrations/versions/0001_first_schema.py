"""The first schema: what store/tables.py said when it was released. Later changes are revisions of their own."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

_AUTO = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    _apps()
    _rooms()
    _sessions()
    _seats()
    _playbacks()
    _commands()
    _outbox()


def _apps() -> None:
    op.create_table(
        "apps",
        _text("id", primary_key=True),
        _text("name"),
        _at("created_at"),
        _text("answer_url"),
        _json("settings"),
    )
    op.create_table(
        "api_keys",
        _text("key_hash", primary_key=True),
        _text("app_id"),
        _at("created_at"),
        _at("expires_at", nullable=True),
    )
    _index("ix_api_keys_app_id", "api_keys", ["app_id"])
    op.create_table(
        "endpoints",
        _text("id", primary_key=True),
        _text("app_id"),
        _text("url"),
        _at("created_at"),
        _json("patterns", nullable=True),
        _json("secrets"),
        _at("old_secret_expires_at", nullable=True),
        _at("disabled_at", nullable=True),
        _text("disabled_reason"),
    )
    _index("ix_endpoints_app_id", "endpoints", ["app_id"])
    op.create_table(
        "numbers",
        _text("digits", primary_key=True),
        _text("app_id"),
        _at("created_at"),
    )
    _index("ix_numbers_app_id", "numbers", ["app_id"])


def _rooms() -> None:
    op.create_table(
        "rooms",
        _text("id", primary_key=True),
        _text("app_id"),
        _text("node_id"),
        _text("name"),
        _text("origin"),
        _at("created_at"),
        _at("destroyed_at", nullable=True),
        _text("conference_uuid"),
        _int("members"),
        _int("seat_counter"),
        _int("sequence"),
        _int("volume"),
        _bool("locked"),
        _text("floor_holder"),
        _text("playback_id"),
    )
    _index("rooms_living_name", "rooms", ["app_id", "name"], unique=True, where="destroyed_at IS NULL")
    _index("rooms_node", "rooms", ["node_id", "destroyed_at"])
    _index("rooms_page", "rooms", ["app_id", "created_at", "id"])


def _sessions() -> None:
    op.create_table(
        "sessions",
        _text("id", primary_key=True),
        _text("app_id"),
        _text("node_id"),
        _text("channel_uuid"),
        _text("direction"),
        _text("from_number"),
        _text("to_number"),
        _text("state"),
        _at("created_at"),
        _at("answered_at", nullable=True),
        _at("ended_at", nullable=True),
        _text("hangup_cause"),
        _int("sequence"),
        _bool("taken_over"),
        _bool("waiting"),
    )
    _index("sessions_alive", "sessions", ["node_id"], where="ended_at IS NULL")
    _index("sessions_page", "sessions", ["app_id", "created_at", "id"])


def _seats() -> None:
    op.create_table(
        "seats",
        _text("session_id", primary_key=True),
        _text("room_id"),
        _text("app_id"),
        _text("state"),
        _int("seat_no"),
        _at("asked_at"),
        _int("member_id"),
        _text("conference_uuid"),
        _bool("muted"),
        _at("joined_at", nullable=True),
        _text("join_uid"),
        _text("mute_asked"),
        _text("mute_uid"),
        _text("exit_cause"),
        _text("exit_uid"),
    )
    _index("seats_joining", "seats", ["asked_at"], where="state = 'joining'")
    _index("seats_page", "seats", ["room_id", "seat_no"])


def _playbacks() -> None:
    op.create_table(
        "playbacks",
        _text("id", primary_key=True),
        _text("room_id"),
        _text("app_id"),
        _json("urls"),
        _int("number"),
        _text("status"),
        _int("position"),
        _at("sent_at"),
        _int("played"),
        _int("failed"),
        _text("command_uid"),
        _at("created_at"),
    )
    _index("playbacks_queue", "playbacks", ["room_id", "number"])


def _commands() -> None:
    op.create_table(
        "operations",
        _text("id", primary_key=True),
        _text("app_id"),
        _text("session_id"),
        _text("command"),
        _text("command_uid"),
        _text("owner"),
        _at("created_at"),
        _at("deadline_at"),
    )
    _index("ix_operations_session_id", "operations", ["session_id"])
    _index("operations_deadline", "operations", ["deadline_at"])
    op.create_table(
        "command_keys",
        _text("id", primary_key=True),
        _text("body_hash"),
        _text("owner"),
        _at("created_at"),
        _int("status"),
        _bytes("answer"),
    )
    _index("command_keys_age", "command_keys", ["created_at"])
    op.create_table(
        "cooldowns",
        _text("id", primary_key=True),
        _at("until_at"),
    )
    _index("cooldowns_until", "cooldowns", ["until_at"])
    op.create_table(
        "leases",
        _text("name", primary_key=True),
        _text("owner"),
        _at("until_at"),
    )


def _outbox() -> None:
    op.create_table(
        "outbox",
        sa.Column("id", _AUTO, primary_key=True, autoincrement=True),
        _text("event_id"),
        _text("event"),
        _text("app_id"),
        _text("endpoint_id"),
        _text("room_id"),
        _text("session_id"),
        _bytes("body"),
        _text("url"),
        _text("method"),
        _text("content_type"),
        _at("created_at"),
        _at("due_at"),
        _int("attempts"),
        _text("state"),
        _int("last_status"),
        _text("last_error"),
        _at("ended_at", nullable=True),
        sqlite_autoincrement=True,
    )
    _index("outbox_ended", "outbox", ["app_id", "state", "id"])
    _index("outbox_event", "outbox", ["event_id"])
    _index("outbox_pending", "outbox", ["endpoint_id", "id"], where="state = 'pending'")


def _index(name: str, table: str, columns: list[str], unique: bool = False, where: str | None = None) -> None:
    condition = None if where is None else sa.text(where)
    op.create_index(name, table, columns, unique=unique, sqlite_where=condition, postgresql_where=condition)


def _text(name: str, primary_key: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.Text, nullable=False, primary_key=primary_key)


def _at(name: str, nullable: bool = False) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger, nullable=nullable)


def _int(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.Integer, nullable=False)


def _bool(name: str) -> sa.Column[bool]:
    return sa.Column(name, sa.Boolean, nullable=False)


def _json(name: str, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.JSON, nullable=nullable)


def _bytes(name: str) -> sa.Column[bytes]:
    return sa.Column(name, sa.LargeBinary, nullable=False)
