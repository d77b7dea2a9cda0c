"""The voice API's stop answers once the file is whole: what waiting for that costs."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import gevent
import pytest

from gateway.domain.recording import COMPLETED, RECORDING, Recording
from gateway.errors import SwitchTimeout
from gateway.services.recordings import Recordings
from tests.waiting import wait_for
from tests.world import APP, CALL, NODE, World

ID = "950e8400-e29b-41d4-a716-446655440000"
RUNNING = Recording(ID, APP.id, NODE, "wav", 1000, session_id=CALL, state=RECORDING, asked="record/stop")
MANY = 20


@pytest.fixture
def recordings(world: World) -> Recordings:
    world.change(lambda uow: uow.recordings.put(RUNNING))
    nothing: Any = None
    return Recordings(world.store, nothing, Path("/nowhere"), nothing, nothing, nothing)


def test_who_waits_for_the_end_of_a_recording_asks_less_and_less_often(
    world: World, recordings: Recordings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each of any number of requests read the database fifty times a second, for up to 15 s."""
    reads: list[Any] = []
    read = world.store.read

    def counted(work: Callable[..., Any]) -> Any:
        reads.append(work)
        return read(work)

    monkeypatch.setattr(world.store, "read", counted)
    waiting = [gevent.spawn(recordings.ended, APP, ID, 1.0) for _ in range(MANY)]
    wait_for(lambda: all(one.ready() for one in waiting), "their time is over")
    assert {type(one.exception) for one in waiting} == {SwitchTimeout}
    assert len(reads) <= MANY * 12


def test_it_is_answered_when_it_is_over(world: World, recordings: Recordings) -> None:
    waiting = gevent.spawn(recordings.ended, APP, ID, 15.0)
    gevent.idle()
    world.change(lambda uow: uow.recordings.put(replace(RUNNING, state=COMPLETED)))
    wait_for(waiting.ready, "it is told")
    assert waiting.get().state == COMPLETED
