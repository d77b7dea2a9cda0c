"""A peer that always has something more to say: raw bytes from a thread, so that it never waits for the tested loop.

A socket that can always be read never lets the loop have its turn: no time limit ends it, only a bound does.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import gevent
from gevent.monkey import get_original
from gevent.threadpool import ThreadPool

FLOOD_S = 5.0  # as long as nobody hangs up
STOOD_STILL_S = 1.5  # a busy machine takes part of it


class Flood:
    """Listens; once asked it says `opening`, then `again` for FLOOD_S, or until the other side has `hung_up`."""

    def __init__(self, opening: bytes, again: bytes) -> None:
        self._said = opening, again * max(1, 65_536 // len(again))
        self._listener: Any = get_original("socket", "socket")()
        self._listener.bind(("127.0.0.1", 0))
        self._listener.listen()
        self.port: int = self._listener.getsockname()[1]
        self.hung_up = False

    def serve(self) -> None:
        self._listener.settimeout(2 * FLOOD_S)
        try:
            sock, _ = self._listener.accept()
        except TimeoutError:
            return
        opening, again = self._said
        with sock:
            sock.settimeout(FLOOD_S)
            sock.recv(65_536)
            end = time.monotonic() + FLOOD_S
            try:
                sock.sendall(opening)
                while time.monotonic() < end:
                    sock.sendall(again)
            except OSError:
                self.hung_up = True

    def close(self) -> None:
        self._listener.close()


@contextmanager
def flood(opening: bytes, again: bytes) -> Iterator[Flood]:
    made, pool = Flood(opening, again), ThreadPool(1)
    serving = pool.spawn(made.serve)
    try:
        yield made
    finally:
        serving.wait()
        made.close()
        pool.kill()


@contextmanager
def pauses() -> Iterator[list[float]]:
    """How long the loop let nobody else run, each time; the longest is what a caller would have waited."""
    seen: list[float] = [0.0]

    def beat() -> None:
        while True:
            before = time.monotonic()
            gevent.sleep(0.005)
            seen.append(time.monotonic() - before)

    beating = gevent.spawn(beat)
    gevent.sleep(0)
    try:
        yield seen
    finally:
        gevent.sleep(0.01)
        beating.kill()
