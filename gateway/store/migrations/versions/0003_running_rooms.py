"""Rooms: what documents made of them while they run."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.add_column("rooms", sa.Column("running", sa.JSON, nullable=False, server_default="{}"))
