"""Who talks: a member's sound on and off in, start-talking, stop-talking and the strength that takes the floor out."""

import time
from collections.abc import Callable

from gateway.simulator.clock import Clock, Timer
from gateway.simulator.events import Pair
from gateway.simulator.members import Member

TONE_ENERGY = 10273
HANGUNDER_TICKS, FADE_TICKS, HANGOVER_TICKS = 2, 21, 40  # frames until talking, until weak, until not talking


class Talker:
    """Watches one member. `fire` sends one of its events, `weighed` says that its claim to the floor changed."""

    def __init__(
        self, clock: Clock, tick_s: float, member: Member, fire: Callable[..., None], weighed: Callable[[], None]
    ) -> None:
        self._clock, self._tick_s, self._member = clock, tick_s, member
        self._fire, self._weighed = fire, weighed
        self._timers: list[Timer] = []
        self._heard = False
        self._started_at = 0.0

    def update(self) -> None:
        """The call's sound, or the member's mute or hold, changed."""
        member = self._member
        if not member.audible:
            self._silence()
            return
        loud = member.call.loud
        if loud == self._heard:
            return
        self._heard = loud
        self.cancel()
        if loud:
            self._later(HANGUNDER_TICKS, self._start)
        else:
            member.score = 0
            self._later(FADE_TICKS, self._fade)
            self._later(HANGOVER_TICKS, self._stop)

    def cancel(self) -> None:
        for timer in self._timers:
            timer.cancel()
        self._timers.clear()

    def _later(self, ticks: int, run: Callable[[], None]) -> None:
        self._timers.append(self._clock.after(ticks * self._tick_s, run))

    def _silence(self) -> None:
        """Muted or held: no event, FreeSWITCH just forgets that it talked."""
        self.cancel()
        self._heard = False
        self._member.talking = self._member.loud = False
        self._member.score = 0

    def _start(self) -> None:
        member = self._member
        member.score = TONE_ENERGY
        member.last_talking = int(time.time())
        if not member.talking:
            member.talking = True
            self._started_at = time.monotonic()
            self._fire("start-talking", member=member)
        member.loud = True
        self._weighed()

    def _fade(self) -> None:
        self._member.loud = False
        self._weighed()

    def _stop(self) -> None:
        self._member.talking = False
        self._fire("stop-talking", member=self._member, before=self._statistics())

    def _statistics(self) -> tuple[Pair, ...]:
        total = max(1, int((time.monotonic() - self._started_at) / self._tick_s))
        hits = max(1, total - HANGOVER_TICKS + 1)
        return (
            ("talking-gate-hits", str(hits)),
            ("talking-total-packets", str(total)),
            ("talking-duration-ms", str(int(total * self._tick_s * 1000))),
            ("talking-average-energy", f"{TONE_ENERGY:.6f}"),
            ("talking-delta-average", f"{1 / hits:.6f}"),
            ("talking-hit-on-percent", f"{hits / total * 100:.6f}"),
            ("talking-non-hit-ratio", f"{100 / hits:.6f}"),
            ("talking-hit-off-percent", f"{100 / total:.6f}"),
            ("talking-hit-off-differential", f"{(hits - 1) / total * 100:.6f}"),
        )
