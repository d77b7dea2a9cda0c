"""Effects: what must be done once a transaction is committed, as values. notifications hands each to its subscriber.

They may be lost by a crash right after the commit; each has its way back through reconcile or at the start.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class TakeOver:
    """Park a new call ourselves, out of the dialplan's park_timeout; `wait_s` 0: no hang-up timer."""

    session_id: str
    wait_s: int

    @property
    def lane(self) -> str:
        return self.session_id


@dataclass(frozen=True)
class Reject:
    """Hang up a call that nobody wants."""

    session_id: str
    cause: str

    @property
    def lane(self) -> str:
        return self.session_id


@dataclass(frozen=True)
class SendAway:
    """Park a call that is in a room where it may not be (destroyed meanwhile)."""

    session_id: str

    @property
    def lane(self) -> str:
        return self.session_id


@dataclass(frozen=True)
class PlayNext:
    """The room's playback has a file to hand to the switch."""

    room_id: str

    @property
    def lane(self) -> str:
        return self.room_id


@dataclass(frozen=True)
class StopWaiting:
    """Take back the hang-up timer of a call that a command has touched."""

    session_id: str

    @property
    def lane(self) -> str:
        return self.session_id


@dataclass(frozen=True)
class MendWaiting:
    """A process before us may have died before it set, or took back, this call's hang-up timer: do so now."""

    session_id: str

    @property
    def lane(self) -> str:
        return self.session_id


@dataclass(frozen=True)
class EmptyRoom:
    """Kick everybody out of a destroyed room."""

    room_id: str

    @property
    def lane(self) -> str:
        return self.room_id


@dataclass(frozen=True)
class EndConference:
    """Everybody out of this instance of a room's conference: its end was decided, and the switch does not do it."""

    room_id: str
    conference_uuid: str

    @property
    def lane(self) -> str:
        return self.room_id


@dataclass(frozen=True)
class SetRoomClock:
    """The room's time limit is set, or set anew, in the switch."""

    room_id: str

    @property
    def lane(self) -> str:
        return self.room_id


@dataclass(frozen=True)
class DropRoomClock:
    """The instance that it was for is gone."""

    room_id: str
    conference_uuid: str

    @property
    def lane(self) -> str:
        return self.room_id


@dataclass(frozen=True)
class SetMusic:
    """What a waiting room hears was named after it had begun to wait."""

    room_id: str

    @property
    def lane(self) -> str:
        return self.room_id


@dataclass(frozen=True)
class SoundRoom:
    """A sound of a member's coming or going, beside whatever plays."""

    room_id: str
    sound: str

    @property
    def lane(self) -> str:
        return self.room_id


@dataclass(frozen=True)
class RelayKey:
    """A member's key to every other member."""

    room_id: str
    session_id: str
    key: str

    @property
    def lane(self) -> str:
        return f"keys:{self.room_id}"


@dataclass(frozen=True)
class AwaitKeys:
    """A pattern of keys is whole and may become a longer one: look again when the time for that is over."""

    session_id: str
    number: int

    @property
    def lane(self) -> str:
        return f"keys:{self.session_id}"


@dataclass(frozen=True)
class FlowMoved:
    """Something a led call waits for has happened, or a new one came: its runner is woken, or started."""

    session_id: str

    @property
    def lane(self) -> str:
        return f"flow:{self.session_id}"


Effect = (
    AwaitKeys | DropRoomClock | EmptyRoom | EndConference | FlowMoved | MendWaiting | PlayNext | Reject | RelayKey
    | SendAway | SetMusic | SetRoomClock | SoundRoom | StopWaiting | TakeOver
)  # fmt: skip
