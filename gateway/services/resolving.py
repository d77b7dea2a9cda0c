"""Sounds on their way here: fetched or rendered for a call or a room, and given up once that shall hear something else.

In: whose it is, the work. Out: what the work gave, or None where it is not wanted any more.
"""

from collections.abc import Callable
from typing import Any, TypeVar

import gevent

from gateway.errors import StoreError

T = TypeVar("T")
LOOK_EVERY_S = 1.0  # whether it is still wanted: a hangup or a stop tells nobody here, another process could not


class Resolving:
    """Each call and each room has one at a time."""

    def __init__(self) -> None:
        self._running: dict[str, Any] = {}

    def run(self, whose: str, wanted: Callable[[], bool], work: Callable[[], T]) -> T | None:
        """Raises what `work` raises. That runs in a greenlet of its own, which may be killed: it tidies up then.

        One whose place a later one took waits for that one's end, and goes on only if it is wanted still.
        """
        while wanted():
            if (before := self._running.get(whose)) is not None:
                before.kill(block=False)
            running = self._running[whose] = gevent.spawn(_outcome, work)
            try:
                _until(running, wanted)
                outcome = running.get(block=False) if running.ready() else gevent.GreenletExit()
            finally:
                running.kill(block=False)
                if self._running.get(whose) is running:
                    del self._running[whose]
            if isinstance(outcome, gevent.GreenletExit):
                if (later := self._running.get(whose)) is not None:
                    _until(later, wanted)
                continue
            if isinstance(outcome, Exception):
                raise outcome
            found: T = outcome
            return found
        return None


def _until(running: Any, wanted: Callable[[], bool]) -> None:
    while not running.ready():
        running.join(LOOK_EVERY_S)
        if not running.ready() and not _still(wanted):
            return


def _still(wanted: Callable[[], bool]) -> bool:
    """A database that does not answer for a moment gives nothing up."""
    try:
        return wanted()
    except StoreError:
        return True


def _outcome(work: Callable[[], T]) -> T | Exception:
    try:
        return work()
    except Exception as error:  # noqa: BLE001 - raised where it is waited for
        return error
