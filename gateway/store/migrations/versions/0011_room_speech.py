"""Playbacks of rooms: speech, and what is to be ended before one begins."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    op.add_column("playbacks", sa.Column("speech", sa.JSON, nullable=False, server_default="{}"))
    op.add_column("playbacks", sa.Column("cut", sa.Boolean, nullable=False, server_default=sa.false()))
