"""The voice API's door: who may come in, and what a wrong name, member or account is answered."""

import pytest
import requests

from tests.flow.house import Client, House, channel, ok, refused
from tests.waiting import wait_for


def voice(
    client: Client, method: str, path: str, key: str = "", auth_id: str = "", idempotency_key: str = ""
) -> requests.Response:
    url = f"{client.base}/v1/voice/accounts/{auth_id or client.id}/{path}"
    headers = {"Authorization": f"Bearer {key or client.key}"}
    if idempotency_key:
        headers["Idempotency-Key"] = idempotency_key
    return client.http.request(method, url, headers=headers, timeout=20)


def member_of(house: House, session: str) -> str:
    return str(house.sink.find("conference.member.joined", session_uuid=session)[-1]["data"]["member_id"])


def test_unknown_account_and_wrong_key_are_answered_alike(house: House) -> None:
    """ "Constant answers for unknown id and wrong key"; "`Authorization: Bearer KEY`; auth_id is the app id"."""
    app = house.app
    ok(voice(app, "GET", "conferences"), 200)
    answers = [
        refused(voice(app, "GET", "conferences", key="gwk_wrong"), 401, "unauthorized"),
        refused(voice(app, "GET", "conferences", auth_id="app_0000000000000000"), 401, "unauthorized"),
        refused(voice(app, "GET", "conferences", auth_id=house.other.id), 401, "unauthorized"),
        refused(voice(app, "GET", "conferences", key="Bearer"), 401, "unauthorized"),
    ]
    assert all(answer == answers[0] for answer in answers)
    bare = app.http.get(f"{app.base}/v1/voice/accounts/{app.id}/conferences", headers=app.headers, timeout=20)
    assert refused(bare, 401, "unauthorized") == answers[0]


def test_names_are_the_apps_own(house: House) -> None:
    """ "Conference names are case-sensitive"; another account's conference is not there."""
    room = house.app.room("Case-Sensitive")
    house.join(room)
    assert ok(voice(house.app, "GET", "conferences/Case-Sensitive"), 200)["name"] == "Case-Sensitive"
    for client, name in ((house.app, "case-sensitive"), (house.other, "Case-Sensitive"), (house.app, "a%0Ab")):
        for method, path in (("GET", ""), ("DELETE", ""), ("POST", "/members/m1/mute")):
            refused(voice(client, method, f"conferences/{name}{path}"), 404, "room-not-found")
    assert ok(voice(house.other, "GET", "conferences"), 200) == {"conferences": []}
    assert len(house.app.members(room)) == 1


def test_a_member_of_another_room_is_not_found(house: House) -> None:
    """Issue 4: "a member id of another room: the contract's status, a stable error_id, nothing sent"."""
    here, there = house.app.room("here"), house.app.room("there")
    house.join(here)
    stranger = house.join(there)
    number = member_of(house, stranger)
    house.switch.lines.clear()
    for member in (number, "m0", "m999999", "mx", "m1%00"):
        refused(voice(house.app, "POST", f"conferences/here/members/{member}/unmute"), 404, "member-not-found")
    assert house.orders_for(channel(stranger)) == [] and house.orders_for(here) == []


def test_a_room_made_beforehand_is_not_active_yet(house: House) -> None:
    """ "Retrieve a list of active conferences": one that nobody has entered is not listed; it can be looked at."""
    house.app.room("waiting-for-guests")
    names = [room["name"] for room in ok(voice(house.app, "GET", "conferences"), 200)["conferences"]]
    assert "waiting-for-guests" not in names
    found = ok(voice(house.app, "GET", "conferences/waiting-for-guests"), 200)
    assert (found["status"], found["members"]) == ("init", [])


def test_more_than_a_page_of_conferences(house: House) -> None:
    """The list has no pages in the contract; with a limit, a cursor leads on."""
    app = house.new_app()
    for name in ("one", "two", "three"):
        room = app.room(name)
        house.join(room, house.call(app), app)
    first = ok(voice(app, "GET", "conferences?limit=2"), 200)
    assert [room["name"] for room in first["conferences"]] == ["one", "two"]
    second = ok(voice(app, "GET", f"conferences?limit=2&cursor={first['cursor']}"), 200)
    assert [room["name"] for room in second["conferences"]] == ["three"] and "cursor" not in second


def test_mute_and_unmute_right_after_each_other(house: House) -> None:
    """This contract has no cooldown groups: its examples work when pasted one after the other."""
    room = house.app.room("quick")
    session = house.join(room)
    number = member_of(house, session)
    for word in ("unmute", "mute", "unmute"):
        path = f"conferences/quick/members/{number}/{word}"
        assert ok(voice(house.app, "POST", path), 200) == {"member_id": number, "muted": word == "mute"}
        _until_heard(house, room, session, word == "unmute")


def test_calls_are_found_with_and_without_the_node_prefix(house: House) -> None:
    """contract.md: "call_uuid is accepted with and without the node prefix and answered without"."""
    session = house.call()
    here = channel(session)
    found = ok(voice(house.app, "GET", f"calls/{here}"), 200)
    assert (found["call_uuid"], found["status"], found["direction"]) == (here, "ringing", "inbound")
    assert ok(voice(house.app, "GET", f"calls/{session}"), 200) == found
    assert found in ok(voice(house.app, "GET", "calls?status=ringing&limit=200"), 200)["calls"]
    refused(voice(house.other, "GET", f"calls/{here}"), 403, "session-forbidden")
    for unknown in ("650e8400-e29b-41d4-a716-446655440000", "call_1"):
        refused(voice(house.app, "GET", f"calls/{unknown}"), 404, "session-not-found")
    house.hang_up(session)
    ended = ok(voice(house.app, "GET", f"calls/{here}"), 200)
    assert (ended["status"], ended["hangup_cause"], ended["duration"]) == ("completed", "NORMAL_CLEARING", 0)


@pytest.mark.parametrize("command", ["mute", "kick", "record"])
def test_a_timeout_is_answered_again_as_one(house: House, command: str) -> None:
    """contract.md, Session commands: "2xx and 504 are remembered" — and never told as a success on this front."""
    name = f"quiet-{command}"
    session = house.join(house.app.room(name))
    wait_for(lambda: _state(house, session) == "in-progress", "the call is answered")
    path = f"conferences/{name}/members/{member_of(house, session)}/{command}"
    if command == "record":
        path = f"calls/{session}/record"
    house.switch.fault("hang on")
    try:
        first = voice(house.app, "POST", path, idempotency_key=f"lost-{command}")
        refused(first, 504, "switch-timeout")
    finally:
        house.switch.fault("none")
    wait_for(lambda: not house.gateway.why_not_ready(), "the switch answers again", 10)
    again = voice(house.app, "POST", path, idempotency_key=f"lost-{command}")
    assert (again.status_code, again.content) == (504, first.content)


def test_the_first_answer_again_though_what_it_names_is_gone(house: House) -> None:
    """contract.md, Session commands: "the same app, path and command_uid gets the first answer again"."""
    session = house.join(house.app.room("gone-soon"))
    number = member_of(house, session)
    wait_for(lambda: _state(house, session) == "in-progress", "the call is answered")
    asked = [
        ("POST", f"calls/{session}/record", "r"),
        ("DELETE", f"calls/{session}/record", "s"),
        ("POST", f"conferences/gone-soon/members/{number}/mute", "m"),
        ("POST", f"conferences/gone-soon/members/{number}/kick", "k"),
        ("DELETE", "conferences/gone-soon", "d"),
    ]
    first = []
    for method, path, key in asked:
        if key == "s":
            wait_for(lambda: house.sink.find("recording.started", session_uuid=session), "the recording runs")
        first.append(voice(house.app, method, path, idempotency_key=key))
    assert [answer.status_code for answer in first] == [200, 200, 200, 200, 204]
    house.hang_up(session)
    orders = len(house.switch.orders)
    for (method, path, key), answer in zip(asked, first, strict=True):
        again = voice(house.app, method, path, idempotency_key=key)
        assert (again.status_code, again.content) == (answer.status_code, answer.content), path
        unkeyed = voice(house.app, method, path)
        assert unkeyed.status_code in (404, 409), path
    assert len(house.switch.orders) == orders


def _state(house: House, session: str) -> str:
    return str(ok(voice(house.app, "GET", f"calls/{session}"), 200)["status"])


def _until_heard(house: House, room: str, session: str, heard: bool) -> None:
    wait_for(lambda: house.switch.seats(room)[session] == heard, f"the room can hear {session}: {heard}")
