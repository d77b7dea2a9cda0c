"""conference/join of contracts/gateway-conferences.txt, and what contract.md says of it."""

from pathlib import Path

import pytest

from tests.flow.house import House, channel, ok, refused
from tests.flow.test_contract_create import pasted
from tests.waiting import wait_for

NOBODYS = "acW68-room-550e8400-e29b-41d4-a716-446655440000"


def test_a_call_joins_muted(house: House) -> None:
    """POST /api/v1/sessions/{uuid}/commands/conference/join

    "Join a call session to a conference room. All members join muted by default. The join is confirmed
    asynchronously via a conference.member.joined webhook."

    202Successfully initiated join{"status": "joining", "room_id": "..."}

    Triggered webhooks
      • conference.member.joined — deferred; fires when the join is confirmed.
    """
    room, session = house.app.room("seminar"), house.call(number="527121102")
    with house.switch.holding("uuid_transfer", room):
        answer = house.app.command(session, "conference/join", {"room_id": room})
        assert ok(answer, 202) == {"status": "joining", "room_id": room}
        assert "conference.member.joined" not in house.sink.names(room)
        assert house.app.members(room) == []
    told = house.sink.wait_for_event("conference.member.joined", session_uuid=session)
    data = told["data"]
    assert (data["room_id"], data["name"], data["uuid"], data["muted"]) == (room, "seminar", session, True)
    assert (data["did"], data["caller_id"]) == (house.app.number, "527121102")
    assert (told["room_id"], told["session_uuid"]) == (room, session)
    assert house.app.members(room)[0]["muted"] is True
    assert house.switch.seats(room) == {session: False}
    assert ok(house.app.get(f"/sessions/{session}"), 200)["room_id"] == room


def test_already_in_the_same_room(house: House) -> None:
    """POST /api/v1/sessions/{uuid}/commands/conference/join

    200Already in the same room (idempotent){"status": "already_joined", "room_id": "..."}
    """
    room = house.app.room()
    session = house.join(room)
    orders = house.orders_for(session)
    for _ in range(3):
        body = ok(house.app.command(session, "conference/join", {"room_id": room}), 200)
        assert body == {"status": "already_joined", "room_id": room}
    assert house.orders_for(session) == orders
    assert house.sink.names(session_id=session).count("conference.member.joined") == 1


def test_again_while_joining(house: House) -> None:
    """contract.md, Webhooks: "join again to the same room while joining: 202 joining, nothing sent." """
    room, session = house.app.room(), house.call()
    with house.switch.holding("uuid_transfer", room):
        ok(house.app.command(session, "conference/join", {"room_id": room}), 202)
        orders = house.orders_for(session)
        house.forget_cooldowns()
        again = ok(house.app.command(session, "conference/join", {"room_id": room}), 202)
        assert again == {"status": "joining", "room_id": room}
        other = house.app.command(session, "conference/join", {"room_id": house.app.room()})
        refused(other, 409, "in-different-room")
        assert house.orders_for(session) == orders
    house.sink.wait_for_event("conference.member.joined", session_uuid=session)


def test_in_a_different_room(house: House) -> None:
    """POST /api/v1/sessions/{uuid}/commands/conference/join

    409Session is in a different room{"success": false, "error": "Session is already in a different conference room.
    Use conference/leave first."}
    """
    room, different = house.app.room(), house.app.room()
    session = house.join(room)
    body = refused(house.app.command(session, "conference/join", {"room_id": different}), 409, "in-different-room")
    assert body["error"] == "Session is already in a different conference room. Use conference/leave first."
    house.command(session, "leave", "conference.member.left")
    house.join(different, session)
    assert [member["uuid"] for member in house.app.members(different)] == [session]


def test_the_room_must_exist_and_be_ones_own(house: House) -> None:
    """POST /api/v1/sessions/{uuid}/commands/conference/join

    room_idstringrequiredThe conference room ID to join.Format {5-char-prefix}-room-{uuid}. Room must exist and belong
    to same app.
    """
    session, foreign = house.call(), house.other.room()
    orders = len(house.orders_for(session))
    refused(house.app.command(session, "conference/join", {"room_id": NOBODYS}), 404, "room-not-found")
    refused(house.app.command(session, "conference/join", {"room_id": foreign}), 403, "room-forbidden")
    refused(house.app.command(session, "conference/join", {"name": "nobody-has-this"}), 404, "room-not-found")
    assert len(house.orders_for(session)) == orders
    assert house.sink.names(session_id=session) == ["call.created"]
    house.join(house.app.room(), session)


@pytest.mark.parametrize(
    "room_id",
    [
        "", "standup", "acW68-room-", "acW6-room-550e8400-e29b-41d4-a716-446655440000", NOBODYS.upper(),
        f"{NOBODYS} ", f"{NOBODYS}\n", f"{NOBODYS}\x00", f"{NOBODYS}@default", NOBODYS.replace("room", "Room"),
        f"{NOBODYS}\n\napi shutdown", "acW68-550e8400-e29b-41d4-a716-446655440000", None, 1, [NOBODYS], {"id": NOBODYS},
    ],
)  # fmt: skip
def test_ids_that_are_none(house: House, room_id: object) -> None:
    """POST /api/v1/sessions/{uuid}/commands/conference/join: room_id "required … Format {5-char-prefix}-room-{uuid}.

    My known decision (lead): a `room_id` that does not match the format is 400.
    """
    session = "acW68-550e8400-e29b-41d4-a716-446655440000"
    for body in ({"room_id": room_id}, {}):
        answer = refused(house.app.command(session, "conference/join", body), 400, "invalid-input")
        assert list(answer["detail"]["fields"]) == ["room_id"]


def test_by_name_within_the_app(house: House) -> None:
    """contract.md, Names: "joinable by id, or by name within the app, from every front." """
    room, session = house.app.room("by-name"), house.call()
    foreign = house.other.room("only-theirs")
    refused(house.app.command(session, "conference/join", {"name": "only-theirs"}), 404, "room-not-found")
    both = refused(
        house.app.command(session, "conference/join", {"name": "by-name", "room_id": room}), 400, "invalid-input"
    )
    assert list(both["detail"]["fields"]) == ["name"]
    body = ok(house.app.command(session, "conference/join", {"name": "by-name"}), 202)
    assert body == {"status": "joining", "room_id": room}
    assert foreign not in house.sink.wait_for_event("conference.member.joined", session_uuid=session)["data"].values()


def test_what_the_switch_is_told(house: House) -> None:
    """contract.md, Names: "In the switch a room is always called by its room_id." The whole command, letter by letter;
    the first command to a call takes back its hang-up timer.
    """
    room, session = house.app.room("a-name-of-mine"), house.call()
    before = len(house.orders_for(session))
    house.join(room, session)
    transfer = (
        f"uuid_transfer {channel(session)} 'set:hangup_after_conference=false,set:conference_controls=gw,"
        "set:conference_flags=,set:conference_moh_sound=,set:conference_permanent_wait_mod_moh=,"
        f"conference:{room}@gateway+flags{{mute}},park:' inline"
    )
    wait_for(lambda: len(house.orders_for(session)) == before + 2, "both commands came")
    assert sorted(house.orders_for(session)[before:]) == sorted([f"sched_del {channel(session)}", transfer])
    assert not [line for line in house.switch.orders if "a-name-of-mine" in line]


def test_a_join_that_the_switch_refuses(house: House) -> None:
    """issue 2: "A join that the switch refuses (full, locked) gives conference.member.join_failed with the reason, and
    the call stays parked."
    """
    room = house.app.room()
    house.join(room)
    house.switch.api(f"conference {room} lock")
    session = house.call()
    ok(house.app.command(session, "conference/join", {"room_id": room, "command_uid": "j1"}), 202)
    data = house.sink.wait_for_event("conference.member.join_failed", session_uuid=session)["data"]
    assert (data["room_id"], data["uuid"], data["command_uid"]) == (room, session, "j1")
    assert data["reason"] in ("locked", "full", "refused")
    assert ok(house.app.get(f"/sessions/{session}"), 200)["status"] in ("in-progress", "ringing")
    house.forget_cooldowns()
    house.join(house.app.room(), session)


def test_a_caller_who_hangs_up_while_joining(house: House) -> None:
    """contract.md, Webhooks: join_failed with "reason … hangup", before call.completed of that session."""
    room, session = house.app.room(), house.call()
    with house.switch.holding("uuid_transfer", room):
        ok(house.app.command(session, "conference/join", {"room_id": room}), 202)
        house.hang_up(session)
    assert (
        house.sink.wait_for_event("conference.member.join_failed", session_uuid=session)["data"]["reason"] == "hangup"
    )
    assert house.sink.names(session_id=session)[-1] == "call.completed"


def test_a_join_that_never_ends(tmp_path: Path) -> None:
    """contract.md, Webhooks: "A joining seat ends after join_timeout_s (10) with join_failed (reason timeout …)"."""
    house = House(tmp_path, join_timeout_s=0.3)
    try:
        assert house.gateway.settings.join_timeout_s == 0.3
        room, session = house.app.room(), house.call()
        with house.switch.holding("uuid_transfer", room):
            ok(house.app.command(session, "conference/join", {"room_id": room}), 202)
            failed = house.sink.wait_for_event("conference.member.join_failed", session_uuid=session)
            assert failed["data"]["reason"] == "timeout"
            house.switch.held.clear()
        house.forget_cooldowns()
        house.join(room, session)
        house.sink.assert_ordered()
    finally:
        house.stop()


def test_the_example_works_when_pasted(house: House) -> None:
    r"""POST /api/v1/sessions/{uuid}/commands/conference/join

    curl -X POST https://gateway.example.com/api/v1/sessions/{uuid}/commands/conference/join \
      -H "X-App-ID: YOUR_APP_ID" \
      -H "X-API-Key: YOUR_API_KEY" \
      -H "Content-Type: application/json" \
      -d '{"room_id": "acW68-room-550e8400-e29b-41d4-a716-446655440000"}'
    """
    room, session = house.app.room(), house.call()
    example = "curl " + (test_the_example_works_when_pasted.__doc__ or "").partition("curl ")[2]
    example = example.replace("{uuid}", session).replace(NOBODYS, room)
    assert pasted(house, house.app.id, house.app.key, example) == {"status": "joining", "room_id": room}
    house.sink.wait_for_event("conference.member.joined", session_uuid=session)
