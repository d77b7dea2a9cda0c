"""Names in URLs of apps, looked up in threads of their own. In: a host and whose it is. Out: addresses, or OSError.

Nothing ends a look-up before the system's resolver does, and that may take half a minute: its thread is held as long,
whoever waits for it. So each owner may hold a few threads only, and no kind those of another, of the disk or of speech.
"""

import logging
import time
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from socket import SOCK_STREAM
from typing import Any

from gevent.event import AsyncResult
from gevent.monkey import get_original
from gevent.threadpool import ThreadPool
from prometheus_client import CollectorRegistry
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from gateway.media.addresses import literal
from gateway.media.places import Places

log = logging.getLogger(__name__)
# As getaddrinfo gives it: (family, type, protocol, canonical name, socket address).
Found = Sequence[tuple[int, int, int, str, tuple[Any, ...]]]
Lookup = Callable[[str, int], Found]
MAX_LOOKUPS = 32  # of a kind, at a time
MAX_LOOKUPS_PER_OWNER = 4
KEPT_S = 5.0  # an answer: a busy app's prompts come from one host, each looked up at each play
MAX_KEPT = 1024
_IDLE_THREAD_S = 60
_WARN_EVERY_S = 60.0


def system_lookup(host: str, port: int) -> Found:
    """Blocks its thread: gevent's own would use the one pool that everything shares."""
    found: Found = get_original("socket", "getaddrinfo")(host, port, 0, SOCK_STREAM)
    return found


class Names:
    """Of one kind. Who asks for a name that its owner has asked for already waits for the same answer."""

    def __init__(
        self,
        kind: str,
        lookup: Lookup = system_lookup,
        most: int = MAX_LOOKUPS,
        most_per_owner: int = MAX_LOOKUPS_PER_OWNER,
    ) -> None:
        self.kind = kind
        self.waiting = 0  # for a thread
        self._lookup = lookup
        self._threads = ThreadPool(most, None, _IDLE_THREAD_S)
        self._places = Places(most, most_per_owner)
        self._running: dict[tuple[str, str, int], AsyncResult] = {}
        self._kept: dict[tuple[str, int], tuple[float, Found]] = {}  # until when, what
        self._warned_at = 0.0

    @property
    def under_way(self) -> int:
        return len(self._running)

    def find(self, host: str, port: int, owner: str) -> Found:
        """Has no limit of its own: who asks has one, and leaves by it."""
        if literal(host) is not None:
            return self._lookup(host, port)  # nobody is asked
        until, found = self._kept.get((host, port), (0.0, ()))
        if time.monotonic() < until:
            return found
        key = owner, host, port
        running = self._running.get(key)
        outcome: Found | Exception = (running or self._begun(key)).get()
        if isinstance(outcome, Exception):
            raise type(outcome)(*outcome.args)  # one of one's own: each raise adds to its traceback
        return outcome

    def addresses(self, host: str, port: int, owner: str) -> list[str]:
        return list(dict.fromkeys(str(entry[4][0]) for entry in self.find(host, port, owner)))

    def _begun(self, key: tuple[str, str, int]) -> AsyncResult:
        owner, host, port = key
        if self._places.are_taken(owner):
            self._warn(owner)
        self.waiting += 1
        try:
            give_back = self._places.take(owner)
        finally:
            self.waiting -= 1
        running = self._running.get(key)
        if running is not None:  # who asked before us had to wait, too
            give_back()
            return running
        try:
            running = self._threads.spawn(_outcome, self._lookup, host, port)
        except BaseException:
            give_back()
            raise
        self._running[key] = running
        running.rawlink(partial(self._ended, key, give_back))
        return running

    def _ended(self, key: tuple[str, str, int], give_back: Callable[[], None], result: AsyncResult) -> None:
        del self._running[key]
        if result.successful() and not isinstance(result.value, Exception):
            if len(self._kept) >= MAX_KEPT:
                self._kept.clear()
            self._kept[key[1:]] = time.monotonic() + KEPT_S, result.value
        give_back()

    def _warn(self, owner: str) -> None:
        now = time.monotonic()
        if now - self._warned_at < _WARN_EVERY_S and self._warned_at:
            return
        self._warned_at = now
        slow = sorted(host for whose, host, _ in self._running if whose == owner)
        log.warning("%s: names of %s wait for slow look-ups: %s", self.kind, owner, ", ".join(slow) or "of others")


def _outcome(lookup: Lookup, host: str, port: int) -> Found | Exception:
    """In the thread. A value: what is raised there is printed, too."""
    try:
        return lookup(host, port)
    except (OSError, UnicodeError) as error:
        return error


class LookUps:
    """One set a process. Endpoints are the operator's words; the others stand in documents and requests of apps."""

    def __init__(self) -> None:
        self.audio, self.documents = Names("audio"), Names("documents")
        self.callbacks, self.endpoints = Names("callbacks"), Names("endpoints")

    @property
    def all(self) -> tuple[Names, ...]:
        return self.audio, self.documents, self.callbacks, self.endpoints


class LookUpMetrics(Collector):
    """Read at each scrape."""

    def __init__(self, lookups: LookUps, registry: CollectorRegistry) -> None:
        self._lookups = lookups
        registry.register(self)

    def collect(self) -> Iterable[Metric]:
        under_way = GaugeMetricFamily(
            "gateway_names_under_way", "Names that the resolver is asked for", labels=["kind"]
        )
        waiting = GaugeMetricFamily("gateway_names_waiting", "Names that wait for slow ones", labels=["kind"])
        for names in self._lookups.all:
            under_way.add_metric([names.kind], names.under_way)
            waiting.add_metric([names.kind], names.waiting)
        return under_way, waiting
