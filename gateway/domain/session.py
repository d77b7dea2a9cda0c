"""A session: one call leg, the switch's channel. Frozen; change by values.replace."""

from dataclasses import dataclass

# An outbound call is dialling until the far end rings: then it is created, as an inbound one is from the start.
DIALLING, CREATED, ANSWERED, ENDED = "dialling", "created", "answered", "ended"


@dataclass(frozen=True)
class Session:
    """`taken_over` turns true once the call was parked by us, out of the dialplan's park_timeout.

    `peer` is the session that it is, or is about to be, connected with; '' mostly.
    `playback_id` is what a command plays to it (domain/leg_playback.py), '' mostly.
    `waiting` is true while the switch's hang-up timer for a call that no command has touched is running.
    `recorded`: a recording of it was begun, so that only the ends of such calls ask for them.
    `banned_from` has the names of the rooms that it was kicked from for good, apart by spaces.
    """

    id: str
    app_id: str
    node_id: str
    channel_uuid: str
    direction: str
    from_number: str
    to_number: str
    state: str
    created_at: int
    answered_at: int | None = None
    ended_at: int | None = None
    hangup_cause: str = ""
    sequence: int = 0
    taken_over: bool = False
    waiting: bool = False
    banned_from: str = ""
    peer: str = ""
    recorded: bool = False
    playback_id: str = ""


@dataclass(frozen=True)
class Operation:
    """A command under way whose end is told by a command.result webhook.

    `session_id` is what it is for: a session, or a room.
    """

    id: str
    app_id: str
    session_id: str
    command: str
    command_uid: str
    owner: str
    created_at: int
    deadline_at: int
