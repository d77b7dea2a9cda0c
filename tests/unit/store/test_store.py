"""store.py: a piece of work is done once, whatever fails around it."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from gateway.domain.room import Room
from tests.world import APP, NODE, ROOM, World


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    world = World(tmp_path)
    yield world
    world.close()


def test_what_fails_after_the_commit_does_not_run_the_work_again(world: World) -> None:
    """on_commit is told of what is durable: when it raises, the work must not be rolled back, run again or refused."""
    runs: list[int] = []

    def fails(_effects: list[Any], _endpoints: Any) -> None:
        raise RuntimeError("no greenlet to be had")

    world.store.on_commit = fails

    def work(uow: Any) -> str:
        runs.append(1)
        uow.rooms.put(Room(ROOM, APP.id, NODE, "standup", "api", 500))
        return "done"

    assert world.store.write(work) == "done"
    assert runs == [1]
