"""Authentication, ownership, errors and cooldowns of contracts/gateway-conferences.txt, over every endpoint."""

import time
from collections.abc import Callable
from typing import Any

import gevent
import pytest
import requests

from tests.flow.house import Client, House, ok, refused
from tests.waiting import wait_for

Json = dict[str, Any]
AUDIO = {"urls": ["http://127.0.0.1:9/a.wav"]}
ROOM_LEVEL: list[tuple[str, str, Json | None]] = [
    ("GET", "/conferences/{room}", None),
    ("DELETE", "/conferences/{room}", None),
    ("POST", "/conferences/{room}/play", AUDIO),
    ("POST", "/conferences/{room}/pause", None),
    ("POST", "/conferences/{room}/stop", None),
    ("POST", "/conferences/{room}/volume", {"volume": 1}),
]
SESSION_LEVEL: list[tuple[str, str, Json | None]] = [
    ("POST", "/sessions/{session}/commands/conference/join", {"room_id": "{room}"}),
    ("POST", "/sessions/{session}/commands/conference/leave", None),
    ("POST", "/sessions/{session}/commands/conference/mute", None),
    ("POST", "/sessions/{session}/commands/conference/unmute", None),
]
OTHERS: list[tuple[str, str, Json | None]] = [
    ("POST", "/conferences", {"name": "x"}),
    ("GET", "/conferences", None),
    ("GET", "/conferences/{room}/members", None),
]
NOBODYS_ROOM = "acW68-room-550e8400-e29b-41d4-a716-446655440000"
NOBODYS_CALL = "acW68-550e8400-e29b-41d4-a716-446655440000"


def ask(app: Client, case: tuple[str, str, Json | None], room: str, session: str, **more: Any) -> requests.Response:
    method, path, body = case
    if body is not None and "room_id" in body:
        body = {"room_id": room}
    return app.ask(method, path.format(room=room, session=session), body, **more)


def name_of(case: tuple[str, str, Json | None]) -> str:
    return f"{case[0]} {case[1]}"


def test_two_groups_of_endpoints(house: House) -> None:
    """Create and manage conference rooms, control room-level playback, and manage individual participant sessions
    (join, leave, mute, unmute). Conference endpoints are split into two groups: room-level endpoints and
    session-level commands.
    """
    described = ok(house.app.get("/openapi.json"), 200)["paths"]
    there = {f"{method.upper()} {path}" for path, methods in described.items() for method in methods}
    for method, path, _ in ROOM_LEVEL + SESSION_LEVEL + OTHERS:
        path = "/api/v1" + path
        assert f"{method} {path.format(room='{room}', session='{uuid}')}" in there


@pytest.mark.parametrize("case", ROOM_LEVEL + SESSION_LEVEL + OTHERS, ids=name_of)
def test_authentication(house: House, case: tuple[str, str, Json | None]) -> None:
    """All conference endpoints require App authentication via X-App-ID and X-API-Key headers.

    401Missing or invalid X-API-Key.
    """
    room, session = house.app.room(), NOBODYS_CALL
    wrong: list[dict[str, str | None]] = [
        {"X-API-Key": None},
        {"X-App-ID": None},
        {"X-API-Key": None, "X-App-ID": None},
        {"X-API-Key": ""},
        {"X-API-Key": house.other.key},
        {"X-App-ID": house.other.id},
        {"X-App-ID": "app_nobody"},
        {"X-API-Key": house.app.key + "x"},
        {"X-API-Key": "é"},
    ]
    bodies = set()
    for headers in wrong:
        answer = ask(house.app, case, room, session, headers=headers)
        refused(answer, 401, "unauthorized")
        bodies.add(answer.content)
    assert len(bodies) == 1, "the same answer for an unknown id and a wrong key"
    malformed = house.app.ask(case[0], case[1].format(room=room, session=session), data=b"{", headers=wrong[3])
    refused(malformed, 401, "unauthorized")
    assert house.app.status(room)["members"] == 0


@pytest.mark.parametrize("case", ROOM_LEVEL, ids=name_of)
def test_rooms_are_ones_own(house: House, case: tuple[str, str, Json | None]) -> None:
    """Room-level endpoints (GET, DELETE, play, pause, stop, volume) additionally require room ownership validation:
    the room must exist and its app_id must match your X-App-ID.

    403Room or session belongs to a different application.
    404Room not found, session not found, or session not in a conference.
    """
    room = house.app.room()
    house.join(room)
    orders = house.orders_for(room)
    refused(ask(house.other, case, room, ""), 403, "room-forbidden")
    for nobodys in (NOBODYS_ROOM, "standup", "acW68-room-", "%00", "a" * 5000):
        refused(ask(house.app, case, nobodys, ""), 404, "room-not-found")
    assert house.orders_for(room) == orders
    assert house.app.status(room)["members"] == 1


@pytest.mark.parametrize("case", SESSION_LEVEL, ids=name_of)
def test_sessions_are_ones_own(house: House, case: tuple[str, str, Json | None]) -> None:
    """Session-level conference commands (join, leave, mute, unmute) require session ownership: the session must exist
    and belong to your application.

    These commands are sent to individual call sessions to manage their conference membership. They use the standard
    session command path.

    403Room or session belongs to a different application.
    404Room not found, session not found, or session not in a conference.
    """
    theirs = house.other.room()
    room = house.app.room()
    session = house.join(room)
    orders = house.orders_for(session)
    refused(ask(house.other, case, theirs, session), 403, "session-forbidden")
    for nobodys in (NOBODYS_CALL, "x", room, "acW68-", session.upper(), session[6:], "%0A"):
        refused(ask(house.app, case, room, nobodys), 404, "session-not-found")
    assert house.orders_for(session) == orders
    house.hang_up(session)
    refused(ask(house.app, case, room, session), 404, "session-ended")
    refused(ask(house.other, case, theirs, session), 403, "session-forbidden")


def test_the_statuses_of_the_page(house: House) -> None:
    """StatusCondition

    400Invalid name, room_id format, volume range, or malformed JSON.
    409Conference name already taken, session in different room, already muted/unmuted, or still joining.
    """
    app, room = house.app, house.app.room("page")
    session = house.join(room)
    refused(app.post("/conferences", {"name": "-"}), 400, "invalid-input")
    refused(app.command(session, "conference/join", {"room_id": "page"}), 400, "invalid-input")
    refused(app.at(room, "volume", {"volume": 8}), 400, "invalid-input")
    refused(
        app.ask("POST", "/conferences", data=b"{", headers={"Content-Type": "application/json"}), 400, "malformed-json"
    )
    refused(app.post("/conferences", {"name": "page"}), 409, "conference-name-taken")
    refused(app.command(session, "conference/join", {"room_id": app.room()}), 409, "in-different-room")
    refused(app.command(session, "conference/mute"), 409, "already-muted")


def test_other_methods_and_paths(house: House) -> None:
    """contract.md, Errors: one shape on every front, for what no route knows, too."""
    refused(house.app.ask("PUT", "/conferences"), 405, "method-not-allowed")
    refused(house.app.ask("GET", "/conferences/x/play"), 405, "method-not-allowed")
    refused(house.app.get("/nothing"), 404, "not-found")


Act = Callable[[], requests.Response]


def cooldown(first: Act, then: dict[str, Act], window_ms: int) -> None:
    """`first` is taken and closes the group for `window_ms`: all of `then` answer 429 until it is over."""
    ok(first(), 202)
    began = time.monotonic()
    for name, act in then.items():
        answer = act()
        body = refused(answer, 429, "rate-limited")
        left = body["detail"]["retry_after_ms"]
        assert 0 < left <= window_ms, name
        assert answer.headers["Retry-After"] == str(max(1, -(-left // 1000))), name
    opened: list[requests.Response] = []

    def is_open() -> bool:
        opened.append(then[next(iter(then))]())
        return opened[-1].status_code != 429

    wait_for(is_open, "the group is open again", 5)
    passed_ms = (time.monotonic() - began) * 1000
    assert window_ms - 60 <= passed_ms < window_ms + 1500


def test_the_cooldown_of_join_and_leave(house: House) -> None:
    """POST /api/v1/sessions/{uuid}/commands/conference/join
    Rate limitconference group, 2 s cooldown per session. Shared with conference/leave.

    POST /api/v1/sessions/{uuid}/commands/conference/leave
    Rate limitconference group, 2 s cooldown per session. Shared with conference/join.

    See the Rate limits guide for cooldown windows and 429 retry semantics.
    429Rate limit exceeded (global or per-command/room cooldown).
    """
    room, session, other = house.app.room(), house.call(), house.call()

    def join() -> requests.Response:
        return house.app.command(session, "conference/join", {"room_id": room})

    def leave() -> requests.Response:
        return house.app.command(session, "conference/leave")

    watch = gevent.spawn(cooldown, join, {"leave": leave, "join": join}, 2000)
    house.sink.wait_for_event("conference.member.joined", session_uuid=session)
    ok(house.app.command(other, "conference/join", {"room_id": room}), 202)  # another session is not held back
    ok(house.app.at(room, "play", {"urls": [house.jukebox.url(0.1)]}), 202)  # nor is another group
    watch.get()
    wait_for(lambda: session not in house.switch.seats(room), "the leave that was let through")


def test_the_cooldown_of_mute_and_unmute(house: House) -> None:
    """POST /api/v1/sessions/{uuid}/commands/conference/mute
    Rate limitconference_mute group, 2 s cooldown per session. Shared with conference/unmute.

    POST /api/v1/sessions/{uuid}/commands/conference/unmute
    Rate limitconference_mute group, 2 s cooldown per session. Shared with conference/mute.

    429Rate limit exceeded (global or per-command/room cooldown).
    """
    room = house.app.room()
    session, other = house.join(room), house.join(room)

    def unmute() -> requests.Response:
        return house.app.command(session, "conference/unmute")

    def mute() -> requests.Response:
        return house.app.command(session, "conference/mute")

    watch = gevent.spawn(cooldown, unmute, {"mute": mute, "unmute": unmute}, 2000)
    house.sink.wait_for_event("conference.member.unmuted", session_uuid=session)
    ok(house.app.command(other, "conference/unmute"), 202)
    watch.get()


def test_the_cooldown_of_play(house: House) -> None:
    """POST /api/v1/conferences/{room_id}/play
    Rate limitconf_play group, 2 s cooldown per room.

    429Rate limit exceeded (global or per-command/room cooldown).
    """
    room, other = house.app.room(), house.app.room()
    house.join(room)
    house.join(other)
    urls = {"urls": [house.jukebox.url(0.05)]}

    def play() -> requests.Response:
        return house.app.at(room, "play", urls)

    watch = gevent.spawn(cooldown, play, {"play": play}, 2000)
    wait_for(lambda: house.orders_for(room), "the first play is sent")
    ok(house.app.at(other, "play", urls), 202)
    ok(house.app.at(room, "volume", {"volume": 1}), 202)
    watch.get()


@pytest.mark.parametrize("first", ["pause", "stop", "volume"])
def test_the_cooldown_of_pause_stop_and_volume(house: House, first: str) -> None:
    """POST /api/v1/conferences/{room_id}/pause
    Rate limitconference_control group, 200 ms cooldown per room. Shared with stop and volume.

    POST /api/v1/conferences/{room_id}/stop
    Rate limitconference_control group, 200 ms cooldown per room. Shared with pause and volume.

    POST /api/v1/conferences/{room_id}/volume
    Rate limitconference_control group, 200 ms cooldown per room. Shared with pause and stop.

    429Rate limit exceeded (global or per-command/room cooldown).
    """
    room, other = house.app.room(), house.app.room()
    house.join(room)
    ok(house.app.at(room, "play", {"urls": [house.jukebox.url(30)]}), 202)
    wait_for(lambda: house.switch.plays(room), "the file is in the switch")
    acts: dict[str, Act] = {
        "pause": lambda: house.app.at(room, "pause"),
        "stop": lambda: house.app.at(room, "stop"),
        "volume": lambda: house.app.at(room, "volume", {"volume": 2}),
    }
    cooldown(acts[first], acts, 200)
    house.forget_cooldowns()
    ok(house.app.at(room, "volume", {"volume": 3}), 202)
    ok(house.app.at(other, "volume", {"volume": 3}), 202)


def test_a_refusal_starts_no_cooldown(house: House) -> None:
    """contract.md, Errors: "A request refused with 4xx starts no cooldown." — a 429 does not lengthen it, either."""
    room, session = house.app.room(), house.call()
    command = "conference/join"
    refused(house.app.command(session, command, {"room_id": "x"}), 400, "invalid-input")
    refused(house.app.command(session, command, {"room_id": NOBODYS_ROOM}), 404, "room-not-found")
    refused(house.other.command(session, command, {"room_id": house.other.room()}), 403, "session-forbidden")
    refused(house.app.command(session, "conference/leave"), 404, "not-in-conference")
    ok(house.app.command(session, command, {"room_id": room}), 202)
    first = refused(house.app.command(session, "conference/leave"), 429, "rate-limited")["detail"]["retry_after_ms"]
    second = refused(house.app.command(session, "conference/leave"), 429, "rate-limited")["detail"]["retry_after_ms"]
    assert second <= first
    house.sink.wait_for_event("conference.member.joined", session_uuid=session)
