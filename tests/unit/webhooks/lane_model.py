"""A model of the table that Lanes are read from: it writes, reads, posts and settles, and checks each turn."""

from dataclasses import dataclass, field

from gateway.domain.deliveries import Ref
from gateway.webhooks.lanes import Lanes


@dataclass
class Row:
    id: int
    room: str
    session: str
    state: str = "pending"
    attempts: int = 0
    due_at: int = 0
    gone: bool = False  # delivered or dead, perhaps not yet written


@dataclass
class World:
    """A table, the lanes in front of it, and a clock. `reading` is a pass under way with its old snapshot."""

    lanes: Lanes
    rows: list[Row] = field(default_factory=list)
    now: int = 1_000
    flying: list[int] = field(default_factory=list)
    unsettled: list[int] = field(default_factory=list)
    reading: list[Ref] | None = None
    posted: list[int] = field(default_factory=list)
    foreign: bool = False  # another process wrote since the last rows of this one
    untold: list[list[Row]] = field(default_factory=list)  # committed by this one, which has not been told yet

    def write(self, room: str, session: str) -> None:
        """Another process writes; the next look at the table finds that there is something."""
        self.tell_all()
        self.rows.append(Row(len(self.rows) + 1, room, session))
        self.foreign = True
        self.lanes.expect_more()

    def hand(self, count: int, most: int) -> None:
        """Rows are committed by this process, which has them in memory still."""
        self.tell_all()
        self.commit(count)
        self.tell(most)

    def commit(self, count: int) -> None:
        """A pass may see them before anybody is told."""
        first = len(self.rows)
        for number in range(count):
            self.rows.append(Row(len(self.rows) + 1, f"room{number % 3}", f"session{number % 5}"))
        self.untold.append(self.rows[first:])

    def tell(self, most: int) -> None:
        if not self.untold:
            return
        if self.foreign:  # the ids have a gap
            self.lanes.others_wrote()
            self.foreign = False
        refs = [Ref(row.id, row.room, row.session, 0, 0) for row in self.untold.pop(0)]
        if not self.lanes.hand(refs, most, self.now):
            self.lanes.expect_more()

    def tell_all(self) -> None:
        while self.untold:
            self.tell(20)

    def keep_back(self) -> None:
        """This process commits a row and does not hand it over: the endpoint is ill."""
        self.tell_all()
        self.rows.append(Row(len(self.rows) + 1, "room1", "session1"))
        self.lanes.expect_more()

    def begin(self, whole: bool = False) -> None:
        if self.reading is None:
            after = self.lanes.begin(self.now, whole)
            self.reading = [
                Ref(row.id, row.room, row.session, row.attempts, row.due_at)
                for row in self.rows
                if row.state == "pending" and row.id > after
            ]

    def read_on(self, count: int) -> None:
        if self.reading is None:
            return
        page, self.reading = self.reading[:count], self.reading[count:]
        wanted = self.lanes.admit(page)
        if not wanted or not self.reading:
            self.lanes.finish(self.now, ended=wanted)
            self.reading = None

    def take(self) -> bool:
        taken = self.lanes.take(self.now)
        if taken is None:
            return False
        row = self.rows[taken[0] - 1]
        assert not row.gone, f"row {row.id} is sent though it was delivered"
        assert row.id not in self.flying, f"row {row.id} is in flight twice"
        assert row.due_at <= self.now or not row.attempts, f"row {row.id} is sent before its retry is due"
        for other in self.rows[: row.id - 1]:
            shares = (row.room and other.room == row.room) or (row.session and other.session == row.session)
            assert other.gone or not shares, f"row {row.id} overtakes {other.id}"
        assert taken[1] == row.attempts
        self.flying.append(row.id)
        self.posted.append(row.id)
        return True

    def land(self, index: int, well: bool, wait_ms: int) -> None:
        row = self.rows[self.flying.pop(index % len(self.flying)) - 1]
        if well:
            row.gone = True
            self.unsettled.append(row.id)
            self.lanes.done(row.id)
        else:
            row.attempts += 1
            row.due_at = self.now + wait_ms
            self.lanes.retry(row.id, row.due_at)

    def settle(self) -> None:
        for row_id in self.unsettled:
            self.rows[row_id - 1].state = "delivered"
        self.lanes.settled(self.unsettled)
        self.unsettled = []

    def drain(self, allow_whole: bool) -> None:
        """From here on every attempt succeeds: everything must be sent, in bounded work."""
        self.tell_all()
        for round_no in range(40 + 20 * len(self.rows)):
            while self.take() or self.flying:
                if self.flying:
                    self.land(0, True, 0)
            self.settle()
            if all(row.gone for row in self.rows):
                return
            if self.reading is not None:
                self.read_on(1000)
            elif self.lanes.wants_pass():
                self.begin()
            elif (wake := self.lanes.next_wake_at()) is not None:
                self.now = max(self.now, wake)
            elif allow_whole:
                self.begin(whole=True)
            else:
                raise AssertionError(f"stuck in round {round_no}: {[row for row in self.rows if not row.gone][:9]}")
        raise AssertionError("no end")
