"""A seat: one session's place in one room. Frozen; change by dataclasses.replace."""

from dataclasses import dataclass

JOINING, JOINED = "joining", "joined"


@dataclass(frozen=True)
class Seat:
    """Known to the switch as (channel uuid, Conference-Unique-ID); `member_id` is its Member-ID for commands.

    The `*_uid` fields hold the command_uid of the command that asked for the next change of their kind,
    so that the webhook of that change carries it; `mute_asked` is mute, unmute or ''.
    """

    session_id: str
    room_id: str
    app_id: str
    state: str
    seat_no: int
    asked_at: int
    member_id: int = 0
    conference_uuid: str = ""
    muted: bool = True
    joined_at: int | None = None
    join_uid: str = ""
    mute_asked: str = ""
    mute_uid: str = ""
    exit_cause: str = ""
    exit_uid: str = ""
