"""Recordings of rooms and of calls."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.create_table(
        "recordings",
        sa.Column("id", sa.Text, nullable=False, primary_key=True),
        _text("app_id"),
        _text("node_id"),
        _text("format"),
        _at("created_at"),
        _text("room_id"),
        _text("session_id"),
        _text("conference_uuid"),
        _text("state"),
        _at("started_at", nullable=True),
        _at("ended_at", nullable=True),
        _at("duration_ms"),
        _at("bytes"),
        sa.Column("max_length_s", sa.Integer, nullable=False),
        _bool("trim_silence"),
        _bool("was_paused"),
        _text("command_uid"),
        _text("asked"),
        _text("asked_uid"),
        _text("reason"),
        _text("error"),
        _bool("unfinished"),
        _text("transcription"),
        sa.Column("notes", sa.JSON, nullable=False),
    )
    op.create_index("recordings_page", "recordings", ["app_id", "created_at", "id"])
    op.create_index("recordings_room", "recordings", ["room_id"])
    op.create_index("recordings_session", "recordings", ["session_id"])
    op.create_index("recordings_ended", "recordings", ["ended_at"])
    still_open = sa.text("ended_at IS NULL OR unfinished OR transcription = 'wanted'")
    op.create_index(
        "recordings_open",
        "recordings",
        ["node_id", "created_at"],
        sqlite_where=still_open,
        postgresql_where=still_open,
    )


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text, nullable=False)


def _at(name: str, nullable: bool = False) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger, nullable=nullable)


def _bool(name: str) -> sa.Column[bool]:
    return sa.Column(name, sa.Boolean, nullable=False)
