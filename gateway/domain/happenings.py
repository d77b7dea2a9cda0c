"""Happenings: what the switch told, as frozen values in the past tense. Intake makes them, reactions apply them.

`at` is the switch's own time in ms; a session is named by session_id, a room by room_id, and an instance of a
room's conference by conference_uuid (the switch's Conference-Unique-ID): a change names the instance it is for.
"""

from gateway.domain.values import frozen


@frozen
class CallParked:
    """A channel waits in `park`: a new call, or one that came back. `recovered`: found so after a gap."""

    session_id: str
    node_id: str
    channel_uuid: str
    inbound: bool
    from_number: str
    to_number: str
    created_at: int
    answered: bool
    at: int
    recovered: bool = False


@frozen
class CallRinging:
    """The far end of a call that we made rings."""

    session_id: str
    at: int


@frozen
class CallAnswered:
    session_id: str
    at: int


@frozen
class CallEnded:
    """`missed`: found gone after a gap; the end was not seen.

    The other times are those of the channel's own clock, 0 where it did not tell (or was never answered).
    """

    session_id: str
    cause: str
    at: int
    missed: bool = False
    began_at: int = 0
    answered_at: int = 0
    hung_up_at: int = 0


@frozen
class CallsBridged:
    """Two calls hear each other."""

    session_id: str
    other_id: str
    at: int


@frozen
class KeyPressed:
    session_id: str
    key: str
    at: int


@frozen
class ConferenceGone:
    room_id: str
    conference_uuid: str
    at: int


@frozen
class RoomLockChanged:
    """`found`: so in a list, after a gap; how it became so was not seen."""

    room_id: str
    conference_uuid: str
    locked: bool
    at: int
    found: bool = False


@frozen
class MemberJoined:
    room_id: str
    conference_uuid: str
    session_id: str
    member_id: int
    muted: bool
    at: int
    deaf: bool = False


@frozen
class MemberLeft:
    """`hangup_cause` is '' when the call goes on; `missed`: found gone after a gap."""

    room_id: str
    conference_uuid: str
    session_id: str
    hangup_cause: str
    at: int
    missed: bool = False


@frozen
class MemberKicked:
    """The switch is about to put a member out; MemberLeft follows."""

    room_id: str
    conference_uuid: str
    session_id: str
    at: int


@frozen
class MemberMuteChanged:
    room_id: str
    conference_uuid: str
    session_id: str
    muted: bool
    at: int


@frozen
class MemberDeafChanged:
    room_id: str
    conference_uuid: str
    session_id: str
    deaf: bool
    at: int


@frozen
class MemberHoldChanged:
    room_id: str
    conference_uuid: str
    session_id: str
    held: bool
    at: int


@frozen
class MemberVolumeChanged:
    """`direction` in or out, `level` -4 to 4."""

    room_id: str
    conference_uuid: str
    session_id: str
    direction: str
    level: int
    at: int


@frozen
class MemberFilePlayed:
    """A file that this member alone was played is over."""

    room_id: str
    conference_uuid: str
    session_id: str
    file: str
    at: int


@frozen
class MemberTalking:
    room_id: str
    conference_uuid: str
    session_id: str
    talking: bool
    at: int


@frozen
class FloorChanged:
    """`session_id` is '' when nobody holds the floor."""

    room_id: str
    conference_uuid: str
    session_id: str
    at: int


@frozen
class JoinEnded:
    """The application `conference` ended on a channel: after MemberLeft it means nothing, without a join a refusal.

    `hung_up`: or the caller's end, which is not told yet.
    """

    session_id: str
    room_id: str
    at: int
    hung_up: bool = False


@frozen
class StepEnded:
    """An application of ours ended on a call; `result` is its response and the channel variables that it set.

    Or a file that this member alone was played in a room. `hung_up`: the call's end ended it.
    """

    session_id: str
    step_uuid: str
    result: dict[str, str]
    at: int
    hung_up: bool = False


@frozen
class FilePlayed:
    """A file that we queued is over in a room; `token` is the operation_id parameter that we gave it."""

    room_id: str
    token: str
    at: int


@frozen
class FileFailed:
    room_id: str
    token: str
    reason: str
    at: int


@frozen
class RecordingStarted:
    """Of a room (then `conference_uuid` is set) or of a leg; the other's id is ''. `error`: the file is refused."""

    recording_id: str
    room_id: str
    session_id: str
    conference_uuid: str
    at: int
    error: str = ""


@frozen
class RecordingPauseChanged:
    """Or resumed. Only a room's tells; a leg's reply is the happening."""

    recording_id: str
    room_id: str
    paused: bool
    at: int


@frozen
class RecordingEnded:
    """`duration_ms` None, `missed`: found over after a gap; the file must tell. `hung_up`: with its call."""

    recording_id: str
    room_id: str
    session_id: str
    duration_ms: int | None
    at: int
    hung_up: bool = False
    missed: bool = False


Happening = (
    CallParked
    | CallRinging
    | CallAnswered
    | CallEnded
    | CallsBridged
    | KeyPressed
    | ConferenceGone
    | RoomLockChanged
    | MemberJoined
    | MemberLeft
    | MemberKicked
    | MemberMuteChanged
    | MemberDeafChanged
    | MemberHoldChanged
    | MemberVolumeChanged
    | MemberFilePlayed
    | MemberTalking
    | FloorChanged
    | JoinEnded
    | StepEnded
    | FilePlayed
    | FileFailed
    | RecordingStarted
    | RecordingPauseChanged
    | RecordingEnded
)
