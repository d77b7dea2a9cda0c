"""One of a kind at a time. In: a key and the work. Out: its result, to all who asked for that key meanwhile."""

from collections.abc import Callable
from typing import Any, Generic, TypeVar

import gevent
from gevent.event import AsyncResult

from gateway.errors import GatewayError, MediaError

T = TypeVar("T")


class _Flight:
    """`wanted_by`: how many wait for it."""

    def __init__(self) -> None:
        self.result = AsyncResult()
        self.wanted_by = 0
        self.greenlet: Any = None


class Flights(Generic[T]):
    def __init__(self) -> None:
        self._running: dict[str, _Flight] = {}

    def join(self, key: str, work: Callable[[], T]) -> T:
        """The work has a greenlet of its own: who asked first may hang up, the others still get it.

        When the last of them is gone it is broken off.
        """
        flight = self._running.get(key)
        return self.begin(key, work) if flight is None else self._awaited(key, flight)

    def begin(self, key: str, work: Callable[[], T], ended: Callable[[], None] = lambda: None) -> T:
        """Where nobody is at work on it. `ended` is called when the work is over, or was broken off."""
        flight = self._running[key] = _Flight()
        flight.greenlet = gevent.spawn(self._fly, key, work, flight)
        flight.greenlet.rawlink(lambda _greenlet: ended())  # also of one that is killed before its first turn
        return self._awaited(key, flight)

    def is_under_way(self, key: str) -> bool:
        return key in self._running

    def joined(self, key: str) -> T | None:
        """None where nobody is at work on it."""
        flight = self._running.get(key)
        return None if flight is None else self._awaited(key, flight)

    def _awaited(self, key: str, flight: _Flight) -> T:
        flight.wanted_by += 1
        try:
            outcome: T | GatewayError = flight.result.get()
        finally:
            flight.wanted_by -= 1
            if not flight.wanted_by and not flight.result.ready():
                self._forget(key, flight)  # who asks from now on does not get what is broken off
                flight.greenlet.kill(block=False)
        if isinstance(outcome, GatewayError):
            # An exception of one's own: each raise adds to its traceback.
            raise type(outcome)(outcome.message, outcome.error_id, outcome.detail)
        return outcome

    def _fly(self, key: str, work: Callable[[], T], flight: _Flight) -> None:
        outcome: T | GatewayError = MediaError("the work was broken off", "media-error")
        try:
            outcome = work()
        except GatewayError as error:
            outcome = error
        finally:
            self._forget(key, flight)
            flight.result.set(outcome)

    def _forget(self, key: str, flight: _Flight) -> None:
        if self._running.get(key) is flight:
            del self._running[key]


def to_the_end(work: Callable[[], T]) -> T:
    """What cannot be broken off: a greenlet that is killed meanwhile ends behind it."""
    outcome = AsyncResult()

    def run() -> None:
        try:
            outcome.set(work())
        except Exception as error:  # noqa: BLE001 - raised where it is waited for
            outcome.set_exception(error)

    running = gevent.spawn(run)
    try:
        found: T = outcome.get()
        return found
    finally:
        running.join()
