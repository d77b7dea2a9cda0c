"""GET /api/v1/conferences/{room_id} of contracts/gateway-conferences.txt."""

import time

from tests.flow.house import House, is_operation_id, ok
from tests.waiting import wait_for


def test_the_status_of_a_room_at_rest(house: House) -> None:
    """GET /api/v1/conferences/{room_id}

    "Retrieve the current status of a conference room, including member count, playback state, and volume."
    {
    "room_id": "acW68-room-550e8400-e29b-41d4-a716-446655440000",
    "name": "weekly-standup",
    "created_at": "1711036800",
    "members": 5,
    "playback_status": "stopped",
    "playback_volume": 0,
    "playback_urls": [],
    "playback_operation_id": ""
    }
    """
    began = int(time.time())
    room = house.app.room("weekly-standup")
    for _ in range(5):
        house.join(room)
    status = house.app.status(room)
    created = status.pop("created_at")
    assert status == {
        "room_id": room,
        "name": "weekly-standup",
        "members": 5,
        "playback_status": "stopped",
        "playback_volume": 0,
        "playback_urls": [],
        "playback_operation_id": "",
    }
    assert isinstance(created, str)
    assert began <= int(created) <= time.time()


def test_the_status_of_a_room_that_plays(house: House) -> None:
    """GET /api/v1/conferences/{room_id}

    "Retrieve the current status of a conference room, including member count, playback state, and volume."
    """
    room = house.app.room()
    house.join(room)
    urls = [house.jukebox.url(30, "long"), house.jukebox.url(0.1)]
    operation = ok(house.app.at(room, "play", {"urls": urls}), 202)["operation_id"]
    assert is_operation_id(operation)
    status = house.app.status(room)
    assert (status["playback_status"], status["playback_urls"]) == ("playing", urls)
    assert (status["playback_operation_id"], status["members"]) == (operation, 1)
    wait_for(lambda: house.orders_for(f"{room} play"), "the file is in the switch")
    ok(house.app.at(room, "volume", {"volume": -7}), 202)
    house.forget_cooldowns()
    assert house.app.status(room)["playback_volume"] == -7
    wait_for(lambda: paused(house, room), "the pause is taken")
    assert house.app.status(room)["playback_status"] == "paused"


def paused(house: House, room: str) -> bool:
    house.forget_cooldowns()
    return house.app.at(room, "pause").status_code == 202
