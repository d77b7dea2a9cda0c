"""The table of recordings; store/tables.py has the others."""

from sqlalchemy import JSON, Column, Index, Table, text

from gateway.store.columns import at_column as _at
from gateway.store.columns import bool_column as _bool
from gateway.store.columns import int_column as _int
from gateway.store.columns import metadata
from gateway.store.columns import text_column as _text

recordings = Table(
    "recordings",
    metadata,
    _text("id", primary_key=True),
    _text("app_id"),
    _text("node_id"),
    _text("format"),
    _at("created_at"),
    _text("room_id"),
    _text("session_id"),
    _text("conference_uuid"),
    _text("state"),
    _at("started_at", True),
    _at("ended_at", True),
    _at("duration_ms"),
    _at("bytes"),
    _int("max_length_s"),
    _bool("trim_silence"),
    _bool("was_paused"),
    _text("command_uid"),
    _text("asked"),
    _text("asked_uid"),
    _text("reason"),
    _text("error"),
    _bool("unfinished"),
    _text("transcription"),
    Column("notes", JSON, nullable=False),
    Index("recordings_page", "app_id", "created_at", "id"),
    Index("recordings_room", "room_id"),
    Index("recordings_session", "session_id"),
    Index("recordings_ended", "ended_at"),
    Index(
        "recordings_open",
        "node_id",
        "created_at",
        sqlite_where=text("ended_at IS NULL OR unfinished OR transcription = 'wanted'"),
        postgresql_where=text("ended_at IS NULL OR unfinished OR transcription = 'wanted'"),
    ),
)
