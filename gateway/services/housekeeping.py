"""What must end though no event ends it: joins and operations past their limit, and rows nobody needs any more."""

from collections.abc import Callable
from dataclasses import dataclass

from gateway.domain.ids import ROOM_ID
from gateway.domain.member import JOINING
from gateway.domain.session import Operation
from gateway.domain.values import replace
from gateway.services.commands import REMEMBERED_MS, instance_lease
from gateway.services.operations import time_out
from gateway.services.reactions.members import fail_join
from gateway.store import finders, leases, sessions, sweeping
from gateway.store.store import Store
from gateway.store.unit_of_work import Needs, UnitOfWork

MAX_A_PASS = 500
# Asked further ahead than another gateway's clock may be: ours was set back. Its time begins anew.
AHEAD_MS = 5000


@dataclass(frozen=True)
class Keep:
    """How long what is over stays, in ms."""

    join_timeout_ms: int
    ended_ms: int = 7 * 24 * 3600 * 1000
    recordings_ms: int = 30 * 24 * 3600 * 1000
    records_ms: int = 400 * 24 * 3600 * 1000


class Housekeeping:
    """`sweep_recordings(before_ms, limit)` deletes files and rows of recordings that ended before.

    `is_behind(node_id)`: events of it wait to be applied, and what seems overdue may be told by one of them.
    """

    def __init__(
        self,
        store: Store,
        keep: Keep,
        is_reachable: Callable[[str], bool] = lambda _node_id: True,
        sweep_recordings: Callable[[int, int], int] = lambda _before_ms, _limit: 0,
        is_behind: Callable[[str], bool] = lambda _node_id: False,
    ) -> None:
        self._store = store
        self._keep = keep
        self._is_reachable = is_reachable
        self._sweep_recordings = sweep_recordings
        self._is_behind = is_behind

    def tick(self, now_ms: int) -> None:
        """Every second or so: the limits that callers and apps wait for."""
        asked_before, ahead = now_ms - self._keep.join_timeout_ms, now_ms + AHEAD_MS
        late = self._store.read(lambda c: sessions.overdue_joins(c, asked_before, ahead, MAX_A_PASS))
        late = [seat for seat in late if self._is_reachable(seat.session_id.partition("-")[0])]
        if late:
            names = tuple(seat.session_id for seat in late)
            rooms = tuple(seat.room_id for seat in late)
            self._store.write(lambda uow: self._fail_joins(uow, names), Needs(rooms=rooms, sessions=names))
        over = self._store.read(lambda connection: finders.overdue_operations(connection, now_ms, ahead, MAX_A_PASS))
        over = [operation for operation in over if not self._is_behind(operation.session_id.partition("-")[0])]
        self._time_out(over, lambda uow, operation: _is_over(uow, operation, now_ms))

    def _time_out(self, found: list[Operation], judge: Callable[[UnitOfWork, Operation], bool]) -> None:
        """Those of these that are still there and that `judge` condemns. Their rooms and sessions are locked first."""
        names = {operation.session_id for operation in found}
        rooms = tuple(name for name in names if ROOM_ID.fullmatch(name))

        def work(uow: UnitOfWork) -> None:
            for key in sorted(operation.id for operation in found):
                operation = uow.operations.get(key)
                if operation is not None and judge(uow, operation):
                    time_out(uow, operation)

        if found:
            self._store.write(work, Needs(rooms=rooms, sessions=tuple(names.difference(rooms))))

    def _fail_joins(self, uow: UnitOfWork, session_ids: tuple[str, ...]) -> None:
        for session_id in session_ids:
            seat, session = uow.seats.get(session_id), uow.sessions.get(session_id)
            room = uow.rooms.get(seat.room_id) if seat is not None else None
            if seat is None or session is None or room is None or seat.state != JOINING:
                continue
            if seat.asked_at > uow.now + AHEAD_MS:
                uow.seats.put(replace(seat, asked_at=uow.now))
            elif uow.now - seat.asked_at >= self._keep.join_timeout_ms:
                fail_join(uow, seat, session, room, "timeout", uow.now)

    def end_left_open(self) -> None:
        """At the start: every operation that a dead process left open ends with command.result timeout."""

        def is_left(uow: UnitOfWork, operation: Operation) -> bool:
            return not leases.alive(uow.connection, instance_lease(operation.owner), uow.now)

        self._time_out(self._store.read(finders.all_operations), is_left)

    def sweep(self, now_ms: int) -> None:
        """Every minute or so: keys after 24 h, old cooldowns, calls and rooms long over."""
        ended = now_ms - self._keep.ended_ms
        records = now_ms - self._keep.records_ms
        self._store.write(lambda uow: sweeping.sweep(uow, now_ms - REMEMBERED_MS, now_ms, ended, records))
        self._sweep_recordings(now_ms - self._keep.recordings_ms, MAX_A_PASS)


def _is_over(uow: UnitOfWork, operation: Operation, now_ms: int) -> bool:
    """False also where its time begins anew."""
    if operation.created_at <= now_ms + AHEAD_MS:
        return operation.deadline_at < now_ms
    ends_at = now_ms + operation.deadline_at - operation.created_at
    uow.operations.put(replace(operation, created_at=now_ms, deadline_at=ends_at))
    return False
