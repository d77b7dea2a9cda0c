"""pause, stop and volume while the gateway fetches a file, or the switch opens it (contract, "Room playback")."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.flow.house import House, ok
from tests.slow_audio import SlowAudio
from tests.waiting import wait_for

CONTROLS = ("conference.play.paused", "conference.play.resumed", "conference.play.finished", "conference.play.stopped")


@pytest.fixture(scope="module", params=["gateway", "switch"])
def both_houses(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """The file is fetched by the gateway; or the switch opens it, which takes the whole download."""
    house = House(tmp_path_factory.mktemp("house"), media_fetch=request.param)
    yield house
    house.stop()


@pytest.fixture
def both(both_houses: House) -> Iterator[House]:
    both_houses.forget_cooldowns()
    yield both_houses
    both_houses.sink.assert_ordered()


@pytest.fixture
def audio() -> Iterator[SlowAudio]:
    audio = SlowAudio(0.4)
    yield audio
    audio.stop()


def begun(house: House, audio: SlowAudio) -> tuple[str, str]:
    """A room whose file is on its way, and the playback's operation_id."""
    room = house.app.room()
    house.join(room)
    operation = ok(house.app.at(room, "play", {"urls": [audio.url()]}), 202)["operation_id"]
    wait_for(audio.asked.is_set, "the file is asked for")
    return room, str(operation)


def control(house: House, room: str, command: str, **body: Any) -> Any:
    house.forget_cooldowns()
    return ok(house.app.at(room, command, body or None), 202)["status"]


def orders(house: House, room: str, word: str) -> list[str]:
    return [line for line in house.orders_for(room) if f" {word}" in line]


def until_handed_over(house: House, room: str) -> None:
    """What the player had to do in this room it has done."""
    player = house.gateway.player
    wait_for(lambda: room not in player._busy, f"the player has nothing to do in {room}")


def told(house: House, room: str) -> list[str]:
    return [name.rpartition(".")[2] for name in house.sink.names(room) if name in CONTROLS]


def test_a_pause_before_the_file_sounds_holds_it_until_the_resume(both: House, audio: SlowAudio) -> None:
    """contract.md, Room playback: "The queue is the gateway's"; only "pause with nothing playing: 409". GET says
    playing, and conference.play.started was told.
    """
    room, operation = begun(both, audio)
    assert both.app.status(room)["playback_status"] == "playing"
    assert control(both, room, "pause", command_uid="hush") == "paused"
    event = both.sink.wait_for_event("conference.play.paused", operation_id=operation)
    assert event["data"] == {"room_id": room, "operation_id": operation, "command_uid": "hush"}
    assert both.app.status(room)["playback_status"] == "paused"
    audio.let_go()
    until_handed_over(both, room)
    later, url = both.app.room(), both.jukebox.url(0.5)
    both.join(later)
    longer = ok(both.app.at(later, "play", {"urls": [url]}), 202)["operation_id"]
    both.sink.wait_for_event("conference.play.finished", operation_id=longer)
    assert told(both, room) == ["paused"]
    assert control(both, room, "pause") == "resumed"
    both.sink.wait_for_event("conference.play.finished", operation_id=operation)
    assert told(both, room) == ["paused", "resumed", "finished"]
    assert len(orders(both, room, "play {")) == 1


def test_a_pause_taken_back_before_the_file_sounds_changes_nothing(both: House, audio: SlowAudio) -> None:
    """contract.md, Webhooks: "announced transitions form a legal chain"; "pause_play toggles" (freeswitch-facts.md)."""
    room, operation = begun(both, audio)
    assert [control(both, room, "pause") for _ in range(2)] == ["paused", "resumed"]
    audio.let_go()
    both.sink.wait_for_event("conference.play.finished", operation_id=operation)
    assert told(both, room) == ["paused", "resumed", "finished"]
    assert len(orders(both, room, "play {")) == 1
    assert orders(both, room, "pause_play") == []


@pytest.mark.parametrize("paused", [True, False])
def test_a_stop_before_the_file_sounds_ends_it(both: House, audio: SlowAudio, paused: bool) -> None:
    """contract.md, Room playback: "A playback cut by stop … ends in conference.play.stopped … never in finished." """
    room, operation = begun(both, audio)
    if paused:
        assert control(both, room, "pause") == "paused"
    assert control(both, room, "stop") == "stopped"
    both.sink.wait_for_event("conference.play.stopped", operation_id=operation)
    audio.let_go()
    until_handed_over(both, room)
    wait_for(lambda: not both.switch.plays(room), "nothing is in the switch")
    assert told(both, room) == [*(["paused"] if paused else []), "stopped"]
    assert both.app.status(room)["playback_status"] == "stopped"


def test_a_volume_set_before_the_file_sounds_is_that_files(both: House, audio: SlowAudio) -> None:
    """contract.md, Room playback: "The volume is the room's setting, for what plays now and later." """
    room, operation = begun(both, audio)
    for level in (-20, -7):
        assert control(both, room, "volume", volume=level) == "volume_changed"
    event = both.sink.wait_for_event("conference.play.volume_changed", room_id=room)
    assert (event["data"]["volume"], event["data"]["operation_id"]) == (-20, operation)
    assert orders(both, room, "file-vol") == []  # the switch refuses it till the file is open
    audio.let_go()
    both.sink.wait_for_event("conference.play.finished", operation_id=operation)
    (sent,) = orders(both, room, "play {")
    louder = orders(both, room, "file-vol")
    assert ("{vol=-7," in sent) != (louder == [f"conference {room} file-vol -7"]), (sent, louder)
