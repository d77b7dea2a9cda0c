"""Room commands beyond the contract (issue 4), over the whole gateway: lock, pin, mute_all, and the door they keep."""

import pytest

from tests.flow.house import House, ok, refused
from tests.waiting import wait_for


def test_a_locked_room_lets_nobody_in(house: House) -> None:
    """ "lock and pin are enforced by the gateway before the join"; contract.md: "join_failed (… locked …)"."""
    room = house.app.room()
    inside, outside = house.join(room), house.call()
    assert ok(house.app.at(room, "lock", {"command_uid": "shut"}), 202) == {
        "status": "locked",
        "room_id": room,
        "command_uid": "shut",
    }
    told = house.sink.wait_for_event("conference.locked", room_id=room)
    assert told["data"]["command_uid"] == "shut"
    wait_for(lambda: house.switch.api(f"conference {room} get is_locked") == "locked", "the switch locked it")
    house.forget_cooldowns()
    refused(house.app.at(room, "lock"), 409, "already-locked")
    before = len(house.orders_for(outside))
    ok(house.app.command(outside, "conference/join", {"room_id": room}), 202)
    failed = house.sink.wait_for_event("conference.member.join_failed", session_uuid=outside)
    assert failed["data"]["reason"] == "locked"
    assert len(house.orders_for(outside)) == before, "nothing was sent"
    assert [member["uuid"] for member in house.app.members(room)] == [inside]
    ok(house.app.at(room, "unlock"), 202)
    house.sink.wait_for_event("conference.unlocked", room_id=room)
    house.join(room, outside)


def test_a_lock_outlives_the_conference(house: House) -> None:
    """contract.md: "volume, lock: stored, 202" with nobody in; "set again when its conference is born again"."""
    room = house.app.room()
    ok(house.app.at(room, "lock"), 202)
    house.sink.wait_for_event("conference.locked", room_id=room)
    assert house.orders_for(room) == []
    house.forget_cooldowns()
    ok(house.app.at(room, "unlock"), 202)
    session = house.join(room)
    house.forget_cooldowns()
    ok(house.app.at(room, "lock"), 202)
    wait_for(lambda: len(house.sink.find("conference.locked", room_id=room)) == 2, "locked again")
    channel = session.partition("-")[2]
    house.switch.api(f"uuid_transfer {channel} 'park:' inline")
    house.sink.wait_for_event("conference.ended", room_id=room)
    wait_for(lambda: not house.switch.seats(room), "the conference is gone")
    house.switch.api(f"uuid_transfer {channel} 'conference:{room}@gateway,park:' inline")  # by somebody at the switch
    wait_for(lambda: house.switch.api(f"conference {room} get is_locked") == "locked", "it is locked again")
    assert len(house.sink.find("conference.locked", room_id=room)) == 2, "without another webhook"


def test_all_are_muted_but_moderators(house: House) -> None:
    """ "mute_all, unmute_all (role moderator spared by choice)", each with an "honest per-member result"."""
    room = house.app.room()
    first, second, third = (house.join(room) for _ in range(3))
    refused(house.app.at(room, "mute_all", {"spare_moderators": "yes"}), 400, "invalid-input")
    body = ok(house.app.at(room, "unmute_all", {"command_uid": "all"}), 202)
    assert body == {
        "status": "unmuted",
        "room_id": room,
        "command_uid": "all",
        "members": [{"uuid": who, "status": "unmuted"} for who in (first, second, third)],
    }
    for who in (first, second, third):
        assert house.sink.wait_for_event("conference.member.unmuted", session_uuid=who)["data"]["command_uid"] == "all"
    assert ok(house.app.at(room, "unmute_all", {"command_uid": "all"}), 202) == body, "the first answer again"
    ok(house.app.post(f"/conferences/{room}/members/{second}/role", {"role": "moderator"}), 202)
    role = house.sink.wait_for_event("conference.member.role_changed", session_uuid=second)
    assert role["data"]["role"] == "moderator"
    house.command(third, "mute", "conference.member.muted")
    body = ok(house.app.at(room, "mute_all", {"spare_moderators": True}), 202)
    assert [one["status"] for one in body["members"]] == ["muted", "spared", "already_muted"]
    house.sink.wait_for_event("conference.member.muted", session_uuid=first)
    assert house.switch.seats(room) == {first: False, second: True, third: False}


def test_nobody_is_there_to_be_muted(house: House) -> None:
    refused(house.app.at(house.app.room(), "mute_all"), 409, "conference-empty")


def test_a_pin_is_set_and_never_told(house: House) -> None:
    room = house.app.room()
    for wrong in ("12a4", "", "12345678901234567", 1234):
        refused(house.app.at(room, "pin", {"pin": wrong}), 400, "invalid-input")
    refused(house.app.at(room, "pin", {}), 400, "invalid-input")
    assert ok(house.app.at(room, "pin", {"pin": "4711"}), 202)["status"] == "pin_set"
    told = house.sink.wait_for_event("conference.pin_changed", room_id=room)
    assert told["data"]["pin_set"] is True and "4711" not in str(told)
    house.forget_cooldowns()
    house.join(room)  # "joins by API exempt"
    assert ok(house.app.at(room, "pin", {"pin": None}), 202)["status"] == "pin_cleared"


@pytest.mark.parametrize("command", ["lock", "unlock", "mute_all", "unmute_all", "pin"])
def test_another_apps_room(house: House, command: str) -> None:
    room = house.app.room()
    body = {"pin": "1"} if command == "pin" else None
    refused(house.other.at(room, command, body), 403, "room-forbidden")
    refused(house.app.at(room[:-12] + "0" * 12, command, body), 404, "room-not-found")
    assert house.orders_for(room) == []


def test_locks_have_a_cooldown(house: House) -> None:
    room = house.app.room()
    ok(house.app.at(room, "lock"), 202)
    body = refused(house.app.at(room, "unlock"), 429, "rate-limited")
    assert 0 < body["detail"]["retry_after_ms"] <= 2000


def test_a_lock_that_the_switch_refuses(house: House) -> None:
    """Refused is refused: nothing is told, no cooldown starts; where the last one left in between it is stored."""
    room = house.app.room()
    session = house.join(room)
    house.switch.refused = f"conference {room} lock"
    try:
        refused(house.app.at(room, "lock"), 409, "switch-refused")
    finally:
        house.switch.refused = ""
    house.switch.api(f"uuid_transfer {session.partition('-')[2]} 'park:' inline")
    ok(house.app.at(room, "lock"), 202)
    house.sink.wait_for_event("conference.locked", room_id=room)
    assert len(house.sink.find("conference.locked", room_id=room)) == 1
