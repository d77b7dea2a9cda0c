"""So much of a kind at a time, for one owner (an app) and for all. In: whose it is. Out: a place, or MediaError."""

import time
from collections.abc import Callable
from weakref import WeakValueDictionary

from gevent.lock import BoundedSemaphore

from gateway.errors import MediaError


class Places:
    """An owner's own come first: who waits for those holds none that another could have.

    Without `wait_s` a wait has no limit here: who asks has one.
    """

    def __init__(self, most: int, most_per_owner: int, wait_s: float | None = None) -> None:
        self._most_per_owner = most_per_owner
        self._wait_s = wait_s
        self._all = BoundedSemaphore(most)
        self._of: WeakValueDictionary[str, BoundedSemaphore] = WeakValueDictionary()

    def are_taken(self, owner: str) -> bool:
        """Who asked now would have to wait."""
        mine = self._of.get(owner)
        return self._all.locked() or (mine is not None and mine.locked())

    def take(self, owner: str) -> Callable[[], None]:
        """Waits for a place, `wait_s` at most; what it returns gives the place back, and is called once."""
        began = time.monotonic()
        mine = self._of.setdefault(owner, BoundedSemaphore(self._most_per_owner))
        if not mine.acquire(timeout=self._wait_s):
            raise MediaError(f"{self._most_per_owner} downloads of this app are under way", "media-timeout")
        try:
            left_s = None if self._wait_s is None else max(0.0, began + self._wait_s - time.monotonic())
            if not self._all.acquire(timeout=left_s):
                raise MediaError("too many downloads are under way", "media-timeout")
        except BaseException:
            mine.release()
            raise

        def give_back() -> None:
            self._all.release()
            mine.release()

        return give_back
