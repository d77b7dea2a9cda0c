"""Outbox: indexes that a delivered row does not touch."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.drop_index("outbox_ended", "outbox")
    op.create_index("outbox_app", "outbox", ["app_id", "id"])
    dead = sa.text("state = 'dead'")
    op.create_index("outbox_dead", "outbox", ["app_id", "id"], sqlite_where=dead, postgresql_where=dead)
