"""The table of billing records; store/tables.py has the others."""

from sqlalchemy import Column, Index, Table, text

from gateway.store.columns import AUTO as _AUTO
from gateway.store.columns import at_column as _at
from gateway.store.columns import int_column as _int
from gateway.store.columns import metadata
from gateway.store.columns import text_column as _text

billing_records = Table(
    "billing_records",
    metadata,
    Column("id", _AUTO, primary_key=True, autoincrement=True),
    _text("app_id"),
    _text("node_id"),
    _text("kind"),
    _text("session_id"),
    _text("room_id"),
    _text("room_name"),
    _text("direction"),
    _text("from_number"),
    _text("to_number"),
    _at("started_at"),
    _at("answered_at", True),
    _at("ended_at"),
    _at("duration_ms"),
    _int("billable_s"),
    _text("reason"),
    _text("cause"),
    _text("closed_by"),
    Index("billing_records_page", "app_id", "ended_at", "id"),
    Index("billing_records_ended", "ended_at", "id"),
    Index("billing_records_session", "session_id"),
    Index("billing_records_room", "room_id"),
    Index(
        "billing_records_missed",
        "node_id",
        "ended_at",
        sqlite_where=text("closed_by = 'reconcile'"),
        postgresql_where=text("closed_by = 'reconcile'"),
    ),
)
