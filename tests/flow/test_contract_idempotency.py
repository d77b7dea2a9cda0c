"""command_uid and Idempotency-Key: contract.md, "Session commands"."""

from typing import Any

import gevent
import pytest

from tests.flow.house import House, ok, refused
from tests.waiting import wait_for


def test_command_uid_comes_back(house: House) -> None:
    """contract.md, Session commands: "`command_uid` (`[A-Za-z0-9._-]{1,128}`, made up if absent): it comes back in the
    answer and in each webhook that the command causes"; Errors: "Answers of the contracts gain one field,
    `command_uid`, only when the request gave one".
    """
    room, session = house.app.room(), house.call()
    given = {"room_id": room, "command_uid": "Az0._-" + "x" * 122}
    body = ok(house.app.command(session, "conference/join", given), 202)
    assert body == {"status": "joining", "room_id": room, "command_uid": given["command_uid"]}
    told = house.sink.wait_for_event("conference.member.joined", session_uuid=session)
    assert told["data"]["command_uid"] == given["command_uid"]
    house.forget_cooldowns()
    assert "command_uid" not in ok(house.app.command(session, "conference/unmute"), 202)
    assert house.sink.wait_for_event("conference.member.unmuted", session_uuid=session)["data"]["command_uid"]


@pytest.mark.parametrize("uid", ["", " ", "a b", "x" * 129, "a\n", "a\x00", "ä", "a/b", None, 1, True, [], {}])
def test_command_uids_that_are_none(house: House, uid: object) -> None:
    """contract.md, Session commands: "`command_uid` (`[A-Za-z0-9._-]{1,128}`"."""
    call = "acW68-550e8400-e29b-41d4-a716-446655440000"
    for path in (f"/sessions/{call}/commands/conference/leave", f"/sessions/{call}/commands/hangup"):
        body = refused(house.app.post(path, {"command_uid": uid}), 400, "invalid-input")
        assert list(body["detail"]["fields"]) == ["command_uid"]


def test_the_first_answer_again_and_nothing_twice(house: House) -> None:
    """contract.md, Session commands: "the same app, path and command_uid gets the first answer again and nothing is
    sent twice" — ahead of cooldown and state, which the first request has changed.
    """
    room = house.app.room()
    session = house.join(room)
    for command in ("unmute", "leave"):
        body = {"command_uid": f"u-{command}"}
        first = house.app.command(session, f"conference/{command}", body)
        assert first.status_code == 202
        event = {"unmute": "unmuted", "leave": "left"}[command]
        house.sink.wait_for_event(f"conference.member.{event}", session_uuid=session)
        orders = len(house.orders_for(session)) + len(house.orders_for(room))
        for _ in range(3):
            again = house.app.command(session, f"conference/{command}", body)
            assert (again.status_code, again.content) == (202, first.content)
        assert len(house.orders_for(session)) + len(house.orders_for(room)) == orders
        house.forget_cooldowns()
    assert house.sink.names(session_id=session).count("conference.member.unmuted") == 1


def test_the_same_uid_for_something_else(house: House) -> None:
    """contract.md, Session commands: "the same uid with another body (command_uid aside) is 409 `command-uid-reused`";
    the key is of one app and one path.
    """
    room = house.app.room()
    session = house.join(room)
    ok(house.app.at(room, "volume", {"volume": 1, "command_uid": "v1"}), 202)
    refused(house.app.at(room, "volume", {"volume": 2, "command_uid": "v1"}), 409, "command-uid-reused")
    assert house.app.status(room)["playback_volume"] == 1
    ok(house.app.at(house.app.room(), "volume", {"volume": 2, "command_uid": "v1"}), 202)
    ok(house.other.at(house.other.room(), "volume", {"volume": 2, "command_uid": "v1"}), 202)
    ok(house.app.command(session, "conference/unmute", {"command_uid": "v1"}), 202)


@pytest.mark.parametrize("kind", ["play", "pause", "stop", "volume"])
def test_room_commands_again(house: House, kind: str) -> None:
    """contract.md, Session commands: "the same app, path and command_uid gets the first answer again"."""
    room = house.app.room()
    house.join(room)
    ok(house.app.at(room, "play", {"urls": [house.jukebox.url(30)]}), 202)
    wait_for(lambda: house.switch.plays(room), "the file is in the switch")
    house.forget_cooldowns()
    bodies: dict[str, dict[str, Any]] = {"play": {"urls": [house.jukebox.url(1)]}, "volume": {"volume": -1}}
    body = {**bodies.get(kind, {}), "command_uid": "once"}
    first = house.app.at(room, kind, body)
    assert first.status_code == 202, first.text
    orders = house.orders_for(room)
    for _ in range(3):
        again = house.app.at(room, kind, body)
        assert (again.status_code, again.content) == (202, first.content)
    assert house.orders_for(room) == orders


def test_a_refused_request_frees_its_key(house: House) -> None:
    """contract.md, Session commands: "2xx and 504 are remembered, 4xx and 503 free it"."""
    room, session = house.app.room(), house.call()
    body = {"command_uid": "later"}
    refused(house.app.command(session, "conference/leave", body), 404, "not-in-conference")
    house.join(room, session)
    assert ok(house.app.command(session, "conference/leave", body), 202)["status"] == "leaving"
    house.sink.wait_for_event("conference.member.left", session_uuid=session)
    assert ok(house.app.command(session, "conference/leave", body), 202)["status"] == "leaving"


def test_a_repeat_while_the_first_is_unanswered(house: House) -> None:
    """contract.md, Session commands: "a repeat while the first is unanswered: 409 `command-in-progress`"."""
    session = house.join(house.app.room())
    body = {"command_uid": "slow"}
    house.switch.fault("delay 0.4")
    try:
        first = gevent.spawn(house.app.command, session, "conference/unmute", body)
        wait_for(lambda: house.is_under_way("slow"), "the first is under way")
        refused(house.app.command(session, "conference/unmute", body), 409, "command-in-progress")
        assert not first.ready()
        assert ok(first.get(), 202)["status"] == "unmuted"
    finally:
        house.switch.fault("none")
    assert ok(house.app.command(session, "conference/unmute", body), 202)["status"] == "unmuted"
    house.sink.wait_for_event("conference.member.unmuted", session_uuid=session)


def test_many_at_once_with_one_uid(house: House) -> None:
    """contract.md, Session commands: "gets the first answer again and nothing is sent twice"."""
    session = house.join(house.app.room())
    orders = len(house.switch.orders)
    asked = [
        gevent.spawn(house.app.command, session, "conference/unmute", {"command_uid": "together"}) for _ in range(10)
    ]
    gevent.joinall(asked, raise_error=True)
    for one in asked:
        answer = one.value
        assert answer.status_code == 202 or answer.json()["error_id"] == "command-in-progress", answer.text
    house.sink.wait_for_event("conference.member.unmuted", session_uuid=session)
    assert len(house.switch.orders) == orders + 1


def test_idempotency_key_of_a_new_room(house: House) -> None:
    """contract.md, Session commands: "POST /conferences takes `Idempotency-Key` likewise." """
    headers = {"Idempotency-Key": "make-1"}
    first = house.app.post("/conferences", {"name": "idem"}, headers=headers)
    room = ok(first, 201)["room_id"]
    for key in ("make-1", '"make-1"'):
        again = house.app.post("/conferences", {"name": "idem"}, headers={"Idempotency-Key": key})
        assert (again.status_code, again.content) == (201, first.content)
    refused(house.app.post("/conferences", {"name": "idem2"}, headers=headers), 409, "command-uid-reused")
    refused(house.app.post("/conferences", {"name": "idem"}), 409, "conference-name-taken")
    for wrong in ("", "a b", "x" * 129, '"'):
        answer = house.app.post("/conferences", {"name": "idem3"}, headers={"Idempotency-Key": wrong})
        assert list(refused(answer, 400, "invalid-input")["detail"]["fields"]) == ["Idempotency-Key"]
    house.sink.wait_for_event("conference.created", room_id=room)
    assert house.sink.names(room).count("conference.created") == 1
    ok(house.other.post("/conferences", {"name": "idem"}, headers=headers), 201)


def test_a_switch_that_does_not_answer(house: House) -> None:
    """contract.md, Errors: "504 `switch-timeout` when it does not answer in time: then the caller is told that the
    command may have run"; Session commands: "2xx and 504 are remembered".
    """
    session = house.join(house.app.room())
    body = {"command_uid": "hung"}
    house.switch.fault("hang on")
    try:
        answer = house.app.command(session, "conference/unmute", body)
        assert "may" in refused(answer, 504, "switch-timeout")["error"]
    finally:
        house.switch.fault("none")
    house.sink.wait_for_event("conference.member.unmuted", 10, session_uuid=session)
    again = house.app.command(session, "conference/unmute", body)
    assert (again.status_code, again.content) == (504, answer.content)
    wait_for(lambda: not house.gateway.why_not_ready(), "the switch answers again", 10)


def test_a_room_deleted_again(house: House) -> None:
    """contract.md, Session commands: "the same app, path and command_uid gets the first answer again and nothing is
    sent twice" — of DELETE too, though the room is gone by it.
    """
    room = house.app.room()
    house.join(room)
    first = house.app.ask("DELETE", f"/conferences/{room}", {"command_uid": "away"})
    assert ok(first, 200) == {"room_id": room, "command_uid": "away"}
    house.sink.wait_for_event("conference.member.left", room_id=room)
    orders = house.orders_for(room)
    again = house.app.ask("DELETE", f"/conferences/{room}", {"command_uid": "away"})
    assert (again.status_code, again.content) == (200, first.content)
    refused(house.app.ask("DELETE", f"/conferences/{room}", {"command_uid": "other"}), 404, "room-not-found")
    refused(house.app.ask("DELETE", f"/conferences/{room}"), 404, "room-not-found")
    refused(house.other.ask("DELETE", f"/conferences/{room}", {"command_uid": "away"}), 404, "room-not-found")
    assert house.orders_for(room) == orders
    assert house.sink.names(room_id=room).count("conference.destroyed") == 1


@pytest.mark.parametrize("by", ["room_id", "name"])
def test_a_join_again_when_the_room_is_gone(house: House, by: str) -> None:
    """contract.md, Session commands: "gets the first answer again" — also when what it names is gone since."""
    name = f"gone-{by.replace('_', '-')}"
    room, session = house.app.room(name), house.call()
    body = {by: room if by == "room_id" else name, "command_uid": "in"}
    first = house.app.command(session, "conference/join", body)
    assert ok(first, 202)["room_id"] == room
    house.sink.wait_for_event("conference.member.joined", session_uuid=session)
    ok(house.app.delete(f"/conferences/{room}"), 200)
    house.sink.wait_for_event("conference.member.left", session_uuid=session)
    again = house.app.command(session, "conference/join", body)
    assert (again.status_code, again.content) == (202, first.content)
    refused(house.app.command(session, "conference/join", {**body, "command_uid": "new"}), 404, "room-not-found")
    refused(house.other.command(session, "conference/join", body), 403, "session-forbidden")


def test_a_play_again_when_the_room_is_gone(house: House) -> None:
    """contract.md, Session commands: "gets the first answer again"."""
    room = house.app.room()
    house.join(room)
    body = {"urls": [house.jukebox.url(1)], "command_uid": "song"}
    first = house.app.at(room, "play", body)
    assert first.status_code == 202
    ok(house.app.delete(f"/conferences/{room}"), 200)
    again = house.app.at(room, "play", body)
    assert (again.status_code, again.content) == (202, first.content)
    refused(house.app.at(room, "play", {**body, "urls": [house.jukebox.url(2)]}), 409, "command-uid-reused")
