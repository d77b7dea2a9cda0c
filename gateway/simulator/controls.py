"""The digit machine of a member: keys in, the bound action out, when it is clear which one is meant."""

from collections.abc import Callable

from gateway.simulator.clock import Clock, Timer
from gateway.simulator.room_profiles import Binding


class DigitMachine:
    """As switch_ivr_dmachine: a match that could become a longer one waits, if the shorter is bound first."""

    def __init__(self, clock: Clock, bindings: tuple[Binding, ...], timeout_s: float, act: Callable[[Binding], None]):
        self._clock, self._bindings, self._timeout_s, self._act = clock, bindings, timeout_s, act
        self._longest = max((len(digits) for digits, _, _ in bindings), default=0)
        self._digits = ""
        self._timer: Timer | None = None

    def feed(self, digit: str) -> None:
        if not self._bindings:
            return
        self.stop()
        self._digits += digit
        self._decide(is_timeout=False)

    def stop(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _decide(self, is_timeout: bool) -> None:
        exact, longer_after, possible = self._matches()
        fires = exact is not None and (is_timeout or not longer_after)
        if fires or is_timeout or not possible:
            self._digits = ""
        if fires and exact is not None:
            self._act(exact)
        elif self._digits:
            self._timer = self._clock.after(self._timeout_s, self._decide, True)

    def _matches(self) -> tuple[Binding | None, bool, bool]:
        """The exact match; whether a longer one is bound after it; whether anything begins so."""
        exact: Binding | None = None
        longer_after = possible = False
        for binding in self._bindings:
            bound = binding[0]
            if not bound.startswith(self._digits):
                continue
            possible = True
            if bound == self._digits and exact is None:
                exact = binding
                if len(bound) == self._longest:
                    break
            elif exact is not None:
                longer_after = True
        return exact, longer_after, possible
