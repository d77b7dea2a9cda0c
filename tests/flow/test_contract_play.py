"""POST /api/v1/conferences/{room_id}/play of contracts/gateway-conferences.txt, and "Room playback" of contract.md."""

import re
from typing import Any

import pytest

from tests.flow.house import House, is_operation_id, ok, refused
from tests.flow.test_contract_create import pasted
from tests.waiting import wait_for

Json = dict[str, Any]


def plays(house: House, room: str) -> list[str]:
    """The play commands that the switch got for a room."""
    return [line for line in house.switch.orders if line.startswith(f"conference {room} play ")]


def finished(house: House, operation: str) -> Json:
    return house.sink.wait_for_event("conference.play.finished", operation_id=operation)


def test_urls_play_one_after_the_other(house: House) -> None:
    """POST /api/v1/conferences/{room_id}/play

    "Start playing audio URLs into the conference room. Each URL is dispatched as a separate conference play command."

    Response — 202 Accepted
    {
    "operation_id": "a1b2c3d4-e5f6-7890-abcd-ef1234567890",
    "status": "in_progress"
    }
    """
    room = house.app.room()
    house.join(room)
    body = ok(house.app.at(room, "play", {"urls": [house.jukebox.url(0.1, name) for name in "abc"]}), 202)
    operation = body["operation_id"]
    assert body == {"operation_id": operation, "status": "in_progress"}
    assert is_operation_id(operation)
    finished(house, operation)
    sent = plays(house, room)
    assert [re.findall(r"operation_id=([^}]+)}", line) for line in sent] == [[f"{operation}.{n}"] for n in range(3)]


def test_one_file_of_a_room_is_in_the_switch_at_a_time(house: House) -> None:
    """contract.md, Room playback: "one file of a room is in the switch at a time, sent as `bgapi conference R play
    {vol=V,operation_id=…}FILE` when the one before is done or failed. Native play queues behind what runs".
    """
    room = house.app.room()
    house.join(room)
    first = ok(house.app.at(room, "play", {"urls": [house.jukebox.url(0.4), house.jukebox.url(0.1)]}), 202)
    house.forget_cooldowns()
    second = ok(house.app.at(room, "play", {"urls": [house.jukebox.url(0.1, "next")]}), 202)
    wait_for(lambda: plays(house, room), "the first file is sent")
    assert len(plays(house, room)) == 1
    assert house.app.status(room)["playback_operation_id"] == first["operation_id"]
    finished(house, second["operation_id"])
    order = [(e["event"], e["data"].get("operation_id")) for e in house.sink.of_room(room) if ".play." in e["event"]]
    assert order == [
        ("conference.play.started", first["operation_id"]),
        ("conference.play.started", second["operation_id"]),
        ("conference.play.finished", first["operation_id"]),
        ("conference.play.finished", second["operation_id"]),
    ]
    tokens = [re.findall(r"\{vol=0,operation_id=([^}]+)}", line)[0] for line in plays(house, room)]
    assert tokens == [f"{first['operation_id']}.0", f"{first['operation_id']}.1", f"{second['operation_id']}.0"]


def test_what_is_told_of_a_playback(house: House) -> None:
    """POST /api/v1/conferences/{room_id}/play

    Triggered webhooks
      • conference.play.started — immediate; includes room_id, urls, operation_id.
      • conference.play.finished — deferred; fires when playback completes.
    """
    room = house.app.room()
    house.join(room)
    urls = [house.jukebox.url(0.3)]
    operation = ok(house.app.at(room, "play", {"urls": urls, "command_uid": "p-1"}), 202)["operation_id"]
    started = house.sink.wait_for_event("conference.play.started", operation_id=operation)
    assert started["data"] == {"room_id": room, "urls": urls, "operation_id": operation, "command_uid": "p-1"}
    assert "conference.play.finished" not in house.sink.names(room)
    told = finished(house, operation)["data"]
    assert told == {"room_id": room, "operation_id": operation, "played": 1, "failed": 0, "command_uid": "p-1"}
    assert house.app.status(room)["playback_status"] == "stopped"


def test_a_file_that_cannot_be_played(house: House) -> None:
    """contract.md, Room playback: "A file that cannot be played: conference.play.failed with URL and reason, the rest
    goes on; conference.play.finished comes once after the last file with `played` and `failed` counts."
    """
    room = house.app.room()
    house.join(room)
    missing, refusing = house.jukebox.missing(), "http://127.0.0.1:9/none.wav"
    urls = [missing, house.jukebox.url(0.1), refusing, house.jukebox.url(0.1, "b"), house.sink.url("/x.wav")[:-6]]
    operation = ok(house.app.at(room, "play", {"urls": urls}), 202)["operation_id"]
    told = finished(house, operation)["data"]
    assert (told["played"], told["failed"]) == (2, 3)
    failed = house.sink.find("conference.play.failed", operation_id=operation)
    assert [event["data"]["url"] for event in failed] == [missing, refusing, urls[4]]
    assert all(event["data"]["reason"] and event["data"]["room_id"] == room for event in failed)
    assert house.sink.names(room)[-1] == "conference.play.finished"
    assert len(plays(house, room)) == 2


def test_an_empty_room_hears_nothing(house: House) -> None:
    """contract.md, Names: "Commands to a room with nobody in it: play, speak, record: 409 `conference-empty`"."""
    room = house.app.room()
    for _ in range(2):  # and no cooldown began
        refused(house.app.at(room, "play", {"urls": [house.jukebox.url(1)]}), 409, "conference-empty")
    session = house.join(room)
    house.command(session, "leave", "conference.member.left")
    refused(house.app.at(room, "play", {"urls": [house.jukebox.url(1)]}), 409, "conference-empty")
    assert plays(house, room) == []
    assert "conference.play.started" not in house.sink.names(room)


def test_the_last_member_ends_what_plays(house: House) -> None:
    """contract.md, Room playback: "A playback cut by stop, interrupt or the last member leaving ends in
    conference.play.stopped (`reason`: stopped, interrupted, room_empty), never in finished."
    """
    room = house.app.room()
    session = house.join(room)
    operations = []
    for _ in range(2):
        operations.append(ok(house.app.at(room, "play", {"urls": [house.jukebox.url(20)]}), 202)["operation_id"])
        house.forget_cooldowns()
    wait_for(lambda: plays(house, room), "the file is in the switch")
    house.hang_up(session)
    house.sink.wait_for_event("conference.ended", room_id=room)
    stopped = house.sink.find("conference.play.stopped", room_id=room)
    assert [(e["data"]["operation_id"], e["data"]["reason"]) for e in stopped] == [
        (operation, "room_empty") for operation in operations
    ]
    assert "conference.play.finished" not in house.sink.names(room)
    assert house.app.status(room)["playback_operation_id"] == ""


def test_how_many_files(house: House) -> None:
    """POST /api/v1/conferences/{room_id}/play

    urlsstring[]requiredHTTP/HTTPS URLs of audio files to play into the room.Max 128 files.
    """
    room = house.app.room()
    house.join(room)
    url = house.jukebox.url(0.001)
    for urls in ([], [url] * 129):
        body = refused(house.app.at(room, "play", {"urls": urls}), 400, "invalid-input")
        assert list(body["detail"]["fields"]) == ["urls"]
    assert plays(house, room) == []
    body = ok(house.app.at(room, "play", {"urls": [url] * 128}), 202)
    assert house.app.status(room)["playback_urls"] == [url] * 128
    told = house.sink.wait_for_event("conference.play.finished", 20, operation_id=body["operation_id"])
    assert told["data"]["played"] == 128


@pytest.mark.parametrize(
    "urls",
    [
        None, "http://a/b.wav", {}, 1, [1], [None], [""], ["ftp://a/b.wav"], ["file:///etc/passwd"], ["/etc/passwd"],
        ["http://"], ["http:///a.wav"], ["http://a b/c.wav"], ["http://a/b\n.wav"], ["http://a/\x00.wav"],
        ["http://u:p@a/b.wav"], ["http://a:99999/b.wav"], ["http://a/" + "x" * 2100], [["http://a/b.wav"]],
        ["http://a/b.wav", "say:hello"], ["HTTP:/a"], ["http://[::1/b.wav"],
    ],
)  # fmt: skip
def test_urls_that_are_none(house: House, urls: object) -> None:
    """POST /api/v1/conferences/{room_id}/play: urls "string[] required HTTP/HTTPS URLs of audio files"; contract.md:

    "validation is 400 with `detail.fields`". State comes last: the room is empty.
    """
    room = house.app.room()
    body = refused(house.app.at(room, "play", {"urls": urls}), 400, "invalid-input")
    assert list(body["detail"]["fields"]) == ["urls"]
    assert house.orders_for(room) == []


def test_the_example_works_when_pasted(house: House) -> None:
    r"""POST /api/v1/conferences/{room_id}/play

    curl -X POST https://gateway.example.com/api/v1/conferences/{room_id}/play \
      -H "X-App-ID: YOUR_APP_ID" \
      -H "X-API-Key: YOUR_API_KEY" \
      -H "Content-Type: application/json" \
      -d '{"urls": ["https://cdn.example.com/announcement.wav"]}'
    """
    room = house.app.room()
    house.join(room)
    example = "curl " + (test_the_example_works_when_pasted.__doc__ or "").partition("curl ")[2]
    example = example.replace("{room_id}", room).replace(
        "https://cdn.example.com/announcement.wav", house.jukebox.url(0.1)
    )
    finished(house, pasted(house, house.app.id, house.app.key, example)["operation_id"])


def test_what_the_switch_is_given(house: House) -> None:
    """contract.md, Room playback: "Audio URLs: the gateway downloads them itself … and gives the switch its own signed
    URL ending in .wav or .mp3". The app's own URL never reaches the switch.
    """
    room = house.app.room()
    house.join(room)
    hostile = house.jukebox.url(0.1) + "?x=${system:touch}'|,{}"
    operation = ok(house.app.at(room, "play", {"urls": [hostile]}), 202)["operation_id"]
    assert finished(house, operation)["data"]["played"] == 1
    (sent,) = plays(house, room)
    assert re.fullmatch(
        rf"conference {room} play {{vol=0,operation_id={operation}\.0}}{house.base}/media/[A-Za-z0-9._-]+\.wav", sent
    )
