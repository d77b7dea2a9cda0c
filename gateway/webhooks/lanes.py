"""Whose turn it is at one endpoint. In: pending rows as passes over the table read them, and what became of attempts.
Out: rows that are due: no undelivered one with a smaller id shares their room or their session. Pure, in memory.

Not all pending rows are held. A lane from which a row was left out is `closed` at that row's id: all its rows with
smaller ids are known. A row is taken in only when all earlier ones of both its lanes are: one left out because of
one lane closes the other too. Rows behind a head that waits for its retry are left out always, so however many they
are, they take no room from others; they are read again (a pass from where the lane closed) when the head is gone.

Rows just committed here come by hand. While earlier ones are not known yet they wait in `_late`: a pass reads to there.
"""

from collections import deque
from collections.abc import Container, Iterable, Sequence
from itertools import islice

from gateway.domain.deliveries import Ref
from gateway.webhooks.lane_rows import DONE, IN_FLIGHT, SLEEPING, WAITING, Held, Lane, Pass, Row

WINDOW = 2000  # rows held that could go soon
LANE_DEPTH = 128  # of one lane: a busy room must not fill the window
MAX_SLEEPING = 20_000  # heads that wait for a retry; beyond, no further lanes are begun at this endpoint
MAX_CLOSED = 50_000
# Between replicas ids become visible out of order (never within a lane). So a pass begins where the table was read
# to this long ago; it must be longer than any transaction that writes the outbox.
OVERLAP_MS = 30_000
_MARK_EVERY_MS = 500


class Lanes(Held):
    """begin → admit… → finish is a pass; take → done | retry → settled is an attempt. They may interleave."""

    def __init__(self, window: int = WINDOW, depth: int = LANE_DEPTH, overlap_ms: int = OVERLAP_MS) -> None:
        super().__init__(depth)
        self.window = window
        self._overlap_ms = overlap_ms
        self._frontier = 0  # read to here
        self._more = True  # the last pass stopped before the end of the table
        self._late: deque[Ref] = deque()
        self._most_late = 0
        self._more_behind = False  # there may be rows behind the late ones, too
        self._narrow = False

    # -- what is known

    @property
    def held(self) -> int:
        return self._counts[WAITING] + self._counts[IN_FLIGHT]

    @property
    def empty(self) -> bool:
        return not (self._rows or self._more or self._closed or self._late)

    @property
    def in_flight(self) -> int:
        return self._counts[IN_FLIGHT]

    def wants_pass(self) -> bool:
        """Whether reading the table again could find rows to send, without any new ones being written."""
        roomy = self.held <= self.window // 2 and self._counts[SLEEPING] < MAX_SLEEPING
        return roomy and (self._more or bool(self._drained))

    def has_ready(self, now_ms: int) -> bool:
        self._wake(now_ms)
        while self._ready and not self._may_go(self._ready[0]):
            self._ready.popleft()
        return bool(self._ready)

    def count_ready(self) -> int:
        """How many may go, about: has_ready() knows exactly whether any may."""
        return len(self._ready)

    def upcoming(self, count: int, known: Container[int]) -> list[int]:
        """The next rows in order of their ids, without those that are `known`: their bodies are fetched together."""
        waiting = (row.id for row in self._rows.values() if row.state == WAITING and row.id not in known)
        return list(islice(waiting, count))

    def lanes_of(self, row_id: int) -> tuple[str, ...]:
        return self._rows[row_id].lanes or (str(row_id),)

    def next_wake_at(self) -> int | None:
        return self._sleeping[0][0] if self._sleeping else None

    # -- passes

    def expect_more(self) -> None:
        """New rows were written; a pass under way may have begun too early to see them."""
        self._more = True
        self._more_behind = bool(self._late)
        if self._pass is not None:
            self._pass.more = True

    def others_wrote(self) -> None:
        """Between the rows handed before and any to come: what is kept behind a pass is read from the table instead."""
        self._late.clear()
        self.expect_more()

    def hand(self, rows: Sequence[Ref], most_held: int, now_ms: int) -> bool:
        """Rows just committed, all that the table holds behind those known.

        Taken in as a pass that found these would, at once, or when what stands before them in the table is known. False
        where that cannot be, or there are too many: then the table is to be read.
        """
        known = self._late[-1].id if self._late else self._frontier
        hole = self._late and self._more_behind  # rows before these were not handed
        waits = self._more or self._pass is not None
        if hole or rows[0].id <= known or (waits and self.held + len(self._late) + len(rows) > most_held):
            self._late.clear()
            return False
        self._late.extend(rows)
        self._most_late = most_held
        return waits or self._admit_late(now_ms)

    def begin(self, now_ms: int, whole: bool = False) -> int:
        """Start a pass; returns the id behind which it reads. A whole one sees re-sent rows too, whatever their id.

        A narrow one only reads what closed lanes left out; between two of them new rows have their turn.
        """
        after = 0 if whole else self._rewound(now_ms)
        reopening: set[str] = set()
        self._narrow = not whole and bool(self._drained) and not (self._more and self._narrow)
        if whole:
            reopening = {name for name, lane in self._lanes.items() if lane.closed is not None and not lane.blocked}
        elif self._narrow:
            reopening = {name for name in self._drained if self._closed_at(name) is not None}
            after = min([after, *((self._closed_at(name) or 1) - 1 for name in reopening)])
        if whole or self._narrow:
            self._drained.clear()
        self._pass = Pass(after, reopening)
        return after

    def admit(self, rows: Iterable[Ref]) -> bool:
        """Take in rows in the order of their ids; False when the pass has nothing more to gain."""
        current = self._running()
        late = self._late[0].id if self._late else None
        for read in rows:
            if late is not None and read.id >= late:
                current.reached_late = True
                return False
            if (
                self.held >= max(self.window, current.most_held)
                or self._counts[SLEEPING] >= MAX_SLEEPING
                or self._closed >= MAX_CLOSED
            ):
                return False
            if self._narrow and not current.reopening and read.id <= self._frontier:
                return False
            row = self._rows.get(read.id)
            if row is None:
                self._consider(Row(read), current)
            current.at = read.id
        return True

    def finish(self, now_ms: int, ended: bool) -> None:
        """The pass is over; `ended` when it read the table to its end."""
        current = self._running()
        self._pass = None
        ended = ended or current.reached_late
        complete = ended or current.at >= self._frontier
        for name in current.reopening:
            lane = self._lanes.get(name)
            if lane is None or lane.closed is None or name in current.shut or lane.closed <= current.after:
                continue
            if complete:
                self._set_closed(lane, None)
                self._drop_if_idle(name, lane)
            else:
                self._set_closed(lane, max(lane.closed, current.at + 1))
                self._drained.add(name)
        if ended:
            self._more = current.more
        elif complete and not self._narrow:
            self._more = True
        self._advance(max(self._frontier, current.at), now_ms)
        self.settled(current.settled)
        if self._late and not self._more:
            self._admit_late(now_ms)

    # -- attempts

    def take(self, now_ms: int) -> tuple[int, int] | None:
        """The id and the attempts so far of a row whose turn it is; it is in flight from now on."""
        if not self.has_ready(now_ms):
            return None
        row = self._ready.popleft()
        self._set_state(row, IN_FLIGHT)
        return row.id, row.attempts

    def done(self, row_id: int) -> None:
        """Delivered or dead: those behind it may go. It stays known until it is settled in the database."""
        row = self._rows[row_id]
        self._set_state(row, DONE)
        for name in row.lanes:
            lane = self._lanes[name]
            if lane.rows[0] is row:
                lane.rows.popleft()
            else:
                lane.rows.remove(row)
            if lane.rows:
                self._offer(lane.rows[0])
            self._note_drained(name, lane)
            self._drop_if_idle(name, lane)

    def retry(self, row_id: int, due_at: int) -> None:
        """It is tried again at `due_at`; what waits behind it is let go and read again later."""
        row = self._rows[row_id]
        row.attempts += 1
        row.due_at = due_at
        self._sleep(row)

    def settled(self, ids: Iterable[int]) -> None:
        """The database has them as delivered or dead. A pass under way may still read them as pending."""
        if self._pass is not None:
            self._pass.settled.extend(ids)
            return
        for row_id in ids:
            row = self._rows.get(row_id)
            if row is not None and row.state == DONE:
                self._counts[DONE] -= 1
                del self._rows[row_id]

    def forget_waiting(self) -> None:
        """Let go of all rows that nobody works on, to be read again: an endpoint in trouble needs few of them."""
        for name in list(self._lanes):
            lane = self._lanes[name]
            lane.rows = deque(row for row in lane.rows if row.state != WAITING)
            self._set_closed(lane, None)
            self._drop_if_idle(name, lane)
        self._rows = {row_id: row for row_id, row in self._rows.items() if row.state != WAITING}
        self._counts[WAITING] = 0
        self._ready.clear()
        self._drained.clear()
        self._marks.clear()
        self._late.clear()
        self._frontier = 0
        self._more = True

    # -- inside

    def _admit_late(self, now_ms: int) -> bool:
        """A pass may have seen the first of them: its snapshot is younger than its beginning."""
        rows = [row for row in self._late if row.id > self._frontier]
        self._late.clear()
        self._more, self._more_behind = self._more_behind, False
        self._narrow = False
        self._pass = Pass(self._frontier, set(), self._most_late)
        self._pass.more = self._more
        whole = self.admit(rows)
        self.finish(now_ms, whole)
        return whole

    def _consider(self, row: Row, current: Pass) -> None:
        lanes = [(name, self._lanes.get(name)) for name in row.lanes]
        if any(lane is not None and self._refuses(name, lane, row, current) for name, lane in lanes):
            for name, lane in lanes:
                self._cut(name, row.id)
                lane = lane or self._new_lane(name)
                covered = lane.closed is None or (lane.closed > current.after and name not in current.shut)
                self._shut(name, lane, row.id if covered else min(lane.closed or row.id, row.id))
            return
        self._rows[row.id] = row
        self._counts[WAITING] += 1
        for name, lane in lanes:
            lane = lane or self._new_lane(name)
            if lane.closed is not None and row.id >= lane.closed:
                current.reopening.add(name)
                lane.closed = row.id + 1
            self._insert(lane, row)
        self._offer(row)

    def _refuses(self, name: str, lane: Lane, row: Row, current: Pass) -> bool:
        if lane.closed is not None and row.id >= lane.closed:
            if name in current.shut or lane.closed <= current.after:
                return True
        elif lane.rows and row.id < lane.rows[-1].id:
            return False  # re-sent: it goes before what is held, whatever the lane's head does
        return lane.blocked or len(lane.rows) >= max(self._depth, current.most_held)

    def _closed_at(self, name: str) -> int | None:
        lane = self._lanes.get(name)
        return None if lane is None or lane.blocked else lane.closed

    def _running(self) -> Pass:
        if self._pass is None:
            raise RuntimeError("no pass was begun")
        return self._pass

    def _rewound(self, now_ms: int) -> int:
        """Where the table was read to at least OVERLAP_MS ago; marks older than that one are let go."""
        late = now_ms - self._overlap_ms
        while len(self._marks) > 1 and self._marks[1][0] <= late:
            self._marks.popleft()
        return self._marks[0][1] if self._marks and self._marks[0][0] <= late else 0

    def _advance(self, to: int, now_ms: int) -> None:
        self._frontier = to
        if not self._marks or now_ms - self._marks[-1][0] >= _MARK_EVERY_MS:
            self._rewound(now_ms)  # not only in narrow passes: a busy endpoint that is well has none
            self._marks.append((now_ms, to))
