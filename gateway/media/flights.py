"""One of a kind at a time. In: a key and the work. Out: its result, to all who asked for that key meanwhile."""

from collections.abc import Callable
from typing import Generic, TypeVar

import gevent
from gevent.event import AsyncResult

from gateway.errors import GatewayError, MediaError

T = TypeVar("T")


class Flights(Generic[T]):
    def __init__(self) -> None:
        self._running: dict[str, AsyncResult] = {}

    def join(self, key: str, work: Callable[[], T]) -> T:
        """The work has a greenlet of its own: who asked first may hang up, the others still get it."""
        running = self._running.get(key)
        if running is None:
            running = self._running[key] = AsyncResult()
            gevent.spawn(self._fly, key, work, running)
        outcome: T | GatewayError = running.get()
        if isinstance(outcome, GatewayError):
            # An exception of one's own: each raise adds to its traceback.
            raise type(outcome)(outcome.message, outcome.error_id, outcome.detail)
        return outcome

    def _fly(self, key: str, work: Callable[[], T], running: AsyncResult) -> None:
        outcome: T | GatewayError = MediaError("the work was broken off", "media-error")
        try:
            outcome = work()
        except GatewayError as error:
            outcome = error
        finally:
            del self._running[key]
            running.set(outcome)
