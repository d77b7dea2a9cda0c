"""Effects: what is left to do when a transaction has committed (tell the switch, play a file), as values.

The unit of work gathers them; notifications then calls whoever subscribed to their type, in order within a lane.
A crash between commit and call loses them: what they were for is found again by reconcile, or at the next start.
"""

from gateway.domain.values import frozen


@frozen
class _OfSession:
    session_id: str

    @property
    def lane(self) -> str:
        """Effects of one lane run in order."""
        return self.session_id


@frozen
class _OfRoom:
    room_id: str

    @property
    def lane(self) -> str:
        return self.room_id


@frozen
class _OfRoomsClock(_OfRoom):
    @property
    def lane(self) -> str:
        return f"clock:{self.room_id}"


@frozen
class _OfRoomsSounds(_OfRoom):
    """Beside the playback, whose next file may still be fetched."""

    @property
    def lane(self) -> str:
        return f"sounds:{self.room_id}"


@frozen
class TakeOverCall(_OfSession):
    """Park a new call ourselves, out of the dialplan's park_timeout; `wait_s` 0: no hang-up timer."""

    wait_s: int


@frozen
class Reject(_OfSession):
    """Hang up a call that nobody wants."""

    cause: str


@frozen
class SendAway(_OfSession):
    """Park a call that is in a room where it may not be (destroyed meanwhile)."""


@frozen
class JoinDialled(_OfSession):
    """A call that we made for a room was answered: into the room with it."""

    room_id: str
    flags: tuple[str, ...]


@frozen
class ConnectCalls(_OfSession):
    """The new leg of a transfer is connected with the call that it was dialled for."""

    caller_id: str


@frozen
class PlayNext(_OfRoom):
    """The room's playback has a file to hand to the switch. One that interrupts waits for no file of those before."""

    playback_id: str

    @property
    def lane(self) -> str:
        return f"play:{self.playback_id}"


@frozen
class StopWaiting(_OfSession):
    """Take back the hang-up timer of a call that a command has touched."""


@frozen
class MendWaiting(_OfSession):
    """A process before us may have died before it set, or took back, this call's hang-up timer: do so now."""


@frozen
class EmptyRoom(_OfRoom):
    """Kick everybody out of a destroyed room."""


@frozen
class EndConference(_OfRoomsClock):
    """Everybody out of this instance of a room's conference: its end was decided, and the switch does not do it."""

    conference_uuid: str


@frozen
class SetRoomClock(_OfRoomsClock):
    """The room's time limit is set, or set anew, in the switch."""


@frozen
class DropRoomClock(_OfRoomsClock):
    """The instance that it was for is gone."""

    conference_uuid: str


@frozen
class SetMusic(_OfRoomsSounds):
    """What a waiting room hears was named after it had begun to wait."""


@frozen
class SoundRoom(_OfRoomsSounds):
    """A sound of a member's coming or going, beside whatever plays."""

    sound: str


@frozen
class RelayKey(_OfRoom):
    """A member's key to every other member."""

    session_id: str
    key: str

    @property
    def lane(self) -> str:
        return f"keys:{self.room_id}"


@frozen
class AwaitKeys(_OfSession):
    """A pattern of keys is whole and may become a longer one: look again when the time for that is over."""

    number: int

    @property
    def lane(self) -> str:
        return f"keys:{self.session_id}"


@frozen
class _OfMembersSound(_OfSession):
    """Beside what else is done to the call: its file may still be fetched."""

    @property
    def lane(self) -> str:
        return f"sound:{self.session_id}"


@frozen
class HoldMusic(_OfMembersSound):
    """A held member hears the room no more, and its music (again), if it has any."""


@frozen
class EndHold(_OfMembersSound):
    """A member that was held hears the room again."""


@frozen
class KickWithSound(_OfMembersSound):
    """The last thing that a member hears is played to it; it leaves when that is over."""


@frozen
class KickNow(_OfSession):
    """That sound is over."""


@frozen
class LockAgain(_OfRoom):
    """The conference of a locked room was born again: the switch forgot the lock."""

    @property
    def lane(self) -> str:
        return f"lock:{self.room_id}"


@frozen
class RelateNewcomer(_OfRoom):
    """A member came into a room where somebody coaches: who hears whom is set right for it."""

    session_id: str

    @property
    def lane(self) -> str:
        return f"relate:{self.room_id}"


@frozen
class PlayToCall(_OfSession):
    """A command has a sound for this call; what played before is ended first, even while its file is still fetched."""

    playback_id: str

    @property
    def lane(self) -> str:
        return f"play:{self.playback_id}"


@frozen
class FlowMoved(_OfSession):
    """Something a led call waits for has happened, or a new one came: its runner is woken, or started."""

    @property
    def lane(self) -> str:
        return f"flow:{self.session_id}"


@frozen
class _OfRecording:
    recording_id: str

    @property
    def lane(self) -> str:
        return f"recording:{self.recording_id}"


@frozen
class SendRecording(_OfRecording):
    """A document asked for a recording: its row is there, the switch is yet to be told."""


@frozen
class LimitRecording(_OfRecording):
    """A room's recording has begun: the switch shall end it when its time is over."""


@frozen
class FinishRecording(_OfRecording):
    """The switch is done with the file: it is looked after, measured and, if asked for, trimmed."""


@frozen
class Transcribe(_OfRecording):
    """The file is whole, and shall become text."""

    @property
    def lane(self) -> str:
        return f"transcript:{self.recording_id}"


Effect = (
    AwaitKeys | ConnectCalls | DropRoomClock | EmptyRoom | EndConference | EndHold | FinishRecording | FlowMoved
    | HoldMusic | JoinDialled | KickNow | KickWithSound | LimitRecording | LockAgain | MendWaiting | PlayNext
    | PlayToCall | Reject | RelateNewcomer | RelayKey | SendAway | SendRecording | SetMusic | SetRoomClock | SoundRoom
    | StopWaiting | TakeOverCall | Transcribe
)  # fmt: skip
