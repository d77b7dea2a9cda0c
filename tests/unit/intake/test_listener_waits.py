"""The listener throws nothing away because of the database: what it cannot write now waits, in order."""

from collections.abc import Iterator
from pathlib import Path

import gevent
import pytest
from sqlalchemy import delete, event, update

from gateway.intake.listener import Listener
from gateway.services.tenure import Lease, Tenure, Whose
from gateway.store import leases, tables
from gateway.store.unit_of_work import UnitOfWork
from gateway.switch.stream import Connected
from tests.clocks import ShiftedClock
from tests.refusals import Refusal
from tests.unit.intake.test_listener import LEASE_S, StubNode, known, lease_of, listening, parked
from tests.waiting import wait_for
from tests.world import CALL, CALL2, NODE, World


class Ahead(ShiftedClock):
    def lapse(self) -> None:
        self.ahead_ms += int(LEASE_S * 1000) + 1


@pytest.fixture
def world(tmp_path: Path, database_url: str) -> Iterator[World]:
    world = World(tmp_path, database_url)
    yield world
    world.close()


@pytest.fixture
def postgres(tmp_path: Path, postgres_url: str) -> Iterator[World]:
    world = World(tmp_path, postgres_url)
    yield world
    world.close()


@pytest.fixture
def clock() -> Ahead:
    return Ahead()


@pytest.fixture
def node() -> StubNode:
    return StubNode()


@pytest.fixture
def listener(world: World, node: StubNode, clock: Ahead) -> Listener:
    return listening(world, node, clock, lease_of(world, clock))


def test_what_the_database_does_not_take_waits_for_it(world: World, listener: Listener) -> None:
    """A full disk, a failover that left the server read-only: it answers every SELECT, and takes nothing."""
    refusal = Refusal(world.engine)
    refusal.on = True
    turn = gevent.spawn(listener._turn, [parked(CALL), parked(CALL2, "2")])
    wait_for(lambda: turn.ready() or listener.waits, "it was refused")
    assert not turn.ready() and (listener.applied, listener.skipped) == (0, 0)
    refusal.on = False
    turn.get(timeout=10)
    assert known(world, CALL, CALL2) == [True, True]
    assert (listener.applied, listener.skipped, listener.waits) == (2, 0, False)


def test_an_unfit_happening_is_skipped_though_the_database_was_away_before(world: World, listener: Listener) -> None:
    refusal, apply = Refusal(world.engine), world.reactions.apply

    def refuses_one(uow: object, happening: object) -> None:
        if getattr(happening, "session_id", "") == CALL:
            raise ValueError("nothing can be made of it")
        apply(uow, happening)  # type: ignore[arg-type]

    world.reactions.apply = refuses_one  # type: ignore[method-assign]
    refusal.on = True
    turn = gevent.spawn(listener._turn, [parked(CALL2), parked(CALL, "2")])
    wait_for(lambda: turn.ready() or listener.waits, "it was refused")
    refusal.on = False
    turn.get(timeout=10)
    assert known(world, CALL, CALL2) == [False, True]
    assert (listener.applied, listener.skipped) == (1, 1)


def test_a_stop_does_not_wait_for_the_database(world: World, listener: Listener) -> None:
    """Reconcile makes it good at the next start."""
    refusal = Refusal(world.engine)
    refusal.on = True
    turn = gevent.spawn(listener._turn, [parked(CALL)])
    wait_for(lambda: turn.ready() or listener.waits, "it was refused")
    listener.stop()
    turn.get(timeout=10)
    assert listener.applied == 0


def _tenure(lease: Lease) -> Tenure:
    return lease._tenure


def _taken_by_another(world: World) -> None:
    """As by a replica for which ours has lapsed."""
    world.change(lambda uow: uow.execute(update(tables.leases).values(owner="b")))


def test_while_nobody_can_know_whose_the_node_is_its_events_wait(world: World, node: StubNode, clock: Ahead) -> None:
    """The database was away for longer than a lease: nobody else took it, so nothing is thrown away.

    On SQLite nobody else could: there the lease does not matter.
    """
    lease = lease_of(world, clock)
    listener = listening(world, node, clock, lease)
    listener._turn([Connected(NODE, 1)])
    node.asked.clear()
    clock.lapse()
    turn = gevent.spawn(listener._turn, [parked(CALL)])
    if world.store.shared:
        wait_for(lambda: turn.ready() or listener.waits, "it waits")
        assert not turn.ready()
        _tenure(lease).renew()
    turn.get(timeout=10)
    assert known(world, CALL) == [True]
    assert (listener.applied, listener.left, listener.waits) == (1, 0, False)
    assert bool(node.asked) is world.store.shared, "reconcile runs as after each take-over"


@pytest.mark.postgres
def test_events_that_waited_are_left_to_the_replica_that_took_the_node(
    postgres: World, node: StubNode, clock: Ahead
) -> None:
    lease = lease_of(postgres, clock)
    listener = listening(postgres, node, clock, lease)
    clock.lapse()
    turn = gevent.spawn(listener._turn, [parked(CALL), Connected(NODE, 1)])
    wait_for(lambda: turn.ready() or listener.waits, "it waits")
    _taken_by_another(postgres)
    clock.ahead_ms = 0
    _tenure(lease).renew()
    turn.get(timeout=10)
    assert known(postgres, CALL) == [False]
    assert (listener.applied, listener.skipped, listener.left, listener.waits) == (0, 0, 1, False)


@pytest.mark.postgres
def test_what_another_had_meanwhile_and_gave_back_is_not_applied_again(
    postgres: World, node: StubNode, clock: Ahead
) -> None:
    """All that waits is older than what the other has told; what the switch says now is asked for."""
    lease = lease_of(postgres, clock)
    listener = listening(postgres, node, clock, lease)
    listener._turn([Connected(NODE, 1)])
    node.asked.clear()
    clock.lapse()
    node.stream = [parked(CALL2, "2")] * 3
    turn = gevent.spawn(listener._turn, [parked(CALL)])
    wait_for(lambda: turn.ready() or listener.waits, "it waits")
    postgres.change(lambda uow: uow.execute(delete(tables.leases)))
    _tenure(lease).renew()
    turn.get(timeout=10)
    assert known(postgres, CALL, CALL2) == [False, False] and not node.stream
    assert listener.left == 4 and node.asked
    listener._turn([parked(CALL2, "9")])
    assert known(postgres, CALL2) == [True]


@pytest.mark.postgres
def test_a_batch_that_was_refused_is_not_applied_after_another_had_the_node(
    postgres: World, node: StubNode, clock: Ahead
) -> None:
    lease = lease_of(postgres, clock)
    listener, refusal = listening(postgres, node, clock, lease), Refusal(postgres.engine)
    refusal.on = True
    turn = gevent.spawn(listener._turn, [parked(CALL)])
    wait_for(lambda: turn.ready() or listener.waits, "it was refused")
    refusal.on = False
    _taken_by_another(postgres)
    _tenure(lease).renew()
    turn.get(timeout=10)
    assert known(postgres, CALL) == [False]
    assert (listener.applied, listener.skipped, listener.left) == (0, 0, 1)


@pytest.mark.postgres
def test_who_believes_in_its_lease_and_has_lost_it_applies_nothing(
    postgres: World, node: StubNode, clock: Ahead
) -> None:
    """Its clock is slow, or it stood still: the lease's row is asked in the transaction that applies."""
    lease = lease_of(postgres, clock)
    listener = listening(postgres, node, clock, lease)
    _taken_by_another(postgres)
    assert lease.whose() is Whose.MINE
    listener._turn([parked(CALL), parked(CALL2, "2")])
    assert known(postgres, CALL, CALL2) == [False, False]
    assert (listener.applied, listener.skipped, listener.left) == (0, 0, 2)
    assert lease.whose() is Whose.ANOTHERS


@pytest.mark.postgres
def test_nobody_takes_the_lease_between_the_look_and_the_commit(postgres: World, clock: Ahead) -> None:
    """One writer per fact: the row stays locked until what was applied is committed."""
    lease, other = lease_of(postgres, clock), postgres.engine.connect()
    took: list[bool] = []

    def take() -> None:
        with other.begin():
            took.append(leases.take(other, f"node:{NODE}", "b", 2**50, 1))

    def work(uow: UnitOfWork) -> None:
        lease.confirm(uow)
        taking.start()
        wait_for(lambda: _somebody_waits(uow), "the other one waits for the row")
        assert not took

    taking = gevent.Greenlet(take)
    postgres.change(work)
    taking.get(timeout=10)
    assert took == [True]
    other.close()


def _somebody_waits(uow: UnitOfWork) -> bool:
    waiting = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
    return bool(uow.connection.exec_driver_sql(waiting).scalar())


def test_the_lease_costs_sqlite_no_statement(tmp_path: Path, clock: Ahead) -> None:
    """One process has the embedded database: there is nobody to ask about."""
    world = World(tmp_path)
    lease, asked = lease_of(world, clock), []
    event.listen(world.engine, "before_cursor_execute", lambda *said: asked.append(said[2]))
    world.change(lease.confirm)
    assert asked == []
    world.close()


def test_a_clock_set_back_does_not_stop_reconcile(tmp_path: Path, node: StubNode, clock: Ahead) -> None:
    """An hour back: no snapshot was asked for during that hour."""
    world = World(tmp_path)
    listener = listening(world, node, clock, lease_of(world, clock))
    listener._interval_s = 0.05
    listener._turn([Connected(NODE, 1)])
    node.asked.clear()
    clock.ahead_ms -= 3_600_000

    def asked() -> bool:
        listener._turn([])
        return bool(node.asked)

    wait_for(asked, "the next snapshot is asked for")
    world.close()
