"""A recording: one file of a room or of one call leg. Frozen; change by values.replace."""

from dataclasses import dataclass, field
from typing import Any

from gateway.domain.verbs import RecordFormat

STARTING, RECORDING, PAUSED, FINISHING, COMPLETED, FAILED = (
    "starting", "recording", "paused", "finishing", "completed", "failed",
)  # fmt: skip
# The switch has, or is about to have, the file open.
ACTIVE = (STARTING, RECORDING, PAUSED)
WANTED, TRANSCRIBED, UNTRANSCRIBED = "wanted", "completed", "failed"


@dataclass(frozen=True)
class Recording:
    """Its file is `{id}.{format}` in the recordings' directory: the id comes back in the paths of the switch's events.

    Either `room_id` or `session_id` is empty. `finishing`: the switch is done with the file, the house is not (its
    size, a crash's missing header, silence to be trimmed). `unfinished` is true until the house is, too.
    `asked` and `asked_uid`: the command that asked for the next change. `duration_ms` has no pauses in it.
    `reason` says why it ended: stopped, room_empty, hangup, max_length, lost (found over after a gap), failed.
    `notes` holds what a document wants done at its end; `transcription` is '', wanted, completed or failed.
    """

    id: str
    app_id: str
    node_id: str
    format: RecordFormat
    created_at: int
    room_id: str = ""
    session_id: str = ""
    conference_uuid: str = ""
    state: str = STARTING
    started_at: int | None = None
    ended_at: int | None = None
    duration_ms: int = 0
    bytes: int = 0
    max_length_s: int = 0
    trim_silence: bool = False
    was_paused: bool = False
    command_uid: str = ""
    asked: str = ""
    asked_uid: str = ""
    reason: str = ""
    error: str = ""
    unfinished: bool = False
    transcription: str = ""
    notes: dict[str, Any] = field(default_factory=dict)

    @property
    def file_name(self) -> str:
        return f"{self.id}.{self.format}"

    @property
    def subject(self) -> str:
        """The room's or the session's id."""
        return self.room_id or self.session_id

    @property
    def end_ms(self) -> int:
        """When its last sound was: with no pause in between, where the file ends."""
        start = self.started_at or self.created_at
        return (self.ended_at or start) if self.was_paused else start + self.duration_ms
