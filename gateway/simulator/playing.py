"""A queue of sounds, of a room or of one member: what plays, what waits, what is paused; tells when each is through."""

import time
from collections.abc import Callable
from dataclasses import dataclass

from gateway.simulator.clock import Clock, Timer
from gateway.simulator.events import Pair
from gateway.simulator.numbers import whole_number
from gateway.simulator.sounds import ENDLESS, RATE, Sound


@dataclass(eq=False)
class Node:
    """One sound in the queue; speech is one, too, though nothing tells when it ends."""

    sound: Sound
    is_async: bool = False
    speech: bool = False
    played_s: float = 0.0
    stopped: bool = False
    volume: int = 0

    @property
    def samples(self) -> int:
        seconds = min(self.played_s, self.sound.seconds)
        return int(seconds * RATE) // 160 * 160

    def done_headers(self) -> tuple[Pair, ...]:
        """What play-file-done tells of how long it played, and the parameters it was asked for with."""
        played = self.samples
        return (
            ("seconds", str(played // RATE)),
            ("milliseconds", str(played * 1000 // RATE)),
            ("samples", str(played)),
            *self.sound.params.items(),
        )


class PlayQueue:
    """As conference_thread_run plays: the head only, one file closed per frame; pause holds the head."""

    def __init__(self, clock: Clock, tick_s: float, closed: Callable[[Node], None]) -> None:
        self._clock, self._tick_s, self._closed = clock, tick_s, closed
        self.nodes: list[Node] = []
        self.paused = False
        self._since: float | None = None
        self._timer: Timer | None = None

    @property
    def head(self) -> Node | None:
        return self.nodes[0] if self.nodes else None

    def add(self, node: Node) -> None:
        self.nodes.append(node)
        if len(self.nodes) == 1:
            self._arm()

    def toggle_pause(self) -> str:
        if not self.nodes:
            return ""
        self._note_progress()
        self.paused = not self.paused
        self._arm()
        return "+OK Pause\n" if self.paused else "+OK Resume\n"

    def stop(self, all_of_them: bool) -> int:
        stopped = self.nodes if all_of_them else self.nodes[:1]
        for node in stopped:
            node.stopped = True
        self._note_progress()
        self._arm()
        return len(stopped)

    def seek(self, argument: str) -> str:
        head = self.head
        if head is None or head.speech:
            return ""
        self._note_progress()
        amount = whole_number(argument.lstrip("+-"))
        if argument.startswith(("+", "-")):
            step = -(amount or 1000) if argument[0] == "-" else (amount or 1000)
            target = max(0, int(head.played_s * RATE) + step * RATE // 1000)
        else:
            target = amount * RATE // 1000
        head.played_s = target / RATE
        self._arm()
        return f"+OK seek to position {target}\n"

    def status(self) -> str:
        head = self.head
        if head is None:
            return "-ERR Nothing is playing\n"
        return f"+OK 0/0 {head.sound.text}\n"

    def close_all(self) -> None:
        """The room is over: whatever is left ends now."""
        self._note_progress()
        self._disarm()
        while self.nodes:
            self._closed(self.nodes.pop(0))
        self.paused = False

    def _note_progress(self) -> None:
        if self._since is not None and self.nodes:
            self.nodes[0].played_s += time.monotonic() - self._since
        self._since = None

    def _disarm(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _arm(self) -> None:
        """Set the timer for the end of the head."""
        self._disarm()
        head = self.head
        if head is None:
            return
        if head.stopped:
            self._timer = self._clock.after(self._tick_s, self._end_head)
        elif not self.paused:
            self._since = time.monotonic()
            left_s = head.sound.seconds - head.played_s
            if left_s != ENDLESS:
                self._timer = self._clock.after(max(0.0, left_s) + self._tick_s, self._end_head)

    def _end_head(self) -> None:
        self._timer = None
        self._note_progress()
        self.paused = False
        if self.nodes:
            self._closed(self.nodes.pop(0))
        self._arm()
