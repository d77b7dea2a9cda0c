"""So much of a kind at a time, for one app and for all. In: whose it is. Out: a place, or MediaError."""

import time
from collections.abc import Callable
from weakref import WeakValueDictionary

from gevent.lock import BoundedSemaphore

from gateway.errors import MediaError


class Places:
    """An app's own come first: who waits for those holds none that another app could have."""

    def __init__(self, most: int, most_per_app: int, wait_s: float) -> None:
        self._most_per_app = most_per_app
        self._wait_s = wait_s
        self._all = BoundedSemaphore(most)
        self._of: WeakValueDictionary[str, BoundedSemaphore] = WeakValueDictionary()

    def take(self, app_id: str) -> Callable[[], None]:
        """Waits for a place, `wait_s` at most; what it returns gives the place back, and is called once."""
        until = time.monotonic() + self._wait_s
        mine = self._of.setdefault(app_id, BoundedSemaphore(self._most_per_app))
        if not mine.acquire(timeout=self._wait_s):
            raise MediaError(f"{self._most_per_app} downloads of this app are under way", "media-timeout")
        try:
            if not self._all.acquire(timeout=max(0.0, until - time.monotonic())):
                raise MediaError("too many downloads are under way", "media-timeout")
        except BaseException:
            mine.release()
            raise

        def give_back() -> None:
            self._all.release()
            mine.release()

        return give_back
