"""Faults on demand, for the tests of others: what a switch or a network does wrong, switched on and off by name."""

from collections.abc import Callable, Iterable
from typing import Protocol

_UTF8_BODY = b'{"Event-Name":"CUSTOM","Caller-Caller-ID-Name":"Jos\xe9","Unique-ID":"x"}'
_JSON_BODY = b'{"Event-Name":"BROKEN",,'


def _event(body: bytes) -> bytes:
    return b"Content-Length: %d\nContent-Type: text/event-json\n\n" % len(body) + body


BAD_FRAMES: dict[str, bytes] = {
    "json": _event(_JSON_BODY),  # an event that does not parse
    "utf8": _event(_UTF8_BODY),  # a byte that is not UTF-8 in an event that is otherwise whole
    "text": b"This is not the Event Socket.\n\n",
    "length": b"Content-Length: many\nContent-Type: text/event-json\n\n",
}
CUT_FRAME = b'Content-Length: 4000\nContent-Type: text/event-json\n\n{"Event-Name":"CHANNEL_PARK","Unique-ID":"'
USAGE = "-USAGE: drop|cut|hang on|off|delay SECONDS|garbage json|utf8|text|length|refuse on|off|down SECONDS|none\n"


class Victim(Protocol):
    """A connection, as the faults see it."""

    id: int

    def inject(self, data: bytes) -> None: ...

    def drop(self) -> None: ...


class Faults:
    """Acts on every connection but the one that asks; asked from within the process, on every one."""

    def __init__(self, victims: Callable[[], Iterable[Victim]], go_down: Callable[[float], None]) -> None:
        self._victims, self._go_down = victims, go_down
        self.hanging = False  # commands are read and never answered, events stay unsent
        self.refusing = False  # a new connection gets a rude-rejection
        self.reply_delay_s = 0.0
        self.spared = 0  # the connection that asked for hang or delay
        self._orders: dict[str, Callable[[str, int], None]] = {
            "drop": self._drop,
            "cut": self._cut,
            "hang": self._hang,
            "delay": self._delay,
            "garbage": self._garbage,
            "refuse": self._refuse,
            "down": self._down,
            "none": self._none,
        }

    def run(self, text: str, asker: int = 0) -> str:
        name, _, argument = text.strip().partition(" ")
        order = self._orders.get(name)
        if order is None:
            return USAGE
        try:
            order(argument.strip(), asker)
        except (ValueError, KeyError):
            return USAGE
        return "+OK\n"

    def hangs(self, listener: int) -> bool:
        return self.hanging and listener != self.spared

    def delay_for(self, listener: int) -> float:
        return self.reply_delay_s if listener != self.spared else 0.0

    def _others(self, asker: int) -> list[Victim]:
        return [victim for victim in self._victims() if victim.id != asker]

    def _drop(self, argument: str, asker: int) -> None:
        for victim in self._others(asker):
            victim.drop()

    def _cut(self, argument: str, asker: int) -> None:
        """In the middle of a frame."""
        for victim in self._others(asker):
            victim.inject(CUT_FRAME)
            victim.drop()

    def _hang(self, argument: str, asker: int) -> None:
        self.hanging, self.spared = argument != "off", asker

    def _delay(self, argument: str, asker: int) -> None:
        self.reply_delay_s, self.spared = float(argument), asker

    def _garbage(self, argument: str, asker: int) -> None:
        frame = BAD_FRAMES[argument or "json"]
        for victim in self._others(asker):
            victim.inject(frame)

    def _refuse(self, argument: str, asker: int) -> None:
        self.refusing = argument != "off"

    def _down(self, argument: str, asker: int) -> None:
        """Nobody answers at the port for so long; calls and rooms go on."""
        self._go_down(float(argument))

    def _none(self, argument: str, asker: int) -> None:
        self.hanging = self.refusing = False
        self.reply_delay_s, self.spared = 0.0, 0
