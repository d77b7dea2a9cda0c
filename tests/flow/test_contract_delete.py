"""DELETE /api/v1/conferences/{room_id} of contracts/gateway-conferences.txt, and what contract.md says of it."""

from pathlib import Path

import requests

from tests.flow.house import House, ok, refused
from tests.waiting import wait_for


def test_a_room_is_destroyed_with_all_that_is_in_it(house: House, tmp_path: Path) -> None:
    """DELETE /api/v1/conferences/{room_id}

    "Destroy a conference room. Stops any active recording, kicks all members, tears down bridges, and removes room
    data."
    {
    "room_id": "acW68-room-550e8400-e29b-41d4-a716-446655440000"
    }
    """
    room = house.app.room()
    sessions = [house.join(room) for _ in range(3)]
    file = tmp_path / "talk.wav"
    house.switch.api(f"conference {room} recording start {file}")
    wait_for(file.exists, "the recording has begun")
    ok(house.app.at(room, "play", {"urls": [house.jukebox.url(30)]}), 202)
    body = ok(house.app.delete(f"/conferences/{room}"), 200)
    assert body == {"room_id": room}
    wait_for(lambda: len(house.sink.find("conference.member.left", room_id=room)) == 3, "three have left")
    wait_for(lambda: room not in house.switch.api("conference json_list"), "the switch has no such conference")
    refused(house.app.get(f"/conferences/{room}"), 404, "room-not-found")
    refused(house.app.get(f"/conferences/{room}/members"), 404, "room-not-found")
    assert room not in house.app.get("/conferences", limit=200).text
    for session in sessions:
        call = ok(house.app.get(f"/sessions/{session}"), 200)
        assert (call["status"], call["room_id"]) == ("in-progress", None)


def test_it_is_told_at_once(house: House) -> None:
    """DELETE /api/v1/conferences/{room_id}

    Triggered webhooks
      • conference.destroyed — immediate; includes room_id.
    """
    room = house.app.room("going")
    ok(house.app.delete(f"/conferences/{room}"), 200)
    told = house.sink.wait_for_event("conference.destroyed", room_id=room)
    assert told["data"] == {"room_id": room, "name": "going"}
    assert told["room_sequence"] == 2


def test_the_order_of_what_is_told(house: House) -> None:
    """contract.md, Names: "conference.destroyed first, then recording.completed and member.left (cause destroy) with
    continuing room_sequence; no ended."
    """
    room = house.app.room()
    sessions = {house.join(room) for _ in range(2)}
    ok(house.app.at(room, "play", {"urls": [house.jukebox.url(30)]}), 202)
    ok(house.app.delete(f"/conferences/{room}"), 200)
    house.sink.wait_for(lambda: len(house.sink.find("conference.member.left", room_id=room)) == 2, "two have left")
    told = house.sink.of_room(room)
    end = [event["event"] for event in told].index("conference.destroyed")
    left = told[-2:]
    assert {event["session_uuid"] for event in left} == sessions
    assert all((e["data"]["reason"], e["data"]["cause"]) == ("removed", "destroy") for e in left)
    assert [event["event"] for event in told[end:]] == [
        "conference.destroyed",
        "conference.play.stopped",
        "conference.member.left",
        "conference.member.left",
    ]
    assert told[end + 1]["data"]["reason"] == "room_empty"
    assert [event["room_sequence"] for event in told] == list(range(1, len(told) + 1))


def test_the_calls_go_on_and_may_join_another_room(house: House) -> None:
    """contract.md, Names: "a call without a document stays parked." """
    room, next_room = house.app.room(), house.app.room()
    session = house.join(room)
    ok(house.app.delete(f"/conferences/{room}"), 200)
    house.sink.wait_for_event("conference.member.left", room_id=room)
    refused(house.app.command(session, "conference/join", {"room_id": room}), 404, "room-not-found")
    house.join(next_room, session)
    assert [member["uuid"] for member in house.app.members(next_room)] == [session]


def test_who_is_still_joining_is_turned_away(house: House) -> None:
    """contract.md, Names: "the room is marked destroyed first (a join then gets 404), then all are kicked, late comers
    too"; Webhooks: "A joining seat ends … with join_failed (… others: full, locked, kicked, hangup, refused)".
    """
    room = house.app.room()
    late = house.call()
    with house.switch.holding("uuid_transfer", room):
        ok(house.app.command(late, "conference/join", {"room_id": room}), 202)
        ok(house.app.delete(f"/conferences/{room}"), 200)
        failed = house.sink.wait_for_event("conference.member.join_failed", room_id=room)
        assert (failed["data"]["reason"], failed["session_uuid"]) == ("kicked", late)
    wait_for(lambda: f"uuid_transfer {late[6:]} 'park:' inline" in house.orders_for(late)[-1], "it is sent away")
    wait_for(lambda: not house.switch.seats(room), "nobody is in that conference")
    assert "conference.member.joined" not in house.sink.names(room)
    house.forget_cooldowns()
    house.join(house.app.room(), late)


def test_only_once_and_only_ones_own(house: House) -> None:
    """DELETE /api/v1/conferences/{room_id} needs "room ownership"; a destroyed room is nobody's: 404."""
    room = house.app.room()
    refused(house.other.delete(f"/conferences/{room}"), 403, "room-forbidden")
    ok(house.app.delete(f"/conferences/{room}"), 200)
    refused(house.app.delete(f"/conferences/{room}"), 404, "room-not-found")
    refused(house.other.delete(f"/conferences/{room}"), 404, "room-not-found")
    assert house.sink.names(room).count("conference.destroyed") <= 1


def test_a_body_is_not_needed_and_not_anything(house: House) -> None:
    """DELETE /api/v1/conferences/{room_id}: no field but command_uid is known; contract.md, Errors: "Answers of the

    contracts gain one field, `command_uid`, only when the request gave one".
    """
    room = house.app.room()
    body = refused(house.app.ask("DELETE", f"/conferences/{room}", {"force": True}), 400, "invalid-input")
    assert list(body["detail"]["fields"]) == ["force"]
    answer: requests.Response = house.app.ask("DELETE", f"/conferences/{room}", {"command_uid": "bye.1"})
    assert ok(answer, 200) == {"room_id": room, "command_uid": "bye.1"}
    assert house.sink.wait_for_event("conference.destroyed", room_id=room)["data"]["command_uid"] == "bye.1"
