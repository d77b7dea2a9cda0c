"""The three reads of contracts/gateway-conferences.txt: the list of rooms, one room, its members."""

import re
import time
from typing import Any

import pytest

from tests.flow.house import Client, House, ok, refused
from tests.waiting import wait_for

Json = dict[str, Any]


def pages(app: Client, path: str, key: str, limit: int) -> list[list[Json]]:
    """Every page of a list, by its cursors."""
    found, cursor = [], None
    while cursor != "":
        body = ok(app.get(path, limit=limit, **({"cursor": cursor} if cursor else {})), 200)
        found.append(list(body[key]))
        cursor = body["cursor"]
        assert isinstance(cursor, str)
    return found


def test_the_list_has_the_apps_own_rooms_only(house: House) -> None:
    """GET /api/v1/conferences

    "List conference rooms owned by the authenticated app. The filter is implicit — only rooms whose app_id matches
    the authenticated app are returned. Apps cannot enumerate other apps’ rooms."
    """
    mine, theirs = house.new_app(), house.new_app()
    own = [mine.room(f"own-{number}") for number in range(3)]
    foreign = theirs.room("foreign")
    assert [room["room_id"] for room in ok(mine.get("/conferences"), 200)["conferences"]] == own
    assert [room["room_id"] for room in ok(theirs.get("/conferences"), 200)["conferences"]] == [foreign]
    tried = ok(mine.get("/conferences", app_id=theirs.id), 200)["conferences"]
    assert [room["room_id"] for room in tried] == own
    cursor = ok(mine.get("/conferences", limit=1), 200)["cursor"]
    after = ok(theirs.get("/conferences", cursor=cursor, limit=200), 200)["conferences"]
    assert [room["room_id"] for room in after] == [foreign]


def test_the_shape_of_the_list(house: House) -> None:
    """GET /api/v1/conferences

    Response — 200 OK
    {
    "conferences": [
    {
    "room_id": "acW68-room-550e8400-e29b-41d4-a716-446655440000",
    "name": "team-standup",
    "members": 3,
    "created_at": "2026-05-06T12:34:56Z"
    }
    ],
    "cursor": ""
    }
    """
    app = house.new_app()
    began = time.time()
    room = app.room("team-standup")
    for _ in range(3):
        house.join(room, app=app)
    body = ok(app.get("/conferences"), 200)
    assert body["cursor"] == ""
    listed = body["conferences"][0]
    created = listed.pop("created_at")
    assert body["conferences"] == [{"room_id": room, "name": "team-standup", "members": 3}]
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", created)
    assert time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(began)) <= created


def test_the_list_goes_on_from_its_cursor(house: House) -> None:
    """GET /api/v1/conferences

    "Iterate by passing the previous response’s cursor back as ?cursor=. When the response’s cursor is empty (or
    absent), iteration is complete."

    cursorstringoptionalOpaque pagination cursor from a previous response.Pass through unchanged. Do not parse or
    persist across deploys.
    """
    app = house.new_app()
    rooms = [app.room(f"page-{number}") for number in range(7)]
    for limit, sizes in ((3, [3, 3, 1]), (7, [7]), (8, [7]), (1, [1] * 7)):
        found = pages(app, "/conferences", "conferences", limit)
        assert [len(page) for page in found] == sizes
        assert [room["room_id"] for page in found for room in page] == rooms


def test_a_cursor_survives_deletions(house: House) -> None:
    """GET /api/v1/conferences; issue 2: "both paginated with opaque cursors that survive deletions"."""
    app = house.new_app()
    rooms = [app.room(f"gone-{number}") for number in range(5)]
    cursor = ok(app.get("/conferences", limit=2), 200)["cursor"]
    for room in rooms[:3]:
        ok(app.delete(f"/conferences/{room}"), 200)
    rest = ok(app.get("/conferences", limit=2, cursor=cursor), 200)
    assert [room["room_id"] for room in rest["conferences"]] == rooms[3:]
    assert rest["cursor"] == ""


def test_how_many_rooms_a_page_has(house: House) -> None:
    """GET /api/v1/conferences

    limitintegeroptionalMaximum rooms to return.Positive integer. Default 50, clamped to 200.
    """
    app = house.new_app()
    for number in range(201):
        app.room(f"many-{number}")
    assert len(ok(app.get("/conferences"), 200)["conferences"]) == 50
    for limit, count in ((1, 1), (199, 199), (200, 200), (201, 200), (10**30, 200)):
        body = ok(app.get("/conferences", limit=limit), 200)
        assert len(body["conferences"]) == count
        assert body["cursor"]


@pytest.mark.parametrize("limit", ["0", "-1", "1.5", "ten", "", "1e2", "null", "1_0", "+5", "５", " 5"])
def test_limits_that_are_none(house: House, limit: str) -> None:
    """GET /api/v1/conferences "Errors: 400 invalid limit/cursor; 401 missing or invalid auth."

    GET /api/v1/conferences/{room_id}/members "Errors: 400 invalid limit/cursor; 401 missing or invalid auth; 404 room
    not found or owned by a different app."
    """
    room = house.app.room()
    for path in ("/conferences", f"/conferences/{room}/members"):
        body = refused(house.app.get(path, limit=limit), 400, "invalid-input")
        assert list(body["detail"]["fields"]) == ["limit"]


@pytest.mark.parametrize("cursor", ["x", "bm9uc2Vuc2U", "W10", "eyJhIjoxfQ", "W251bGxd", "%00", "a" * 600, "ÿ"])
def test_cursors_that_are_none(house: House, cursor: str) -> None:
    """GET /api/v1/conferences "Errors: 400 invalid limit/cursor; 401 missing or invalid auth."

    GET /api/v1/conferences/{room_id}/members "Errors: 400 invalid limit/cursor; 401 missing or invalid auth; 404 room
    not found or owned by a different app."
    """
    room = house.app.room()
    for path in ("/conferences", f"/conferences/{room}/members"):
        answer = house.app.get(path, cursor=cursor)
        assert answer.status_code == 400, answer.text
        assert list(answer.json()["detail"]["fields"]) == ["cursor"]


def test_a_cursor_of_another_list_is_none(house: House) -> None:
    """GET /api/v1/conferences "Errors: 400 invalid limit/cursor; 401 missing or invalid auth." """
    app = house.new_app()
    room = [app.room(f"two-{number}") for number in range(2)][0]
    cursor = ok(app.get("/conferences", limit=1), 200)["cursor"]
    refused(app.get(f"/conferences/{room}/members", cursor=cursor), 400, "invalid-cursor")


def test_reads_tell_nobody(house: House) -> None:
    """GET /api/v1/conferences "Read-only — no webhooks."

    GET /api/v1/conferences/{room_id} "Read-only — no webhooks."
    """
    app = house.new_app()
    room = app.room()
    house.sink.wait_for_event("conference.created", room_id=room)
    orders = len(house.switch.orders)
    for path in ("/conferences", f"/conferences/{room}", f"/conferences/{room}/members"):
        for _ in range(3):
            ok(app.get(path), 200)
    ok(app.delete(f"/conferences/{room}"), 200)
    house.sink.wait_for_event("conference.destroyed", room_id=room)
    assert [one.event["event"] for one in house.sink.accepted if one.path == app.sink_path] == [
        "conference.created",
        "conference.destroyed",
    ]
    wait_for(lambda: house.switch.orders[orders:], "the kick of the deletion")
    assert house.switch.orders[orders:] == [f"conference {room} kick all"]


def test_the_members_of_a_room(house: House) -> None:
    """GET /api/v1/conferences/{room_id}/members

    "Return active sessions joined to the conference room, paginated via an opaque cursor."

    Response — 200 OK
    {
    "room_id": "acW68-room-...",
    "members": [
    { "uuid": "acW68-...", "did": "747713001", "caller_id": "527121102", "muted": false }
    ],
    "cursor": ""
    }
    """
    room = house.app.room()
    assert ok(house.app.get(f"/conferences/{room}/members"), 200) == {"room_id": room, "members": [], "cursor": ""}
    first, second = house.join(room, house.call(number="527121102")), house.join(room)
    house.command(first, "unmute", "conference.member.unmuted")
    outside = house.call()
    body = ok(house.app.get(f"/conferences/{room}/members"), 200)
    assert body == {
        "room_id": room,
        "members": [
            {"uuid": first, "did": house.app.number, "caller_id": "527121102", "muted": False},
            {"uuid": second, "did": house.app.number, "caller_id": "+15550001111", "muted": True},
        ],
        "cursor": "",
    }
    assert outside not in str(body)
    house.command(first, "leave", "conference.member.left")
    assert [member["uuid"] for member in house.app.members(room)] == [second]


def test_the_members_page_by_page(house: House) -> None:
    """GET /api/v1/conferences/{room_id}/members

    limitintegeroptionalMaximum members to return per page.Positive integer. Default 50, clamped to 1000.
    cursorstringoptionalOpaque pagination cursor from a previous response.Pass through unchanged. Do not parse or
    persist across deploys.
    """
    room = house.app.room()
    sessions = [house.join(room) for _ in range(53)]
    path = f"/conferences/{room}/members"
    first = ok(house.app.get(path), 200)
    assert [member["uuid"] for member in first["members"]] == sessions[:50]
    house.hang_up(sessions[0])
    house.hang_up(sessions[49])
    house.hang_up(sessions[50])
    rest = ok(house.app.get(path, cursor=first["cursor"]), 200)
    assert ([member["uuid"] for member in rest["members"]], rest["cursor"]) == (sessions[51:], "")
    alive = sessions[1:49] + sessions[51:]
    assert [member["uuid"] for page in pages(house.app, path, "members", 7) for member in page] == alive
    assert len(ok(house.app.get(path, limit=10**9), 200)["members"]) == 50


def test_nobody_sees_the_members_of_anothers_room(house: House) -> None:
    """GET /api/v1/conferences/{room_id}/members "Errors: 400 invalid limit/cursor; 401 missing or invalid auth; 404
    room not found or owned by a different app."

    GET /api/v1/conferences "Errors: 400 invalid limit/cursor; 401 missing or invalid auth."
    """
    room = house.app.room()
    nobodys = "acW68-room-550e8400-e29b-41d4-a716-446655440000"
    answers = [house.other.get(f"/conferences/{one}/members") for one in (room, nobodys, "x", "acW68-room-")]
    answers.append(house.app.get(f"/conferences/{nobodys}/members"))
    for answer in answers:
        refused(answer, 404, "room-not-found")
    for path in ("/conferences", f"/conferences/{room}/members"):
        refused(house.app.ask("GET", path, headers={"X-API-Key": "wrong"}), 401, "unauthorized")
