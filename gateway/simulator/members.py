"""A member: one call's seat in one room, its flags and what its events say about it."""

from collections.abc import Callable
from dataclasses import dataclass, field

from gateway.simulator.calls import Call
from gateway.simulator.controls import DigitMachine
from gateway.simulator.core import epoch
from gateway.simulator.events import Part
from gateway.simulator.playing import PlayQueue


def flag_set(text: str) -> frozenset[str]:
    return frozenset(flag.strip().lower() for flag in text.replace(",", "|").split("|") if flag.strip())


@dataclass(eq=False)
class Member:
    call: Call
    id: int
    flags: frozenset[str]
    can_speak: bool = True
    can_hear: bool = True
    hold: bool = False
    talking: bool = False
    loud: bool = False  # its audio is strong enough to take the floor
    running: bool = True
    kicked: bool = False
    last_sound: str = ""
    energy_level: int = 100
    score: int = 0
    volume_in: int = 0
    volume_out: int = 0
    seat: int = 0
    joined_epoch: int = field(default_factory=epoch)
    last_talking: int = 0
    relations: dict[int, frozenset[str]] = field(default_factory=dict)
    queue: PlayQueue | None = None
    machine: DigitMachine | None = None
    leave: Callable[[], None] = lambda: None
    hear_changed: Callable[[], None] = lambda: None  # tells the talker that mute or hold changed

    def __post_init__(self) -> None:
        self.can_speak = "mute" not in self.flags
        self.can_hear = "deaf" not in self.flags

    @property
    def moderator(self) -> bool:
        return "moderator" in self.flags

    @property
    def ghost(self) -> bool:
        return "ghost" in self.flags

    @property
    def audible(self) -> bool:
        return self.running and self.can_speak and not self.hold

    def part(self) -> Part:
        return Part(
            (
                ("Video", "false"),
                ("Hear", _word(self.can_hear)),
                ("See", "true"),
                ("Speak", _word(self.can_speak)),
                ("Talking", _word(self.talking)),
                ("Mute-Detect", _word("mute-detect" in self.flags)),
                ("Hold", _word(self.hold)),
                ("Member-ID", str(self.id)),
                ("Member-Type", "moderator" if self.moderator else "member"),
                ("Member-Ghost", _word(self.ghost)),
                ("Energy-Level", str(self.energy_level)),
                ("Current-Energy", str(self.score)),
            )
        )


def _word(flag: bool) -> str:
    return "true" if flag else "false"
