"""Waits for the end. In: SIGTERM or SIGINT. Out: the return."""

import signal

import gevent
from gevent.event import Event


def until_stopped() -> None:
    stopped = Event()
    handlers = [gevent.signal_handler(number, stopped.set) for number in (signal.SIGTERM, signal.SIGINT)]
    stopped.wait()
    for handler in handlers:
        handler.cancel()
