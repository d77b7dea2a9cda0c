"""Billing records of calls and stays."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    big = sa.BigInteger().with_variant(sa.Integer, "sqlite")
    texts = ("app_id", "node_id", "kind", "session_id", "room_id", "room_name", "direction", "from_number", "to_number")
    op.create_table(
        "billing_records",
        sa.Column("id", big, primary_key=True, autoincrement=True),
        *(sa.Column(name, sa.Text, nullable=False) for name in texts),
        sa.Column("started_at", sa.BigInteger, nullable=False),
        sa.Column("answered_at", sa.BigInteger, nullable=True),
        sa.Column("ended_at", sa.BigInteger, nullable=False),
        sa.Column("duration_ms", sa.BigInteger, nullable=False),
        sa.Column("billable_s", sa.Integer, nullable=False),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("reason", "cause", "closed_by")),
    )
    op.create_index("billing_records_page", "billing_records", ["app_id", "ended_at", "id"])
    op.create_index("billing_records_ended", "billing_records", ["ended_at", "id"])
    op.create_index("billing_records_session", "billing_records", ["session_id"])
    op.create_index("billing_records_room", "billing_records", ["room_id"])
    missed = sa.text("closed_by = 'reconcile'")
    op.create_index(
        "billing_records_missed",
        "billing_records",
        ["node_id", "ended_at"],
        sqlite_where=missed,
        postgresql_where=missed,
    )
