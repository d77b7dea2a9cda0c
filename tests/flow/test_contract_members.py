"""conference/leave, mute and unmute of contracts/gateway-conferences.txt, and what contract.md says of them."""

import pytest

from tests.flow.house import House, channel, ok, refused
from tests.waiting import wait_for


def test_a_call_leaves_its_room(house: House) -> None:
    """POST /api/v1/sessions/{uuid}/commands/conference/leave

    "Remove a call session from its current conference room. No additional fields beyond the optional command_uid."

    Response — 202 Accepted
    {
    "status": "leaving",
    "room_id": "acW68-room-550e8400-e29b-41d4-a716-446655440000"
    }
    """
    room = house.app.room()
    session, stays = house.join(room), house.join(room)
    assert ok(house.app.command(session, "conference/leave"), 202) == {"status": "leaving", "room_id": room}
    wait_for(lambda: house.switch.seats(room) == {stays: False}, "the switch has one member there")
    house.sink.wait_for_event("conference.member.left", session_uuid=session)
    assert [member["uuid"] for member in house.app.members(room)] == [stays]
    call = ok(house.app.get(f"/sessions/{session}"), 200)
    assert (call["status"], call["room_id"]) == ("in-progress", None)
    body = refused(house.app.command(session, "conference/leave", {"room_id": room}), 400, "invalid-input")
    assert list(body["detail"]["fields"]) == ["room_id"]


def test_a_leave_is_told(house: House) -> None:
    """POST /api/v1/sessions/{uuid}/commands/conference/leave

    Triggered webhooks
      • conference.member.left — deferred; fires when the removal is confirmed.
    """
    room = house.app.room("left")
    session = house.join(room)
    with house.switch.holding("uuid_transfer", channel(session)):
        ok(house.app.command(session, "conference/leave", {"command_uid": "bye"}), 202)
        assert "conference.member.left" not in house.sink.names(room)
        assert [member["uuid"] for member in house.app.members(room)] == [session]
    told = house.sink.wait_for_event("conference.member.left", session_uuid=session)
    data = dict(told["data"])
    assert data.pop("duration_ms") >= 0
    assert data == {
        "room_id": room,
        "name": "left",
        "uuid": session,
        "reason": "removed",
        "cause": "leave",
        "command_uid": "bye",
    }


def test_how_members_leave(house: House) -> None:
    """contract.md, Webhooks: "member.left carries `reason`: `hangup` (the call ended), `removed` (leave, kick, move,
    room ended) …, and `cause`: leave, kick, … self (a key), the hangup cause".
    """
    room = house.app.room()
    hangs_up, kicked, presses = (house.join(room) for _ in range(3))
    house.hang_up(hangs_up, "USER_BUSY")
    member = house.sink.wait_for_event("conference.member.joined", session_uuid=kicked)["data"]["member_id"]
    house.switch.api(f"conference {room} kick {member[1:]}")
    house.sink.wait_for_event("conference.member.left", session_uuid=kicked)
    house.switch.api(f"uuid_transfer {channel(presses)} 'park:' inline")  # what the key * of gw-star does
    house.sink.wait_for_event("conference.member.left", session_uuid=presses)
    left = {e["session_uuid"]: e["data"] for e in house.sink.find("conference.member.left", room_id=room)}
    assert {who: (data["reason"], data["cause"]) for who, data in left.items()} == {
        hangs_up: ("hangup", "USER_BUSY"),
        kicked: ("removed", "kick"),
        presses: ("removed", "self"),
    }
    assert house.sink.names(session_id=hangs_up)[-2:] == ["conference.member.left", "call.completed"]


COMMANDS = {"leave": "removed", "mute": "muted", "unmute": "unmuted"}


@pytest.mark.parametrize("command", list(COMMANDS))
def test_outside_of_rooms(house: House, command: str) -> None:
    """POST /api/v1/sessions/{uuid}/commands/conference/leave
    Errors: 404 session not in any conference; 409 session still joining (no member_id yet).

    POST /api/v1/sessions/{uuid}/commands/conference/mute
    Errors: 404 session not in any conference; 409 already muted, or still joining.

    POST /api/v1/sessions/{uuid}/commands/conference/unmute
    Errors: 404 session not in any conference; 409 already unmuted, or still joining.
    """
    session = house.call()
    orders = len(house.orders_for(session))
    for _ in range(3):
        refused(house.app.command(session, f"conference/{command}"), 404, "not-in-conference")
    room = house.app.room()
    with house.switch.holding("uuid_transfer", room):
        ok(house.app.command(session, "conference/join", {"room_id": room}), 202)
        house.forget_cooldowns()
        for _ in range(3):
            body = refused(house.app.command(session, f"conference/{command}"), 409, "still-joining")
            assert body["detail"] == {"room_id": room}
        assert len(house.orders_for(session)) == orders + 2, "sched_del and the join"
    house.sink.wait_for_event("conference.member.joined", session_uuid=session)
    house.forget_cooldowns()
    house.command(session, "leave", "conference.member.left")
    refused(house.app.command(session, f"conference/{command}"), 404, "not-in-conference")


def test_mute_and_unmute(house: House) -> None:
    """POST /api/v1/sessions/{uuid}/commands/conference/mute
    "Mute a conference member. No additional fields beyond the optional command_uid."
    Response — 202 Accepted{"status": "muted", "room_id": "..."}

    POST /api/v1/sessions/{uuid}/commands/conference/unmute
    "Unmute a conference member. No additional fields beyond the optional command_uid."
    Response — 202 Accepted{"status": "unmuted", "room_id": "..."}
    """
    room = house.app.room()
    session, other = house.join(room), house.join(room)
    member = house.sink.wait_for_event("conference.member.joined", session_uuid=session)["data"]["member_id"][1:]
    for command in ("unmute", "mute", "unmute"):
        before = len(house.orders_for(room))
        answer = ok(house.app.command(session, f"conference/{command}"), 202)
        assert answer == {"status": f"{command}d", "room_id": room}
        assert house.orders_for(room)[before:] == [f"conference {room} {command} {member}"]
        wait_for(lambda: house.switch.seats(room) == {session: command == "unmute", other: False}, command)  # noqa: B023
        wait_for(lambda: house.app.members(room)[0]["muted"] is (command == "mute"), f"{command} is known")  # noqa: B023
        house.forget_cooldowns()
    for command in ("mute", "unmute"):
        body = refused(house.app.command(session, f"conference/{command}", {"quiet": True}), 400, "invalid-input")
        assert list(body["detail"]["fields"]) == ["quiet"]


def test_mutes_are_told(house: House) -> None:
    """POST /api/v1/sessions/{uuid}/commands/conference/mute
    Triggered webhooks
      • conference.member.muted — deferred; fires when mute is confirmed.

    POST /api/v1/sessions/{uuid}/commands/conference/unmute
    Triggered webhooks
      • conference.member.unmuted — deferred; fires when unmute is confirmed.
    """
    room = house.app.room("told")
    session = house.join(room)
    for command in ("unmute", "mute"):
        event = f"conference.member.{command}d"
        with house.switch.holding("conference", room, command):
            ok(house.app.command(session, f"conference/{command}", {"command_uid": f"c-{command}"}), 202)
            assert event not in house.sink.names(room)
            assert house.app.members(room)[0]["muted"] is (command == "unmute"), "the event changes it, not the request"
        told = house.sink.wait_for_event(event, session_uuid=session)
        assert told["data"] == {
            "room_id": room,
            "name": "told",
            "uuid": session,
            "muted": command == "mute",
            "by": "app",
            "command_uid": f"c-{command}",
        }
        house.forget_cooldowns()


def test_already_muted(house: House) -> None:
    """POST /api/v1/sessions/{uuid}/commands/conference/mute
    Errors: 404 session not in any conference; 409 already muted, or still joining.

    POST /api/v1/sessions/{uuid}/commands/conference/unmute
    Errors: 404 session not in any conference; 409 already unmuted, or still joining.

    contract.md, Errors: "A request refused with 4xx starts no cooldown."
    """
    room = house.app.room()
    session = house.join(room)
    orders = len(house.orders_for(room))
    for _ in range(3):
        refused(house.app.command(session, "conference/mute"), 409, "already-muted")
    assert len(house.orders_for(room)) == orders
    house.command(session, "unmute", "conference.member.unmuted")
    for _ in range(3):
        refused(house.app.command(session, "conference/unmute"), 409, "already-unmuted")
    assert len(house.orders_for(room)) == orders + 1


def test_who_muted(house: House) -> None:
    """contract.md, Webhooks: "A mute without a command of ours is `by: "member"` when that channel's keys `*6` came
    just before, else `by: "switch"`; events that repeat a state without change make no webhook."
    """
    room = house.app.room()
    session = house.join(room)
    member = house.sink.wait_for_event("conference.member.joined", session_uuid=session)["data"]["member_id"][1:]
    house.press(session, "*6")
    assert house.sink.wait_for_event("conference.member.unmuted", session_uuid=session)["data"]["by"] == "member"
    house.switch.api(f"conference {room} mute {member}")
    assert house.sink.wait_for_event("conference.member.muted", session_uuid=session)["data"]["by"] == "switch"
    house.switch.api(f"conference {room} mute {member}")
    house.switch.api(f"conference {room} unmute {member}")
    house.sink.wait_for(lambda: len(house.sink.find("conference.member.unmuted", session_uuid=session)) == 2, "unmuted")
    assert house.sink.names(session_id=session)[-3:] == [
        "conference.member.unmuted",
        "conference.member.muted",
        "conference.member.unmuted",
    ]
    assert "command_uid" not in house.sink.find("conference.member.unmuted", session_uuid=session)[-1]["data"]
