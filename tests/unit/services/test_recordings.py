"""What the switch's words about recordings mean: legal chains, whatever was lost or comes twice."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from gateway.domain import happenings as told
from gateway.domain.clock import SystemClock
from gateway.domain.recording import FAILED, FINISHING, STARTING, Recording
from gateway.domain.room import Room
from gateway.errors import MediaError
from gateway.services.effects import FinishRecording, LimitRecording
from gateway.services.reactions.recordings import RecordingReactions
from gateway.services.recording_keeper import Files, Looked, RecordingKeeper
from gateway.switch.pool import SwitchPool
from tests.world import APP, CONFERENCE, NODE, ROOM, World

ID = "950e8400-e29b-41d4-a716-446655440000"
NEW = Recording(ID, APP.id, NODE, "wav", 1000, ROOM, command_uid="u-1", max_length_s=60)
START = told.RecordingStarted(ID, ROOM, "", CONFERENCE, 2000)
END = told.RecordingEnded(ID, ROOM, "", 2500, 4600)


@pytest.fixture
def world(world: World) -> World:
    world.change(lambda uow: uow.rooms.put(Room(ROOM, APP.id, NODE, "standup", "api", 500)))
    world.change(lambda uow: uow.recordings.put(NEW))
    return world


def now(world: World) -> Recording:
    found: list[Recording | None] = []
    world.change(lambda uow: found.append(uow.recordings.get(ID)))
    assert found[0] is not None
    return found[0]


def change(world: World, **values: Any) -> None:
    world.change(lambda uow: uow.recordings.put(replace(now_in(uow), **values)))


def now_in(uow: Any) -> Recording:
    found: Recording = uow.recordings.get(ID)
    return found


def test_each_is_told_once(world: World) -> None:
    pause = told.RecordingPauseChanged(ID, ROOM, True, 3000)
    world.happen(START, START, pause, pause, replace(pause, paused=False), END, END, START)
    assert [name.rpartition(".")[2] for name in world.names] == ["started", "paused", "resumed", "completed"]
    assert world.effects == [LimitRecording(ID), FinishRecording(ID)]
    assert world.told[0]["data"]["command_uid"] == "u-1"
    assert now(world).duration_ms == 2500 and now(world).unfinished


def test_of_a_room_that_was_destroyed_only_the_end_is_told(world: World) -> None:
    """Contract: "conference.destroyed first, then recording.completed and member.left". Seen in a soak: the start came
    behind a DELETE that followed `record/start` at once."""
    world.change(lambda uow: uow.rooms.put(Room(ROOM, APP.id, NODE, "standup", "api", 500, destroyed_at=1500)))
    pause = told.RecordingPauseChanged(ID, ROOM, True, 3000)
    world.happen(START, pause, replace(pause, paused=False), END)
    assert world.names == ["conference.recording.completed"]
    assert now(world).duration_ms == 2500


def test_what_the_switch_told_and_did_not_write_has_failed(world: World) -> None:
    """Three were completed in a soak, of 0 ms, with a URL and nothing behind it."""

    def finished(*_asked: object) -> Looked:
        raise MediaError("the file is gone", "recording-file-gone")

    change(world, max_length_s=0)
    world.happen(START, replace(END, duration_ms=0))
    files = Files(Path("/nowhere"), finished)
    pool = SwitchPool([])
    RecordingKeeper(world.store, pool, files, RecordingReactions(lambda _one: ""), SystemClock()).finish(
        FinishRecording(ID)
    )
    assert (now(world).state, now(world).error, now(world).unfinished) == (FAILED, "the file is gone", False)


def test_an_end_whose_start_was_lost_is_told_with_it(world: World) -> None:
    world.happen(END)
    assert world.names == ["conference.recording.started", "conference.recording.completed"]
    assert now(world).started_at == 4600 - 2500


def test_a_start_that_never_was_is_no_recording(world: World) -> None:
    world.happen(replace(END, duration_ms=None, missed=True))
    assert world.names == [] and now(world).state == "failed"
    world.happen(START)
    assert world.names == []


def test_a_refused_file(world: World) -> None:
    world.happen(replace(START, error="File could not be opened for recording"))
    world.happen(replace(END, duration_ms=0))
    assert world.names == [] and now(world).error == "File could not be opened for recording"


def test_an_end_that_nobody_saw_waits_for_the_file(world: World) -> None:
    world.happen(START, replace(END, duration_ms=None, missed=True))
    assert world.names == ["conference.recording.started"]
    assert (now(world).state, now(world).reason) == (FINISHING, "lost")


def test_trimming_comes_before_the_word(world: World) -> None:
    change(world, trim_silence=True)
    world.happen(START, END)
    assert world.names == ["conference.recording.started"] and now(world).state == FINISHING


@pytest.mark.parametrize(
    ("values", "end", "reason"),
    [
        ({"asked": "record/stop"}, END, "stopped"),
        ({}, END, "room_empty"),
        ({}, replace(END, at=2000 + 60_000), "max_length"),
        ({"room_id": "", "session_id": "s"}, replace(END, room_id="", session_id="s", hung_up=True), "hangup"),
    ],
)
def test_why_it_ended(world: World, values: dict[str, Any], end: told.RecordingEnded, reason: str) -> None:
    world.happen(START)
    change(world, **values)
    world.happen(end)
    assert now(world).reason == reason


def test_another_recordings_events_mean_nothing(world: World) -> None:
    other = ID.replace("9", "8")
    world.happen(replace(START, recording_id=other), replace(END, recording_id=other))
    assert world.names == [] and now(world).state == STARTING
