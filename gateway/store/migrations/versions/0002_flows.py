"""Flows: where a call stands that a document leads."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.create_table(
        "flows",
        sa.Column("session_id", sa.Text, nullable=False, primary_key=True),
        _text("app_id"),
        _text("node_id"),
        _text("state"),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        _text("document"),
        _int("position"),
        _int("steps"),
        _json("results"),
        _text("step_uuid"),
        _text("step_kind"),
        _text("step_data"),
        _json("notes"),
        _text("fetch_url"),
        _text("fetch_method"),
        _json("fetch_params"),
        _bool("must_fetch"),
        _int("documents"),
        _int("redirects_left"),
        _text("room_id"),
        _text("end_cause"),
        _bool("ended"),
    )
    going = sa.text("state <> 'over'")
    op.create_index("flows_going", "flows", ["node_id"], sqlite_where=going, postgresql_where=going)


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text, nullable=False)


def _int(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.Integer, nullable=False)


def _bool(name: str) -> sa.Column[bool]:
    return sa.Column(name, sa.Boolean, nullable=False)


def _json(name: str) -> sa.Column[object]:
    return sa.Column(name, sa.JSON, nullable=False)
