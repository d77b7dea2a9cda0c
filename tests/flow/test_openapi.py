"""The API's description, /api/v1/openapi.json: what it says of answers is what the gateway answers."""

from typing import Any

import pytest
import requests

from tests.flow.house import House, refused

Json = dict[str, Any]
_TYPES: dict[str, type[Any]] = {"string": str, "integer": int, "boolean": bool, "object": dict, "array": list}


@pytest.fixture
def described(house: House) -> Json:
    answer: Json = house.app.get("/openapi.json").json()
    return answer


def test_it_is_made_once(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is open to all, and each making of it would keep all others waiting for 10 ms."""
    first = house.app.get("/openapi.json")
    assert first.headers["Content-Type"] == "application/json"
    monkeypatch.setattr("apispec.APISpec.to_dict", None)
    assert house.app.get("/openapi.json").content == first.content


def _faults(described: Json, schema: Json, value: Any, at: str = "$") -> list[str]:
    """What in `value` is not as `schema` says: of JSON Schema what our descriptions use."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return _faults(described, described["components"]["schemas"][name], value, at)
    if value is None:
        return [] if schema.get("nullable") else [f"{at} is null"]
    if value.__class__ is not _TYPES[schema["type"]]:  # True is no integer
        return [f"{at} is no {schema['type']}: {value!r}"]
    found: list[str] = []
    if isinstance(value, dict) and "properties" in schema:
        known = schema["properties"]
        found += [f"{at}.{name} is missing" for name in schema.get("required", ()) if name not in value]
        found += [f"{at}.{name} is not described" for name in value if name not in known]
        for name, inner in known.items():
            found += _faults(described, inner, value[name], f"{at}.{name}") if name in value else []
    if isinstance(value, list):
        for number, item in enumerate(value):
            found += _faults(described, schema["items"], item, f"{at}[{number}]")
    return found


def _check(described: Json, answer: requests.Response, path: str) -> None:
    """`path` as it is described."""
    assert answer.request.method is not None
    responses = described["paths"]["/api/v1" + path][answer.request.method.lower()]["responses"]
    said = responses.get(str(answer.status_code)) or responses["default"]
    if "$ref" in said:
        said = described["components"]["responses"][said["$ref"].rpartition("/")[2]]
    faults = _faults(described, said["content"]["application/json"]["schema"], answer.json())
    assert not faults, f"{answer.request.method} {path} {answer.status_code}: {faults}"


def test_every_call_of_the_contract_says_what_it_answers(described: Json) -> None:
    """contracts/gateway-conferences.txt: its thirteen calls."""
    room, session = "/conferences/{room}", "/sessions/{uuid}/commands/conference"
    contract = [("post", "/conferences"), ("get", "/conferences"), ("get", room), ("delete", room)]
    contract += [("get", f"{room}/members")]
    contract += [("post", f"{room}/{command}") for command in ("play", "pause", "stop", "volume")]
    contract += [("post", f"{session}/{command}") for command in ("join", "leave", "mute", "unmute")]
    for method, path in contract:
        assert any(status.startswith("2") for status in described["paths"]["/api/v1" + path][method]["responses"]), (
            f"{method} {path}"
        )


def test_who_may_say_nothing_needs_no_body(described: Json) -> None:
    posts = described["paths"]
    mute = posts["/api/v1/sessions/{uuid}/commands/conference/mute"]["post"]
    assert mute["requestBody"]["required"] is False
    assert posts["/api/v1/conferences"]["post"]["requestBody"]["required"] is True


def test_a_resend_is_no_command(house: House, described: Json) -> None:
    """No command_uid comes back from it, so none is taken."""
    path = "/api/v1/webhooks/deliveries/{key}/resend"
    schema = described["paths"][path]["post"]["requestBody"]["content"]["application/json"]["schema"]
    name = schema["$ref"].rpartition("/")[2]
    assert not described["components"]["schemas"][name].get("properties")
    refused(house.app.post("/webhooks/deliveries/1/resend", {"command_uid": "again"}), 400, "invalid-input")


def test_the_answers_are_as_described(house: House, described: Json) -> None:
    """A room's life, its calls' and its webhooks', each answer of it."""
    app, room_path = house.app, "/conferences/{room}"
    created = app.post("/conferences", {"name": "described"})
    _check(described, created, "/conferences")
    room = created.json()["room_id"]
    _check(described, app.post("/conferences", {"name": "described"}), "/conferences")  # 409
    _check(described, app.post("/conferences", {}), "/conferences")  # 400
    session = house.join(room)
    commands = "/sessions/{uuid}/commands/conference/"
    _check(described, app.command(session, "conference/join", {"room_id": room}), commands + "join")  # 200
    _check(described, app.command(session, "conference/unmute", {"command_uid": "d1"}), commands + "unmute")
    house.sink.wait_for_event("conference.member.unmuted", session_uuid=session)
    _check(described, app.command(session, "conference/unmute"), commands + "unmute")  # 429
    house.forget_cooldowns()
    _check(described, app.command(session, "conference/mute"), commands + "mute")
    _check(described, app.at(room, "stop"), room_path + "/stop")  # 200
    _check(described, app.at(room, "play", {"urls": [house.jukebox.url(30)]}), room_path + "/play")
    for command, told in (("start", "started"), ("stop", "completed")):
        house.forget_cooldowns()
        _check(described, app.at(room, f"record/{command}"), f"{room_path}/record/{command}")
        house.sink.wait_for_event(f"conference.recording.{told}", room_id=room)
    house.forget_cooldowns()
    for command, body in (("pause", None), ("volume", {"volume": 1}), ("stop", {"command_uid": "d2"})):
        _check(described, app.at(room, command, body), f"{room_path}/{command}")
        house.forget_cooldowns()
    _check_what_is_shown(house, described, room, session)
    _check(described, app.command(session, "conference/leave"), commands + "leave")
    house.sink.wait_for_event("conference.member.left", session_uuid=session)
    _check(described, app.get("/records"), "/records")
    _check(described, app.get("/records?kind=rooms"), "/records")  # 400
    _check(described, app.command(session, "hangup"), "/sessions/{uuid}/commands/hangup")
    _check(described, app.delete(f"/conferences/{room}"), room_path)
    _check(described, app.delete(f"/conferences/{room}"), room_path)  # 404


def _check_what_is_shown(house: House, described: Json, room: str, session: str) -> None:
    """Of a room with a call in it, and of the webhooks about them."""
    app, room_path = house.app, "/conferences/{room}"
    for path, asked in (
        ("/conferences", "/conferences"),
        (room_path, f"/conferences/{room}"),
        (room_path + "/members", f"/conferences/{room}/members"),
        ("/recordings", "/recordings"),
        ("/sessions", "/sessions"),
        ("/sessions/{uuid}", f"/sessions/{session}"),
        ("/webhooks/endpoints", "/webhooks/endpoints"),
        ("/webhooks/deliveries", "/webhooks/deliveries?state=all"),
    ):
        _check(described, app.get(asked), path)
    event = house.sink.wait_for_event("conference.member.joined", session_uuid=session)["id"]
    _check(described, app.get(f"/webhooks/deliveries/{event}"), "/webhooks/deliveries/{key}")
    _check(described, app.post(f"/webhooks/deliveries/{event}/resend"), "/webhooks/deliveries/{key}/resend")
