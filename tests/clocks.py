"""A clock for tests. In: how far it is to be ahead. Out: times."""

from gateway.domain.clock import SystemClock


class ShiftedClock(SystemClock):
    """The system's clock, which a test may put forward or back: no test waits out a schedule or a lease."""

    ahead_ms = 0

    def now_ms(self) -> int:
        return super().now_ms() + self.ahead_ms
