"""Who may post now. In: endpoints that want to. Out: a place or none, so that no endpoint's trouble delays another's.

Each endpoint may always have one POST of its own in flight; more come out of a pool that all share. A POST without an
answer after SLOW_AFTER_S gives its place in the pool back (it waits on, but counts only as open), so hanging
endpoints hold the pool for a moment only. Open POSTs are bounded too, by file descriptors: endpoints that look ill
may use a part of them, the rest stays for the others.
"""

import resource
import time
from collections import deque
from collections.abc import Callable

from gevent.event import Event

SLOW_AFTER_S = 0.1
MAX_OPEN = 4096
_WOKEN = 2


def open_limit() -> int:
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return max(64, min(MAX_OPEN, (soft if soft > 0 else MAX_OPEN * 2) // 2))


class Poster:
    """One greenlet that posts for one endpoint: `shared` while it holds a place of the pool."""

    __slots__ = ("shared", "since")

    def __init__(self, shared: bool) -> None:
        self.shared = shared
        self.since = time.monotonic()


class Slots:
    def __init__(self, pool: int, limit: int) -> None:
        self._free = pool
        self._limit = limit
        self.open = 0
        self._sharing: set[Poster] = set()
        self._waiting: tuple[deque[tuple[str, Callable[[], None]]], ...] = (deque(), deque())  # the well, the ill
        self._queued: set[str] = set()
        self.wanted = Event()  # set while somebody waits

    @property
    def contended(self) -> bool:
        return bool(self._waiting[0])

    def enter(self, first: bool, ill: bool, wake: Callable[[], None], key: str) -> Poster | None:
        """A place, or None: then `wake` is called when it is worth asking again."""
        share = (0.75 if first else 0.25) if ill else 1.0
        if self.open >= self._limit * share or (not first and self._free <= 0):
            if key not in self._queued:
                self._queued.add(key)
                self._waiting[ill].append((key, wake))
                self.wanted.set()
            return None
        self.open += 1
        poster = Poster(shared=not first)
        if poster.shared:
            self._free -= 1
            self._sharing.add(poster)
        return poster

    def leave(self, poster: Poster) -> None:
        self.open -= 1
        self._give_back(poster)
        self._wake()

    def reclaim(self) -> None:
        """Take back the places of POSTs that have waited long for their answers."""
        late = time.monotonic() - SLOW_AFTER_S
        for poster in [poster for poster in self._sharing if poster.since < late]:
            self._give_back(poster)
            self._wake()

    def _give_back(self, poster: Poster) -> None:
        if poster.shared:
            poster.shared = False
            self._free += 1
            self._sharing.discard(poster)

    def _wake(self) -> None:
        """One place became free: a few are told, those that look well before the ill."""
        queue = self._waiting[0] or self._waiting[1]
        for _ in range(min(_WOKEN, len(queue))):
            key, wake = queue.popleft()
            self._queued.discard(key)
            wake()
        if not self._queued:
            self.wanted.clear()
