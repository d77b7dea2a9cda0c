"""Calls: whether a recording was begun of it."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    op.add_column("sessions", sa.Column("recorded", sa.Boolean, nullable=False, server_default=sa.false()))
