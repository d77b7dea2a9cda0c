"""The table of what calls are played by command; store/tables.py has the others."""

from sqlalchemy import JSON, Column, Table

from gateway.store.columns import at_column as _at
from gateway.store.columns import bool_column as _bool
from gateway.store.columns import int_column as _int
from gateway.store.columns import metadata
from gateway.store.columns import text_column as _text

leg_playbacks = Table(
    "leg_playbacks",
    metadata,
    _text("id", primary_key=True),
    _text("session_id"),
    _text("app_id"),
    _text("kind"),
    Column("sounds", JSON, nullable=False),
    _int("loop"),
    _int("position"),
    _int("rounds"),
    _text("status"),
    _text("step_uuid"),
    _text("step_data"),
    _text("room_id"),
    _int("member_id"),
    _at("sent_at"),
    _text("cut"),
    _bool("started"),
    _int("played"),
    _int("failed"),
    _int("played_before"),
    _int("wait_ms"),
    _text("command_uid"),
    _at("created_at"),
    Column("notes", JSON, nullable=False),
)
