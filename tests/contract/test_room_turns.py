"""Turns of rooms between replicas, on both databases: who relates members of a room does it alone."""

from collections.abc import Iterator
from pathlib import Path

import gevent
import pytest

from gateway.errors import SwitchUnavailable
from gateway.services import turns
from gateway.services.turns import RoomTurns
from tests.waiting import wait_for
from tests.world import ROOM, World


@pytest.fixture
def world(tmp_path: Path, database_url: str) -> Iterator[World]:
    world = World(tmp_path, database_url)
    yield world
    world.close()


def test_replicas_relate_in_a_room_one_after_the_other(world: World) -> None:
    """freeswitch-facts.md: "two at once dead-locked large rooms in some versions"."""
    inside, most, done = [0], [0], [0]

    def relate(replica: RoomTurns) -> None:
        with replica.alone(ROOM):
            inside[0] += 1
            most[0] = max(most[0], inside[0])
            gevent.sleep(0.01)  # the switch is asked
            inside[0] -= 1
            done[0] += 1

    replicas = [RoomTurns(world.store, name) for name in ("one", "two")]
    gevent.joinall([gevent.spawn(relate, replicas[number % 2]) for number in range(8)], timeout=20, raise_error=True)
    assert (done[0], most[0]) == (8, 1)


def test_other_rooms_do_not_wait(world: World) -> None:
    with RoomTurns(world.store, "one").alone(ROOM), RoomTurns(world.store, "two", 0).alone(ROOM + "x"):
        pass


def test_a_turn_that_does_not_end_is_told_and_one_that_fails_is_over(world: World) -> None:
    one, two = RoomTurns(world.store, "one"), RoomTurns(world.store, "two", 0.1)
    with one.alone(ROOM), pytest.raises(SwitchUnavailable, match="another gateway"), two.alone(ROOM):
        raise AssertionError("both are in it")
    with pytest.raises(KeyError), one.alone(ROOM):
        raise KeyError
    with two.alone(ROOM):
        pass


def test_a_replica_that_died_in_its_turn_holds_up_nobody_for_ever(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(turns, "TURN_MS", 200)
    dead = RoomTurns(world.store, "dead").alone(ROOM)
    dead.__enter__()  # and is killed
    entered: list[bool] = []

    def live() -> None:
        with RoomTurns(world.store, "live").alone(ROOM):
            entered.append(True)

    gevent.spawn(live)
    wait_for(lambda: entered, "its lease is over")
