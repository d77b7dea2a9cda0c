"""POST /api/v1/conferences of contracts/gateway-conferences.txt, sentence by sentence."""

import json
import re
import subprocess

import gevent
import pytest

from gateway.domain.ids import new_uuid
from tests.flow.house import House, ok, refused
from tests.flow.watched_switch import NODE

ROOM_ID = r"[A-Za-z0-9]{5}-room-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"


def test_a_room_is_made_on_a_node_with_an_id_of_its_own(house: House) -> None:
    """POST /api/v1/conferences

    "Create a new conference room. The gateway picks a source node, generates a unique room_id, and checks for
    duplicate names within your application."

    Response — 201 Created
    {
    "room_id": "acW68-room-550e8400-e29b-41d4-a716-446655440000"
    }
    """
    rooms = set()
    for number in range(3):
        answer = house.app.post("/conferences", {"name": f"made-{number}"})
        body = ok(answer, 201)
        assert set(body) == {"room_id"}
        assert re.fullmatch(ROOM_ID, body["room_id"])
        assert body["room_id"].startswith(f"{NODE}-room-")
        assert answer.headers["Content-Type"] == "application/json"
        rooms.add(body["room_id"])
    assert len(rooms) == 3


def test_a_taken_name_gives_the_room_that_has_it(house: House) -> None:
    """POST /api/v1/conferences

    Error — 409 Conflict. If the conference name is already taken for your app, the existing room_id is returned
    under detail so the caller can reuse it:
    {
    "success": false,
    "error": "Conference name already taken for this application",
    "detail": { "room_id": "acW68-room-existing-uuid-here" }
    }
    """
    room = house.app.room("taken")
    body = refused(house.app.post("/conferences", {"name": "taken"}), 409, "conference-name-taken")
    assert body["error"] == "Conference name already taken for this application"
    assert body["detail"] == {"room_id": room}
    assert house.app.status(body["detail"]["room_id"])["name"] == "taken"


def test_names_are_unique_for_one_app_among_living_rooms(house: House) -> None:
    """contract.md, Names: "(app, name) is unique among living rooms, case-sensitive"."""
    room = house.app.room("shared")
    assert house.app.room("Shared") != room
    assert house.other.room("shared") != room
    ok(house.app.delete(f"/conferences/{room}"), 200)
    assert house.app.room("shared") != room


def test_of_many_at_once_one_gets_the_name(house: House) -> None:
    """POST /api/v1/conferences: "checks for duplicate names within your application", also when asked at once."""
    name = f"race-{new_uuid()}"
    asked = [gevent.spawn(house.app.post, "/conferences", {"name": name}) for _ in range(12)]
    gevent.joinall(asked, raise_error=True)
    answers = [one.value for one in asked]
    assert sorted(answer.status_code for answer in answers) == [201, *[409] * 11]
    made = next(answer.json()["room_id"] for answer in answers if answer.status_code == 201)
    assert {answer.json()["detail"]["room_id"] for answer in answers if answer.status_code == 409} == {made}


@pytest.mark.parametrize("name", ["a", "Z", "0", "a-b_c", "9-", "x_", "n" * 64, "weekly-standup"])
def test_names_that_are_accepted(house: House, name: str) -> None:
    """POST /api/v1/conferences

    namestringrequiredConference name. Used as a human-readable identifier.Alphanumeric, hyphens, underscores only.
    Must start with alphanumeric. Max 64 chars.
    """
    app = house.new_app()
    room = app.room(name)
    assert app.status(room)["name"] == name
    assert [one["name"] for one in ok(app.get("/conferences"), 200)["conferences"]] == [name]


@pytest.mark.parametrize(
    "name",
    [
        "", " ", "-a", "_a", ".a", "a.b", "a b", "a/b", "a\n", "a\x00", "\na", "ä", "a${b}", "n" * 65, "\u0661",
        "a\u0301",
        None, 1, 1.5, True, [], {}, ["a"],
    ],
)  # fmt: skip
def test_names_that_are_not(house: House, name: object) -> None:
    """POST /api/v1/conferences: "Alphanumeric, hyphens, underscores only. Must start with alphanumeric. Max 64 chars."

    contract.md, Names: "POST /conferences refuses the dot, as its contract says"; Errors: "validation is 400 with
    `detail.fields`".
    """
    body = refused(house.app.post("/conferences", {"name": name}), 400, "invalid-input")
    assert list(body["detail"]["fields"]) == ["name"]
    assert body["detail"]["fields"]["name"]
    assert name not in [room["name"] for room in ok(house.app.get("/conferences"), 200)["conferences"]]


def test_the_name_is_required_and_nothing_else_is_known(house: House) -> None:
    """POST /api/v1/conferences: name "required"; an unknown field is refused by its name."""
    assert list(refused(house.app.post("/conferences", {}), 400, "invalid-input")["detail"]["fields"]) == ["name"]
    assert list(refused(house.app.post("/conferences"), 400, "invalid-input")["detail"]["fields"]) == ["name"]
    body = refused(house.app.post("/conferences", {"name": "x1", "nmae": "x"}), 400, "invalid-input")
    assert list(body["detail"]["fields"]) == ["nmae"]


def test_the_example_works_when_pasted(house: House) -> None:
    r"""POST /api/v1/conferences

    curl -X POST https://gateway.example.com/api/v1/conferences \
      -H "X-App-ID: YOUR_APP_ID" \
      -H "X-API-Key: YOUR_API_KEY" \
      -H "Content-Type: application/json" \
      -d '{"name": "weekly-standup"}'
    """
    app = house.new_app()
    example = (test_the_example_works_when_pasted.__doc__ or "").partition("curl ")[2]
    assert re.fullmatch(ROOM_ID, pasted(house, app.id, app.key, "curl " + example)["room_id"])


def pasted(house: House, app_id: str, key: str, example: str) -> dict[str, str]:
    """What the contract's example prints in a shell, with our address and keys for its own."""
    line = example.replace("https://gateway.example.com", house.base)
    line = line.replace("YOUR_APP_ID", app_id).replace("YOUR_API_KEY", key).replace("curl ", "curl -sS ", 1)
    done = subprocess.run(["sh", "-c", line], capture_output=True, text=True, timeout=20, check=True)
    answer: dict[str, str] = json.loads(done.stdout)
    return answer


def test_it_is_told_at_once(house: House) -> None:
    """POST /api/v1/conferences

    Triggered webhooks
      • conference.created — immediate; includes room_id and name.
    """
    room = house.app.room("told")
    told = house.sink.wait_for_event("conference.created", room_id=room)
    assert told["data"] == {"room_id": room, "name": "told"}
    assert (told["room_id"], told["app_id"], told["room_sequence"]) == (room, house.app.id, 1)
    assert "session_uuid" not in told
    assert "sequence" not in told


def test_a_room_lives_until_it_is_deleted(house: House) -> None:
    """contract.md, Names: "A room made by POST lives until DELETE: conference.created; conference.started at the first
    member in, conference.ended when empty, started again at the next."
    """
    room = house.app.room()
    first = house.join(room)
    second = house.join(room)
    for session in (first, second):
        house.command(session, "leave", "conference.member.left")
    house.join(room, first)
    house.command(first, "leave", "conference.member.left")
    house.sink.wait_for(lambda: house.sink.names(room).count("conference.ended") == 2, "it ended twice")
    assert [name for name in house.sink.names(room) if name.count(".") == 1 and "floor" not in name] == [
        "conference.created",
        "conference.started",
        "conference.ended",
        "conference.started",
        "conference.ended",
    ]
    assert house.app.status(room)["members"] == 0
