"""What one call is played by command: files, speech, prompts for keys, music on hold. Frozen; change by replace."""

from dataclasses import dataclass, field
from typing import Any

PLAY, SPEAK, GATHER, HOLD = "play", "speak", "gather", "hold"
PAUSE_UID = "pause_uid"  # in the notes of what is played
PLAYING, PAUSED = "playing", "paused"
# How what played before on the leg is ended: a break ends a file, keys are still awaited behind one.
BREAK, PARK = "break", "park"


@dataclass(frozen=True)
class LegPlayback:
    """A call has one at most; its id is that of the operation that asked for it.

    `sounds` are {"url"}, {"text", "voice", "language"} or {"stream"}, in order; `position` is the index of the one
    that is, or is next, in the switch, `rounds` how often all were through, `loop` how often they shall be (0: until
    it is stopped). `step_uuid` names what is in the switch, '' between two sounds; `step_data` is its argument.
    It plays in `room_id` to `member_id`, or where these are '' and 0 on the leg. `cut` is how what played before is
    ended first. `started`: the app was told. `wait_ms`: a pause before the next. `notes`: what a gather collects, whose
    command paused what is played.
    """

    id: str
    session_id: str
    app_id: str
    kind: str
    sounds: list[dict[str, str]] = field(default_factory=list)
    loop: int = 1
    position: int = 0
    rounds: int = 0
    status: str = PLAYING
    step_uuid: str = ""
    step_data: str = ""
    room_id: str = ""
    member_id: int = 0
    sent_at: int = 0
    cut: str = ""
    started: bool = False
    played: int = 0
    failed: int = 0
    played_before: int = 0
    wait_ms: int = 0
    command_uid: str = ""
    created_at: int = 0
    notes: dict[str, Any] = field(default_factory=dict)

    @property
    def sound(self) -> dict[str, str]:
        return self.sounds[self.position]
