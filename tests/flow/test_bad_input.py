"""issue 2, "Bad input": the answer of contract.md, nothing sent to the switch, nothing lost."""

import json
import logging
import socket
from collections.abc import Iterator
from typing import Any

import pytest
import requests
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from gateway.simulator.events import Part
from tests.flow.house import House, channel, ok, refused
from tests.waiting import wait_for

Json = dict[str, Any]
MIB = 1_048_576
NOBODYS_ROOM = "acW68-room-550e8400-e29b-41d4-a716-446655440000"
NOBODYS_CALL = "acW68-550e8400-e29b-41d4-a716-446655440000"
CONTRACT_STATUSES = {200, 201, 202, 400, 404, 409, 413, 429}
ROOM_POSTS = ["play", "pause", "stop", "volume"]
CALL_POSTS = ["answer", "hangup", "conference/join", "conference/leave", "conference/mute", "conference/unmute"]
EVERY_POST = ["/conferences", *(f"/conferences/{{room}}/{word}" for word in ROOM_POSTS)]
EVERY_POST += [f"/sessions/{{session}}/commands/{word}" for word in CALL_POSTS]


@pytest.fixture
def quiet(house: House) -> Iterator[tuple[str, str]]:
    """A room and a call in it; afterwards nothing was sent to the switch, and both are as they were."""
    room = house.app.room()
    session = house.join(room)
    orders, told = len(house.switch.orders), len(house.sink.of_session(session))
    yield room, session
    assert house.switch.orders[orders:] == []
    assert house.app.members(room) == [
        {"uuid": session, "did": house.app.number, "caller_id": "+15550001111", "muted": True}
    ]
    house.command(session, "unmute", "conference.member.unmuted")
    assert house.sink.names(session_id=session)[told:] == ["conference.member.unmuted"]


def post(house: House, path: str, data: bytes, content_type: str | None = "application/json") -> requests.Response:
    headers = {} if content_type is None else {"Content-Type": content_type}
    return house.app.ask("POST", path, data=data, headers=headers)


@pytest.mark.parametrize("path", EVERY_POST)
def test_malformed_json(house: House, quiet: tuple[str, str], path: str) -> None:
    """issue 2, Bad input: "malformed JSON, wrong content type"; an object is what a body is."""
    path = path.format(room=quiet[0], session=quiet[1])
    for body in (b"{", b"}", b"{'a': 1}", b'{"name": NaN}', b'{"a": "\xff"}', b"\x00", b'{"a": "\\ud800"}', b"name=x"):
        refused(post(house, path, body), 400, "malformed-json")
    for body in (b"[]", b"1", b'"x"', b"null", b"true", b"[" * 100_000, b'{"a":' * 5000):
        refused(post(house, path, body), 400, "malformed-json")
    for content_type in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "", None, "json"):
        refused(post(house, path, b'{"name": "x"}', content_type), 400, "invalid-content-type")


@pytest.mark.parametrize("path", EVERY_POST)
def test_every_wrong_field_is_named(house: House, quiet: tuple[str, str], path: str) -> None:
    """issue 2, Bad input: "Every wrong field: 400 naming the field"."""
    body = {"colour": "red", "__proto__": {}, "": 1, "name\n": "x"}
    answer = house.app.post(path.format(room=quiet[0], session=quiet[1]), body)
    assert set(body) <= set(refused(answer, 400, "invalid-input")["detail"]["fields"])


def test_a_body_of_1_mib(house: House, quiet: tuple[str, str]) -> None:
    """issue 2, Bad input: "1 MiB body"; max_body_bytes is 1048576, one more byte is 413 `body-too-large`."""
    room, session = quiet
    for path in ("/conferences", f"/conferences/{room}/play", f"/sessions/{session}/commands/hangup"):
        body = b'{"colour": "' + b"x" * (MIB - 14) + b'"}'
        assert len(body) == MIB
        assert "colour" in refused(post(house, path, body), 400, "invalid-input")["detail"]["fields"]
        refused(post(house, path, body + b" "), 413, "body-too-large")
        refused(post(house, path, b" " * (4 * MIB)), 413, "body-too-large")
        chunked = house.app.ask("POST", path, data=iter([body, b" "]), headers={"Content-Type": "application/json"})
        refused(chunked, 413, "body-too-large")
        ok(house.app.get("/conferences"), 200)


def test_a_body_that_is_promised_and_not_sent(house: House, quiet: tuple[str, str]) -> None:
    """issue 2, Bad input: nothing is done on half a request."""
    head = f"POST /api/v1/sessions/{quiet[1]}/commands/hangup HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
    head += "".join(f"{name}: {value}\r\n" for name, value in house.app.headers.items())
    with socket.create_connection(("127.0.0.1", house.gateway.port)) as connection:
        connection.sendall((head + 'Content-Length: 100\r\n\r\n{"cause"').encode())
    for length in ("-1", "x", "1e3", "99999999999999999999"):
        with socket.create_connection(("127.0.0.1", house.gateway.port)) as connection:
            connection.sendall((head + f"Content-Length: {length}\r\n\r\n").encode())
            connection.shutdown(socket.SHUT_WR)
            answer = connection.recv(4096)
        assert answer.startswith((b"HTTP/1.1 400", b"HTTP/1.1 413")), (length, answer)


EVIL = ["a\x00b", "a\nb", "a\rb", "\x00", "\n", "a\r\n\r\napi shutdown now", "a\x7fb", "a\tb"]


@pytest.mark.parametrize("text", EVIL)
def test_nul_and_newline_in_any_string(house: House, quiet: tuple[str, str], text: str) -> None:
    """issue 2, Bad input: "NUL and newline in any string"."""
    room, session = quiet
    fields: list[tuple[str, str, Json]] = [
        ("/conferences", "name", {"name": text}),
        (f"/conferences/{room}/play", "urls", {"urls": [f"http://127.0.0.1/{text}.wav"]}),
        (f"/sessions/{session}/commands/hangup", "cause", {"cause": text}),
        (f"/sessions/{session}/commands/conference/join", "room_id", {"room_id": NOBODYS_ROOM + text}),
        (f"/sessions/{session}/commands/conference/join", "name", {"name": text}),
    ]
    more: dict[str, Json] = {"volume": {"volume": 1}, "play": {"urls": ["http://127.0.0.1/x.wav"]}}
    for path in EVERY_POST[1:]:
        word = path.rpartition("/")[2]
        body = {**more.get(word, {}), "command_uid": text}
        if word == "join":
            body["room_id"] = room
        fields.append((path.format(room=room, session=session), "command_uid", body))
    for path, field, body in fields:
        answer = refused(house.app.post(path, body), 400, "invalid-input")
        assert list(answer["detail"]["fields"]) == [field], path


def test_ids_in_the_path(house: House, quiet: tuple[str, str]) -> None:
    """issue 2, Bad input: "unknown ids, other app's ids, ids of a dead call"."""
    room, session = quiet
    theirs, their_call = house.other.room(), house.call(house.other)
    dead = house.call()
    house.hang_up(dead)
    sent = len(house.switch.orders)
    wrong = [
        "%00",
        "%0A",
        f"{room}%0A",
        f"{room}%00",
        "..",
        "%2e%2e",
        "*",
        "%F0%9F%98%80",
        "%FF",
        room.upper(),
        session,
    ]
    bodies: dict[str, Json] = {"volume": {"volume": 1}, "play": {"urls": ["http://a/b.wav"]}, "join": {"room_id": room}}
    for word in ROOM_POSTS:
        for one in (NOBODYS_ROOM, *wrong):
            answer = house.app.post(f"/conferences/{one}/{word}", bodies.get(word))
            assert answer.status_code in (404, 405), (one, word, answer.text)
        refused(house.app.post(f"/conferences/{theirs}/{word}", bodies.get(word)), 403, "room-forbidden")
    for word in CALL_POSTS:
        body = bodies.get(word.rpartition("/")[2])
        for one in (NOBODYS_CALL, f"{session}%0A", f"{session}%00", "%00", "*", session.upper()):
            refused(house.app.post(f"/sessions/{one}/commands/{word}", body), 404, "session-not-found")
        refused(house.app.post(f"/sessions/{their_call}/commands/{word}", body), 403, "session-forbidden")
        refused(house.app.post(f"/sessions/{dead}/commands/{word}", body), 404, "session-ended")
    assert house.switch.orders[sent:] == []
    house.switch.api(f"uuid_kill {channel(their_call)}")
    house.sink.wait_for_event("call.completed", session_uuid=their_call)
    house.switch.forget(channel(dead), channel(their_call))


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=40),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=12,
)
FIELDS = st.sampled_from(["name", "urls", "volume", "room_id", "command_uid", "cause", "x"])
BODIES = st.dictionaries(FIELDS, JSON_VALUES, max_size=4) | JSON_VALUES


@settings(
    max_examples=250, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], derandomize=True
)
@given(path=st.sampled_from(EVERY_POST), body=BODIES)
@example(path=EVERY_POST[1], body={"urls": ["http://a", 1]})
@example(path=EVERY_POST[7], body={"room_id": "x"})
@example(path=EVERY_POST[4], body={"volume": 10**400})
def test_any_json_gets_an_answer_of_the_contract(house: House, path: str, body: object) -> None:
    """issue 2, Bad input, for every POST: a status that the contract knows, in the one shape of errors; never a 500."""
    path = path.format(room=NOBODYS_ROOM, session=NOBODYS_CALL)
    answer = post(house, path, json.dumps(body).encode())
    assert answer.status_code in CONTRACT_STATUSES, answer.text
    if answer.status_code >= 400:
        assert set(answer.json()) == {"success", "error", "error_id", "detail"}


@settings(
    max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], derandomize=True
)
@given(path=st.sampled_from(EVERY_POST), body=st.binary(max_size=200), query=st.text(max_size=20))
def test_any_bytes_get_an_answer_of_the_contract(house: House, path: str, body: bytes, query: str) -> None:
    """issue 2, Bad input: bytes that are no JSON; and any text as cursor, limit or status of the lists."""
    answer = post(house, path.format(room=NOBODYS_ROOM, session=NOBODYS_CALL), body)
    assert answer.status_code in {400, 404}, answer.text
    for listed in ("/conferences", "/sessions"):
        for name in ("cursor", "limit", "status"):
            assert house.app.get(listed, **{name: query}).status_code in {200, 400}


@pytest.mark.parametrize("garbage", ["json", "utf8", "text"])
def test_a_frame_that_cannot_be_parsed(
    house: House, quiet: tuple[str, str], garbage: str, caplog: pytest.LogCaptureFixture
) -> None:
    """issue 2, Bad input: "A frame from the switch that cannot be parsed is logged, counted and skipped; the connection
    lives."
    """
    counters = house.gateway.pool.nodes[0].counters
    bad, connects = counters.bad_frames, counters.connects
    with caplog.at_level(logging.WARNING, "gateway"):
        house.switch.fault(f"garbage {garbage}")
        wait_for(lambda: counters.bad_frames > bad or garbage == "utf8", "it is counted")
        caller = house.call()
    if garbage != "utf8":  # one byte of text that is not UTF-8 spoils no event
        assert caplog.records
    assert (counters.connects, counters.losses) == (connects, 0)
    assert house.app.status(quiet[0])["members"] == 1
    house.hang_up(caller)
    house.switch.forget(channel(caller))


@pytest.mark.parametrize(
    "headers",
    [
        {"Action": "add-member"},
        {"Action": "add-member", "Conference-Unique-ID": "x", "Unique-ID": "y", "Member-ID": "z", "Speak": "true"},
        {"Action": "mute-member", "Conference-Unique-ID": "x"},
        {"Action": "play-file-done", "File": "{operation_id=x}y"},
        {"Action": "floor-change"},
        {"Action": "no-such-action"},
        {},
    ],
)
def test_an_event_that_makes_no_sense(house: House, quiet: tuple[str, str], headers: dict[str, str]) -> None:
    """house rule 3: "what fails alone is logged, counted and skipped" — what comes behind it is applied."""
    room = quiet[0]
    part = Part([("Conference-Name", room), *headers.items()])
    house.switch.board.core.bus.fire("CUSTOM", [part], "conference::maintenance")
    assert house.gateway.pool.nodes[0].connected
    assert house.app.status(room)["members"] == 1
