"""How an endpoint does. In: successes, and failures by lane. Out: how many POSTs it may have open, and when."""

import time

ILL_AFTER_LANES = 8  # so many lanes failed with no success between: the endpoint is ill, not a lane of it
ILL_PACE_S = 0.25  # an ill endpoint is tried with one POST at a time, this far apart, until one succeeds
SHAKY_POSTS = 8


class Health:
    def __init__(self) -> None:
        self._failing: set[tuple[str, ...]] = set()  # no more than make it ill: some never succeed again
        self._ill_since: float | None = None
        self._pause_until = 0.0

    @property
    def shaky(self) -> bool:
        return bool(self._failing)

    @property
    def ill(self) -> bool:
        return len(self._failing) >= ILL_AFTER_LANES

    def succeeded(self) -> bool:
        """True when it was shaky until now."""
        was = self.shaky
        self._failing.clear()
        self._ill_since = None
        return was

    def failed(self, lanes: tuple[str, ...]) -> bool:
        """True when it became ill by this."""
        was, now = self.ill, time.monotonic()
        if not was:
            self._failing.add(lanes)
        if self.ill:
            self._pause_until = now + ILL_PACE_S
            self._ill_since = self._ill_since or now
        return self.ill and not was

    def ill_for_s(self) -> float:
        return 0.0 if self._ill_since is None else time.monotonic() - self._ill_since

    def pause_s(self) -> float:
        return max(0.0, self._pause_until - time.monotonic()) if self.ill else 0.0

    def most_posts(self, limit: int) -> int:
        if self.ill:
            return 0 if self.pause_s() else 1
        return min(limit, SHAKY_POSTS) if self.shaky else limit
