"""Rooms, members and calls: what the room commands beyond the contract set."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.add_column("rooms", sa.Column("settings", sa.JSON, nullable=False, server_default="{}"))
    op.add_column("seats", sa.Column("marks", sa.JSON, nullable=False, server_default="{}"))
    op.add_column("sessions", sa.Column("banned_from", sa.Text, nullable=False, server_default=""))
