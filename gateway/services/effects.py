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
class EmptyRoom:
    """Kick everybody out of a destroyed room."""

    room_id: str

    @property
    def lane(self) -> str:
        return self.room_id


Effect = EmptyRoom | TakeOver | StopWaiting | Reject | SendAway | PlayNext
