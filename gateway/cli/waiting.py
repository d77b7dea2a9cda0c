"""Waits for the end. In: SIGTERM or SIGINT, from the moment of `stopping` on. Out: the return."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager

import gevent
from gevent.event import Event


@contextmanager
def stopping() -> Iterator[Event]:
    """An event that the signals set: begun before what shall be stopped is started, no signal comes too early."""
    stopped = Event()
    handlers = [gevent.signal_handler(number, stopped.set) for number in (signal.SIGTERM, signal.SIGINT)]
    try:
        yield stopped
    finally:
        for handler in handlers:
            handler.cancel()
