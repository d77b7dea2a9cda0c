"""A room (the switch's conference) and its playbacks. Frozen; change by values.replace."""

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Room:
    """`conference_uuid` is the switch's Conference-Unique-ID while the conference is alive there, else ''.

    `members` counts joined seats; `origin` is api (lives until DELETE) or document (lives while somebody is in).
    `running` is what documents made of it while it runs (services/room_roles.py): forgotten when it is empty.
    `settings` outlives that (services/room_settings.py): pin, roles, who coaches whom, locks asked and not told yet.
    """

    id: str
    app_id: str
    node_id: str
    name: str
    origin: str
    created_at: int
    destroyed_at: int | None = None
    conference_uuid: str = ""
    members: int = 0
    seat_counter: int = 0
    sequence: int = 0
    volume: int = 0
    locked: bool = False
    floor_holder: str = ""
    playback_id: str = ""
    running: dict[str, Any] = field(default_factory=dict)
    settings: dict[str, Any] = field(default_factory=dict)


QUEUED, PLAYING, PAUSED = "queued", "playing", "paused"


@dataclass(frozen=True)
class Playback:
    """One play request: its files in order; `position` is the index of the file that is, or is next, in the switch.

    Or one speak request: then it has no files but `speech`, {"text", "voice", "language"}. `cut`: what played before
    is in the switch still, and is ended first.
    `sent_at` says when the file at `position` was handed to the switch, 0 that it was not yet. It is negative until
    the switch has the file open: till then it refuses what is asked of that file.
    """

    id: str
    room_id: str
    app_id: str
    urls: list[str] = field(default_factory=list)
    number: int = 0
    status: str = QUEUED
    position: int = 0
    sent_at: int = 0
    played: int = 0
    failed: int = 0
    command_uid: str = ""
    created_at: int = 0
    speech: dict[str, str] = field(default_factory=dict)
    cut: bool = False

    @property
    def is_open(self) -> bool:
        return self.sent_at > 0

    @property
    def url(self) -> str:
        """Of the file at `position`; '' where it is speech."""
        return self.urls[self.position] if self.urls else ""
