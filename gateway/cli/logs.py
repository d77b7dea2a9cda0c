"""Where the log of a long-running command goes: stderr, a line an entry. In: the level's name."""

import logging
import time
from collections.abc import Callable

from gateway.errors import StoreUnavailable

EVERY_S = 1.0


class OneLineASecond(logging.Filter):
    """While the database is away whatever needs it fails, again and again: one line a second says so, for all."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self._clock = clock
        self._next_at = 0.0
        self._left_out = 0

    def filter(self, record: logging.LogRecord) -> bool:
        error = record.exc_info[1] if record.exc_info else None
        if not isinstance(error, StoreUnavailable):
            return True
        if (now := self._clock()) < self._next_at:
            self._left_out += 1
            return False
        more = f" ({self._left_out} more such lines were left out)" if self._left_out else ""
        record.msg, record.args = f"{record.getMessage()}: {error.message}{more}", ()
        record.exc_info = record.exc_text = None  # the sentence says it all
        self._next_at, self._left_out = now + EVERY_S, 0
        return True


def start_logging(level: str) -> None:
    logging.basicConfig(level=level, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    for handler in logging.getLogger().handlers:
        handler.addFilter(OneLineASecond())
