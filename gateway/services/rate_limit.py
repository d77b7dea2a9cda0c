"""How many requests a second an app may make, all commands taken together: an app's id in, CoolingDown out.

Kept in this process: with several gateways each counts what it is asked itself.
"""

from gateway.domain.clock import Clock
from gateway.errors import CoolingDown

APPS_KEPT = 10_000


class RateLimit:
    """`per_s` requests a second, as many at once after a quiet second; 0 is no limit."""

    def __init__(self, per_s: float, clock: Clock) -> None:
        self._pause_ms = 1000 / per_s if per_s else 0.0
        self._per_s = per_s
        self._clock = clock
        self._free_at: dict[str, float] = {}  # ms: when the requests so far would have come, evenly spaced

    def take(self, app_id: str) -> None:
        """Raises CoolingDown, which counts as no request."""
        if not self._pause_ms:
            return
        now = self._clock.now_ms()
        most = now + max(1000.0, self._pause_ms)
        free_at = self._free_at.get(app_id, 0.0)
        if not now <= free_at <= most:  # long ago; or the clock was set back, which must shut nobody out
            free_at = now
        if free_at + self._pause_ms > most:
            message = f"Too many requests: this app may make {self._per_s:g} a second."
            raise CoolingDown(message, max(1, round(free_at + self._pause_ms - most)))
        if len(self._free_at) >= APPS_KEPT:
            self._free_at = {app: at for app, at in self._free_at.items() if at > now}
        self._free_at[app_id] = free_at + self._pause_ms
