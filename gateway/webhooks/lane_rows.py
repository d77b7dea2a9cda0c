"""What lanes.py holds of the outbox: rows, the lanes they stand in, one reading of the table. In and out: see there."""

from bisect import insort
from collections import deque
from heapq import heappop, heappush

from gateway.domain.deliveries import Ref

WAITING, IN_FLIGHT, SLEEPING, DONE = range(4)


class Row:
    __slots__ = ("attempts", "due_at", "id", "lanes", "state")

    def __init__(self, row: Ref) -> None:
        self.id, room_id, session_id, self.attempts, self.due_at = row
        if room_id and session_id:
            self.lanes: tuple[str, ...] = ("r:" + room_id, "s:" + session_id)
        else:
            self.lanes = ("r:" + room_id,) if room_id else ("s:" + session_id,) if session_id else ()
        self.state = WAITING

    def __lt__(self, other: "Row") -> bool:
        return self.id < other.id


class Lane:
    __slots__ = ("closed", "rows")

    def __init__(self) -> None:
        self.rows: deque[Row] = deque()
        self.closed: int | None = None

    @property
    def blocked(self) -> bool:
        return bool(self.rows) and self.rows[0].state == SLEEPING


class Pass:
    """One reading of the table from `after` on: where it is, the lanes it opens again and those it found shut."""

    def __init__(self, after: int, reopening: set[str], most_held: int = 0) -> None:
        self.after = self.at = after
        self.most_held = most_held  # beyond the usual window and depth: of rows that need no reading
        self.reopening = reopening
        self.shut: set[str] = set()
        self.settled: list[int] = []
        self.more = False
        self.reached_late = False  # it read the table to where the rows begin that were handed over meanwhile


class Held:
    """The rows in memory and their places: who is first, who sleeps, which lanes are closed. Lanes decides."""

    def __init__(self, depth: int) -> None:
        self._depth = depth
        self._rows: dict[int, Row] = {}
        self._lanes: dict[str, Lane] = {}
        self._ready: deque[Row] = deque()
        self._sleeping: list[tuple[int, int]] = []
        self._marks: deque[tuple[int, int]] = deque()  # when the table was read how far
        self._seen_at = 0  # the time, when it was last told
        self._counts = [0, 0, 0, 0]
        self._drained: set[str] = set()
        self._pass: Pass | None = None
        self._closed = 0

    def _insert(self, lane: Lane, row: Row) -> None:
        if not lane.rows or lane.rows[-1].id < row.id:
            lane.rows.append(row)
            return
        busy = [held for held in lane.rows if held.state == IN_FLIGHT]
        rest = [held for held in lane.rows if held.state != IN_FLIGHT]
        insort(rest, row)
        lane.rows = deque(busy + rest)

    def _offer(self, row: Row) -> None:
        if row.state != WAITING or not self._is_head(row):
            return
        if row.attempts and row.due_at:
            self._sleep(row)
        else:
            self._ready.append(row)

    def _is_head(self, row: Row) -> bool:
        for name in row.lanes:  # noqa: SIM110 - asked several times of each row: all() of a generator takes thrice as long
            if self._lanes[name].rows[0] is not row:
                return False
        return True

    def _may_go(self, row: Row) -> bool:
        return row.state == WAITING and self._rows.get(row.id) is row and self._is_head(row)

    def _sleep(self, row: Row) -> None:
        self._set_state(row, SLEEPING)
        heappush(self._sleeping, (row.due_at, row.id))
        for name in row.lanes:
            self._cut(name, row.id)

    def _wake(self, now_ms: int) -> None:
        if now_ms < self._seen_at:
            self._set_back(self._seen_at - now_ms)
        self._seen_at = now_ms
        while self._sleeping and self._sleeping[0][0] <= now_ms:
            _, row_id = heappop(self._sleeping)
            row = self._rows.get(row_id)
            if row is not None and row.state == SLEEPING and row.due_at <= now_ms:
                self._set_state(row, WAITING)
                row.due_at = 0
                self._offer(row)

    def _set_back(self, by_ms: int) -> None:
        """The clock was: what sleeps shall sleep no longer for it."""
        for row in self._rows.values():
            row.due_at -= by_ms if row.due_at else 0
        self._sleeping = [(at - by_ms, row_id) for at, row_id in self._sleeping]
        self._marks = deque((at - by_ms, row_id) for at, row_id in self._marks)

    def _cut(self, name: str, after: int) -> None:
        """Rows of a lane behind the id `after` are let go, and with each all that follow it in its other lane."""
        cuts = [(name, after)]
        while cuts:
            name, after = cuts.pop()
            lane = self._lanes.get(name)
            first = None
            while lane and lane.rows and lane.rows[-1].id > after and lane.rows[-1].state == WAITING:
                row = lane.rows.pop()
                first = row.id
                if self._rows.pop(row.id, None) is not None:
                    self._counts[WAITING] -= 1
                    cuts.extend((other, row.id - 1) for other in row.lanes if other != name)
            if lane and first is not None:
                self._shut(name, lane, first)
                self._note_drained(name, lane)

    def _shut(self, name: str, lane: Lane, at: int) -> None:
        """Close a lane at a row whose predecessors are all known."""
        self._set_closed(lane, at)
        if self._pass is not None:
            self._pass.shut.add(name)
            self._pass.reopening.discard(name)

    def _note_drained(self, name: str, lane: Lane) -> None:
        if lane.closed is not None and not lane.blocked and len(lane.rows) in (0, self._depth // 2):
            self._drained.add(name)

    def _new_lane(self, name: str) -> Lane:
        lane = self._lanes[name] = self._lanes.get(name) or Lane()
        return lane

    def _drop_if_idle(self, name: str, lane: Lane) -> None:
        if not lane.rows and lane.closed is None:
            self._lanes.pop(name, None)

    def _set_closed(self, lane: Lane, at: int | None) -> None:
        self._closed += (at is not None) - (lane.closed is not None)
        lane.closed = at

    def _set_state(self, row: Row, state: int) -> None:
        self._counts[row.state] -= 1
        self._counts[state] += 1
        row.state = state
