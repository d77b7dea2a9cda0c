"""The store's door: read(), and write() in group commits. Pieces of work queue here and share one transaction.

One writer greenlet a process, on both databases: on SQLite it is the process-wide writer lock, on PostgreSQL
it saves round trips; between replicas the rows' own locks hold. A piece of work that raises before it changed
anything only fails itself; one that raises later, or a commit that fails, rolls the group back: each runs alone.
"""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

import gevent
from gevent.hub import Waiter
from gevent.queue import Empty, SimpleQueue
from gevent.threadpool import ThreadPool
from sqlalchemy import Connection, Engine, RootTransaction
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from gateway.domain.billing import Rounding
from gateway.domain.clock import Clock
from gateway.domain.deliveries import Fresh
from gateway.domain.events import Compose
from gateway.errors import GatewayError, StoreUnavailable
from gateway.store import troubles
from gateway.store.engine import begin_writing, is_postgres, wait_for_disk, writer
from gateway.store.kept import Kept
from gateway.store.unit_of_work import KEPT, Needs, UnitOfWork
from gateway.time_limits import OutOfTime, TimeLimits

T = TypeVar("T")
Work = Callable[[UnitOfWork], T]
Written = dict[str, list[Fresh]]
MAX_GROUP = 256
WRITE_TIMEOUT_S = 30.0
MAX_RETRIES = 3
GATHER_S = 0.002  # at most; see _take
COMMIT_AT_ONCE = 64  # changes; what few pages take is less than a thread's turn
_LIMITS = TimeLimits()
log = logging.getLogger(__name__)


class _Job:
    __slots__ = ("_waiter", "given_up", "needs", "work")

    def __init__(self, work: Work[Any], needs: Needs) -> None:
        self.work, self.needs = work, needs
        self.given_up = False
        self._waiter: Any = Waiter()

    def wait(self) -> Any:
        return self._waiter.get()

    def succeed(self, value: Any) -> None:
        gevent.get_hub().loop.run_callback(self._waiter.switch, value)

    def fail(self, error: Exception) -> None:
        gevent.get_hub().loop.run_callback(self._waiter.throw, error)


def _all_given_up(jobs: list[_Job]) -> Callable[[], bool]:
    return lambda: all(job.given_up for job in jobs)


class Store:
    """`on_commit(effects, new outbox rows by endpoint)` is called after each commit, before the waiters wake."""

    def __init__(
        self,
        engine: Engine,
        compose: Compose,
        clock: Clock,
        rounding: Rounding = Rounding(),
    ) -> None:
        self.engine = engine
        self._compose = compose
        self._clock = clock
        self._lock = self.shared = is_postgres(engine)  # shared: other processes may change it, too
        self._write_timeout_s = WRITE_TIMEOUT_S
        self._rounding = rounding
        self._committer = None if self._lock else ThreadPool(1)
        self._kept = None if self._lock else Kept(KEPT)
        self._open: Connection | None = None
        self._waits = True  # for the disk, the connection that is open
        self._jobs: SimpleQueue[_Job | None] = SimpleQueue()
        self._writer: gevent.Greenlet | None = None
        self.on_commit: Callable[[list[Any], Written], None] = lambda _effects, _written: None
        self.trouble = ""  # why the last change was not taken, though nothing was wrong with it; '' since one was

    def read(self, work: Callable[[Connection], T]) -> T:
        """Run queries on a snapshot. Raises StoreUnavailable when the database does not answer."""
        try:
            with self.engine.connect() as connection:
                return work(connection)
        except SQLAlchemyError as error:
            raise troubles.told(error) from error

    def write(self, work: Work[T], needs: Needs = Needs()) -> T:
        """Run `work` in the next group commit; returns once it is durable (see Needs for `passing` work).

        What `work` raises is raised here.

        StoreUnavailable: the database could not take it now; any other StoreError: it refused this change.
        """
        if self._writer is None:
            self._writer = gevent.spawn(self._run)
        job = _Job(work, needs)
        self._jobs.put(job)
        _LIMITS.begin(self._write_timeout_s)
        try:
            value: T = job.wait()
        except OutOfTime as error:
            job.given_up = True  # what was not begun is not begun any more: the caller was told that it failed
            self.trouble = f"the database did not take the change within {self._write_timeout_s} s"
            raise StoreUnavailable(self.trouble) from error
        finally:
            _LIMITS.end()
        return value

    def stop(self) -> None:
        if self._writer is not None:
            self._jobs.put(None)
            self._writer.join(timeout=self._write_timeout_s)
            self._writer = None
        self._close()
        if self._committer is not None:
            self._committer.kill()
        self.engine.dispose()

    def _run(self) -> None:
        while True:
            jobs, last = self._take()
            if jobs := [job for job in jobs if not job.given_up]:
                self._commit_group(jobs)
            if last:
                return

    def _take(self) -> tuple[list[_Job], bool]:
        first = self._jobs.get()
        if first is None:
            return [], True
        jobs = [first]
        # Whoever is ready to run may have work for this group, too; an idle loop costs nothing, a busy one 2 ms.
        with gevent.Timeout(GATHER_S, False):
            gevent.idle()
        while len(jobs) < MAX_GROUP:
            try:
                job = self._jobs.get_nowait()
            except Empty:
                break
            if job is None:
                return jobs, True
            jobs.append(job)
        return jobs, False

    def _commit_group(self, jobs: list[_Job]) -> None:
        try:
            outcomes = self._transaction(jobs)
        except Exception as error:  # noqa: BLE001 - whoever asked is told; the writer must outlive any piece of work
            if len(jobs) == 1:
                self._alone(jobs[0], error)
                return
            told = troubles.told(error)
            log.info(
                "a group of %d was rolled back (%s: %s); each runs alone",
                len(jobs),
                type(error).__name__,
                troubles.words(error),
                exc_info=told if isinstance(told, StoreUnavailable) else None,
            )
            for job in jobs:
                if not job.given_up:
                    self._commit_group([job])
            return
        for job, (value, raised) in zip(jobs, outcomes, strict=True):
            if raised is None:
                job.succeed(value)
            else:
                job.fail(raised)

    def _alone(self, job: _Job, error: Exception) -> None:
        """One piece of work whose transaction failed: try again where the database says that it may."""
        for _ in range(MAX_RETRIES):
            if job.given_up or not isinstance(error, DBAPIError):
                break
            try:
                value, raised = self._transaction([job])[0]
            except Exception as again:  # noqa: BLE001 - as above
                error = again
                continue
            job.succeed(value) if raised is None else job.fail(raised)
            return
        told = troubles.told(error)
        if isinstance(told, StoreUnavailable):
            self.trouble = told.message
            log.warning("a change could not be written (%s)", troubles.words(error), exc_info=told)
        elif not isinstance(error, GatewayError):
            log.error("a piece of work failed", exc_info=error)
        job.fail(told)

    def _transaction(self, jobs: list[_Job]) -> list[tuple[Any, Exception | None]]:
        outcomes: list[tuple[Any, Exception | None]] = []
        lasting, given_up = not all(job.needs.passing for job in jobs), _all_given_up(jobs)
        with self._writer_connection(lasting) as connection, begin_writing(connection, given_up) as transaction:
            if self._kept is not None:
                self._kept.begin(connection)
            uow = UnitOfWork(connection, self._compose, self._clock.now_ms(), self._lock, self._rounding, self._kept)
            uow.load(job.needs for job in jobs)
            for job in jobs:
                if job.given_up:  # while the lock was waited for
                    outcomes.append((None, None))
                    continue
                before = uow.changes
                try:
                    outcomes.append((job.work(uow), None))
                except Exception as error:  # noqa: BLE001 - told to the one who asked
                    if uow.changes != before or isinstance(error, SQLAlchemyError):
                        raise
                    outcomes.append((None, error))
            uow.flush()
            self._commit(transaction, lasting or uow.changes > COMMIT_AT_ONCE)
            uow.settle()
        if any(raised is None for _, raised in outcomes):
            self.trouble = ""
        self._tell(uow)
        return outcomes

    @contextmanager
    def _writer_connection(self, lasting: bool) -> Iterator[Connection]:
        """On SQLite it stays open, with what is kept of its transactions; after any that failed both are new."""
        if self._kept is None:
            with writer(self.engine) as connection:
                yield connection
            return
        if self._open is None:
            self._open, self._waits = writer(self.engine), True
        try:
            if lasting is not self._waits:
                wait_for_disk(self._open, lasting)
                self._waits = lasting
            yield self._open
        except BaseException:
            self._kept.clear()
            self._close()
            raise

    def _close(self) -> None:
        if self._open is not None:
            self._open.close()
            self._open = None

    def _commit(self, transaction: RootTransaction, long: bool) -> None:
        """SQLite waits for the disk: in a thread, so that all others go on meanwhile; there is no other writer.

        psycopg waits as any greenlet does.
        """
        if self._committer is None or not long:
            transaction.commit()
        else:
            self._committer.apply(transaction.commit)

    def _tell(self, uow: UnitOfWork) -> None:
        """What raises here is behind the commit: it must not look like a transaction to be run again."""
        try:
            self.on_commit(uow.effects, uow.written)
        except Exception:  # noqa: BLE001 - as above
            log.exception("a commit was not told to those who wait for it")
