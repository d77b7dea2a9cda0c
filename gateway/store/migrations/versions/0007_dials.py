"""Calls that we make: why, and what becomes of them; and which call another is connected with."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    op.add_column("sessions", sa.Column("peer", sa.Text, nullable=False, server_default=""))
    op.create_table(
        "dials",
        sa.Column("session_id", sa.Text, primary_key=True),
        sa.Column("app_id", sa.Text, nullable=False),
        sa.Column("purpose", sa.Text, nullable=False),
        sa.Column("stage", sa.Text, nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("room_id", sa.Text, nullable=False),
        sa.Column("muted", sa.Boolean, nullable=False),
        sa.Column("answer_url", sa.Text, nullable=False),
        sa.Column("answer_method", sa.Text, nullable=False),
        sa.Column("for_session", sa.Text, nullable=False),
        sa.Column("operation_id", sa.Text, nullable=False),
        sa.Column("command_uid", sa.Text, nullable=False),
    )
