"""The system's resolver, slow for some names. It is asked in threads, so what holds it is a lock of theirs."""

from collections import Counter
from socket import AF_INET, SOCK_STREAM
from typing import Any

from gevent.monkey import get_original

from gateway.media.names import Found

HELD_S = 20.0  # a test that fails must end, too


class SlowNames:
    """Answers to names with "slow" in them wait until `answer` is called; those with "nowhere" have none."""

    def __init__(self, address: str = "8.8.8.8") -> None:
        self.asked: Counter[str] = Counter()
        self._address = address
        self._hold = get_original("_thread", "allocate_lock")()
        self._hold.acquire()

    def __call__(self, host: str, port: int, *_more: Any) -> Found:
        self.asked[host] += 1
        if "slow" in host and self._hold.acquire(True, HELD_S):
            self._hold.release()
        if "nowhere" in host:
            raise OSError(-2, "Name or service not known")
        return [(AF_INET, SOCK_STREAM, 6, "", (self._address, port))]

    def answer(self) -> None:
        self._hold.release()
