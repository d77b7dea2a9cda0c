"""A node's events and marks in stream order: the reader puts in without waiting, intake drains."""

from collections import deque
from dataclasses import dataclass

from gevent.event import Event as Signal

from gateway.switch.frames import Event


@dataclass(frozen=True, slots=True)
class Connected:
    """Subscribed: every event behind this mark belongs to connection number `generation`."""

    node_id: str
    generation: int


@dataclass(frozen=True, slots=True)
class Disconnected:
    """Whatever happens from here to the next Connected is not told."""

    node_id: str
    reason: str


StreamItem = Event | Connected | Disconnected


class EventStream:
    def __init__(self, max_backlog_events: int) -> None:
        self._items: deque[StreamItem] = deque()
        self._filled = Signal()
        self._max_backlog_events = max_backlog_events

    @property
    def backlog(self) -> int:
        return len(self._items)

    @property
    def full(self) -> bool:
        return len(self._items) >= self._max_backlog_events

    @property
    def roomy(self) -> bool:
        """At most half full: worth connecting again."""
        return len(self._items) <= self._max_backlog_events // 2

    def put(self, item: StreamItem) -> None:
        self._items.append(item)
        if not self._filled.is_set():
            self._filled.set()

    def drain(self, max_items: int, timeout_s: float) -> list[StreamItem]:
        """What is there, at most `max_items`; waits up to `timeout_s` for the first."""
        items = self._items
        if not items:
            self._filled.clear()
            self._filled.wait(timeout_s)
        return [items.popleft() for _ in range(min(len(items), max_items))]
