"""pause, stop and volume of contracts/gateway-conferences.txt, and "Room playback" of contract.md."""

import pytest

from gateway.store import rooms as room_rows
from tests.flow.house import House, ok, refused
from tests.flow.test_contract_create import pasted
from tests.waiting import wait_for


def playing(house: House, seconds: float = 30, files: int = 1) -> tuple[str, str]:
    """A room in which a file is in the switch, and the playback's operation_id."""
    room = house.app.room()
    house.join(room)
    urls = [house.jukebox.url(seconds, name) for name in "abcdefgh"[:files]]
    operation = ok(house.app.at(room, "play", {"urls": urls}), 202)["operation_id"]
    wait_for(lambda: house.switch.plays(room) and is_open(house, room), "the file is in the switch")
    return room, str(operation)


def is_open(house: House, room: str) -> bool:
    """The gateway knows that the switch has it."""
    _, found = house.gateway.store.read(lambda connection: room_rows.with_playback(connection, room))
    return found is not None and found.is_open


def test_pause_and_resume(house: House) -> None:
    """POST /api/v1/conferences/{room_id}/pause

    "Toggle pause/resume of conference room playback. No request body required."

    contract.md, Room playback: "pause, stop and volume answer 202 `{"operation_id", "status":
    "paused"|"resumed"|"stopped"|"volume_changed"}` with the operation_id of the playback they act on".
    """
    room, operation = playing(house)
    for status, shown in (("paused", "paused"), ("resumed", "playing"), ("paused", "paused")):
        house.forget_cooldowns()
        assert ok(house.app.at(room, "pause"), 202) == {"operation_id": operation, "status": status}
        assert house.app.status(room)["playback_status"] == shown
        house.sink.wait_for_event(f"conference.play.{status}", operation_id=operation)


def test_a_paused_file_plays_to_its_end(house: House) -> None:
    """POST /api/v1/conferences/{room_id}/pause: "Toggle pause/resume", and finished comes after the resume only."""
    room, operation = playing(house, 0.4)
    ok(house.app.at(room, "pause"), 202)
    longer = playing(house, 0.5)[1]  # longer than what was left of the paused file
    house.sink.wait_for_event("conference.play.finished", operation_id=longer)
    assert "conference.play.finished" not in house.sink.names(room)
    ok(house.app.at(room, "pause"), 202)
    house.sink.wait_for_event("conference.play.finished", operation_id=operation)


def test_a_pause_is_told(house: House) -> None:
    """POST /api/v1/conferences/{room_id}/pause

    Triggered webhooks
      • conference.play.paused — immediate; includes room_id and operation_id.
    """
    room, operation = playing(house)
    ok(house.app.at(room, "pause", {"command_uid": "hush"}), 202)
    told = house.sink.wait_for_event("conference.play.paused", operation_id=operation)
    assert told["data"] == {"room_id": room, "operation_id": operation, "command_uid": "hush"}
    assert "session_uuid" not in told


def test_a_pause_whose_reply_was_lost_is_told_with_the_next(house: House) -> None:
    """contract.md, Webhooks: "each room's and session's announced transitions form a legal chain that ends in the
    switch's state" — after a pause that ended in 504 "the caller is told that the command may have run".
    """
    room, operation = playing(house)
    house.switch.fault("delay 1.5")  # longer than the house's reply_timeout_s
    try:
        refused(house.app.at(room, "pause"), 504, "switch-timeout")
    finally:
        house.switch.fault("none")
    house.forget_cooldowns()
    assert ok(house.app.at(room, "pause", {"command_uid": "second"}), 202)["status"] == "resumed"
    resumed = house.sink.wait_for_event("conference.play.resumed", operation_id=operation)
    assert resumed["data"]["command_uid"] == "second"
    control = [name for name in house.sink.names(room) if name in ("conference.play.paused", "conference.play.resumed")]
    assert control == ["conference.play.paused", "conference.play.resumed"]
    assert house.app.status(room)["playback_status"] == "playing"


def test_pause_with_nothing_playing(house: House) -> None:
    """contract.md, Room playback: "pause with nothing playing: 409 `nothing-playing`"; Errors: "A request refused with
    4xx starts no cooldown."
    """
    room = house.app.room()
    house.join(room)
    for _ in range(3):
        refused(house.app.at(room, "pause"), 409, "nothing-playing")
    assert not [line for line in house.orders_for(room) if "pause_play" in line]


def test_stop_ends_everything_that_plays_or_waits(house: House) -> None:
    """POST /api/v1/conferences/{room_id}/stop

    "Stop all conference room playback. No request body required."
    """
    room, first = playing(house, files=3)
    house.forget_cooldowns()
    second = ok(house.app.at(room, "play", {"urls": [house.jukebox.url(1)]}), 202)["operation_id"]
    assert ok(house.app.at(room, "stop"), 202) == {"operation_id": first, "status": "stopped"}
    house.sink.wait_for(lambda: len(house.sink.find("conference.play.stopped", room_id=room)) == 2, "both stopped")
    stopped = house.sink.find("conference.play.stopped", room_id=room)
    assert [(e["data"]["operation_id"], e["data"]["reason"]) for e in stopped] == [
        (first, "stopped"),
        (second, "stopped"),
    ]
    status = house.app.status(room)
    assert (status["playback_status"], status["playback_urls"], status["playback_operation_id"]) == ("stopped", [], "")
    wait_for(lambda: not house.switch.plays(room), "nothing is in the switch")
    house.forget_cooldowns()
    again = ok(house.app.at(room, "play", {"urls": [house.jukebox.url(0.1)]}), 202)["operation_id"]
    house.sink.wait_for_event("conference.play.finished", operation_id=again)
    assert [e["data"]["operation_id"] for e in house.sink.find("conference.play.finished", room_id=room)] == [again]


def test_a_stop_is_told(house: House) -> None:
    """POST /api/v1/conferences/{room_id}/stop

    Triggered webhooks
      • conference.play.stopped — immediate; includes room_id and operation_id.
    """
    room, operation = playing(house)
    ok(house.app.at(room, "stop", {"command_uid": "s.1"}), 202)
    data = house.sink.wait_for_event("conference.play.stopped", operation_id=operation)["data"]
    assert (data["room_id"], data["operation_id"], data["command_uid"]) == (room, operation, "s.1")


def test_stop_with_nothing_playing(house: House) -> None:
    """contract.md, Room playback: "stop then: 200 `{"status": "already_stopped"}`, no webhook." — empty room or not."""
    room = house.app.room()
    assert ok(house.app.at(room, "stop"), 200) == {"status": "already_stopped"}
    house.join(room)
    assert ok(house.app.at(room, "stop"), 200) == {"status": "already_stopped"}
    ok(house.app.at(room, "volume", {"volume": 1}), 202)
    house.sink.wait_for_event("conference.play.volume_changed", room_id=room)
    assert "conference.play.stopped" not in house.sink.names(room)
    assert not [line for line in house.orders_for(room) if " stop " in line]


def test_stop_while_paused_and_while_the_file_is_fetched(house: House) -> None:
    """POST /api/v1/conferences/{room_id}/stop "Stop all conference room playback." """
    room, operation = playing(house)
    ok(house.app.at(room, "pause"), 202)
    house.forget_cooldowns()
    assert ok(house.app.at(room, "stop"), 202)["operation_id"] == operation
    house.forget_cooldowns()
    slow = ok(house.app.at(room, "play", {"urls": [house.jukebox.url(20, "unheard")]}), 202)["operation_id"]
    assert ok(house.app.at(room, "stop"), 202)["operation_id"] == slow
    house.sink.wait_for_event("conference.play.stopped", operation_id=slow)
    wait_for(lambda: not house.switch.plays(room), "nothing is in the switch")
    assert house.app.status(room)["playback_status"] == "stopped"


@pytest.mark.parametrize("level", [-50, -49, -1, 0, 1, 7])
def test_levels_of_volume(house: House, level: int) -> None:
    """POST /api/v1/conferences/{room_id}/volume

    volumeintegerrequiredVolume level for conference playback.Range -50 to 7. Negative values attenuate; positive
    amplify.
    """
    room = house.app.room()
    assert ok(house.app.at(room, "volume", {"volume": level}), 202) == {
        "operation_id": "",
        "status": "volume_changed",
    }
    assert house.app.status(room)["playback_volume"] == level


@pytest.mark.parametrize("level", [-51, 8, 1000, 2**70, 1.5, 2.0, "2", "", None, True, False, [], {}, [2]])
def test_levels_that_are_none(house: House, level: object) -> None:
    """POST /api/v1/conferences/{room_id}/volume: volume "integer required … Range -50 to 7." """
    room = house.app.room()
    body = refused(house.app.at(room, "volume", {"volume": level}), 400, "invalid-input")
    assert list(body["detail"]["fields"]) == ["volume"]
    assert list(refused(house.app.at(room, "volume"), 400, "invalid-input")["detail"]["fields"]) == ["volume"]
    assert house.app.status(room)["playback_volume"] == 0
    assert house.orders_for(room) == []


def test_the_volume_of_what_plays_now_and_later(house: House) -> None:
    """POST /api/v1/conferences/{room_id}/volume

    "Set the conference room playback volume."

    contract.md, Room playback: "The volume is the room's setting, for what plays now and later."
    """
    room, operation = playing(house)
    body = ok(house.app.at(room, "volume", {"volume": -3}), 202)
    assert body == {"operation_id": operation, "status": "volume_changed"}
    assert f"conference {room} file-vol -3" in house.orders_for(room)
    house.forget_cooldowns()
    ok(house.app.at(room, "stop"), 202)
    house.forget_cooldowns()
    later = ok(house.app.at(room, "play", {"urls": [house.jukebox.url(0.1)]}), 202)["operation_id"]
    house.sink.wait_for_event("conference.play.finished", operation_id=later)
    assert [line for line in house.orders_for(room) if f"{{vol=-3,operation_id={later}.0}}" in line]


def test_a_volume_is_told(house: House) -> None:
    """POST /api/v1/conferences/{room_id}/volume

    Triggered webhooks
      • conference.play.volume_changed — immediate; includes room_id, volume, operation_id.

    contract.md, Names: "volume, lock: stored, 202 (operation_id "")" in a room with nobody in it.
    """
    room, operation = playing(house)
    quiet = house.app.room()
    for where, acting in ((room, operation), (quiet, "")):
        ok(house.app.at(where, "volume", {"volume": 2, "command_uid": "v"}), 202)
        told = house.sink.wait_for_event("conference.play.volume_changed", room_id=where)
        assert told["data"] == {"room_id": where, "volume": 2, "operation_id": acting, "command_uid": "v"}


def test_the_example_works_when_pasted(house: House) -> None:
    r"""POST /api/v1/conferences/{room_id}/volume

    curl -X POST https://gateway.example.com/api/v1/conferences/{room_id}/volume \
      -H "X-App-ID: YOUR_APP_ID" \
      -H "X-API-Key: YOUR_API_KEY" \
      -H "Content-Type: application/json" \
      -d '{"volume": 2}'
    """
    room = house.app.room()
    example = "curl " + (test_the_example_works_when_pasted.__doc__ or "").partition("curl ")[2]
    answer = pasted(house, house.app.id, house.app.key, example.replace("{room_id}", room))
    assert answer == {"operation_id": "", "status": "volume_changed"}
    assert house.app.status(room)["playback_volume"] == 2
