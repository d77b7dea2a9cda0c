"""The listener throws nothing away because of the database: what it cannot write now waits, in order."""

from collections.abc import Iterator
from pathlib import Path

import gevent
import pytest

from gateway.domain.clock import SystemClock
from gateway.intake.listener import Listener
from gateway.intake.snapshots import Snapshots
from tests.refusals import Refusal
from tests.unit.intake.test_listener import StubNode, known, parked
from tests.waiting import wait_for
from tests.world import CALL, CALL2, World


@pytest.fixture
def world(tmp_path: Path, database_url: str) -> Iterator[World]:
    world = World(tmp_path, database_url)
    yield world
    world.close()


@pytest.fixture
def listener(world: World) -> Listener:
    clock, node = SystemClock(), StubNode()
    snapshots = Snapshots(world.store, world.reactions, clock, lambda _node: None)
    return Listener(node, world.store, world.reactions, snapshots, clock, lambda: True, 30.0)  # type: ignore[arg-type]


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
