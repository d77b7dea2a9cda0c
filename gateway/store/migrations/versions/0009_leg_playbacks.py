"""What calls are played by command."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    op.create_table(
        "leg_playbacks",
        sa.Column("id", sa.Text, nullable=False, primary_key=True),
        _text("session_id"),
        _text("app_id"),
        _text("kind"),
        sa.Column("sounds", sa.JSON, nullable=False),
        _int("loop"),
        _int("position"),
        _int("rounds"),
        _text("status"),
        _text("step_uuid"),
        _text("step_data"),
        _text("room_id"),
        _int("member_id"),
        sa.Column("sent_at", sa.BigInteger, nullable=False),
        _text("cut"),
        sa.Column("started", sa.Boolean, nullable=False),
        _int("played"),
        _int("failed"),
        _int("played_before"),
        _int("wait_ms"),
        _text("command_uid"),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("notes", sa.JSON, nullable=False),
    )
    op.add_column("sessions", sa.Column("playback_id", sa.Text, nullable=False, server_default=""))


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text, nullable=False)


def _int(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.Integer, nullable=False)
