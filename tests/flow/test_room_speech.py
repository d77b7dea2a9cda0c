"""Speech into a room: issue 4, "POST /api/v1/conferences/{room_id}/speak", and how it and play interrupt each other."""

from gevent import socket

from gateway.services.commands import Asked
from tests.flow.house import House, is_operation_id, ok, refused


def told(house: House, room: str) -> list[tuple[str, str]]:
    about = [event for event in house.sink.of_room(room) if event["event"].split(".")[1] in ("play", "speak")]
    return [(event["event"].removeprefix("conference."), event["data"]["operation_id"]) for event in about]


def test_a_text_is_spoken_into_the_room(house: House) -> None:
    """contract.md, "Errors": "Answers of the contracts gain one field, command_uid, only when the request gave one"."""
    room = house.app.room()
    house.join(room)
    answer = ok(house.app.at(room, "speak", {"text": "Welcome to the room", "command_uid": "say"}), 202)
    operation = answer["operation_id"]
    assert answer == {"operation_id": operation, "status": "in_progress", "command_uid": "say"}
    assert is_operation_id(operation)
    end = house.sink.wait_for_event("conference.speak.finished", limit_s=10, operation_id=operation)
    assert end["data"]["command_uid"] == "say"
    start = house.sink.find("conference.speak.started", operation_id=operation)[0]
    assert start["data"]["text"] == "Welcome to the room"
    assert not any("Welcome" in line for line in house.switch.lines)


def test_it_queues_behind_what_plays(house: House) -> None:
    """contract.md: "Native play queues behind what runs"."""
    room = house.app.room()
    house.join(room)
    played = ok(house.app.at(room, "play", {"urls": [house.jukebox.url(0.3)]}), 202)["operation_id"]
    spoken = ok(house.app.at(room, "speak", {"text": "And now"}), 202)["operation_id"]
    house.sink.wait_for_event("conference.speak.finished", limit_s=10, operation_id=spoken)
    assert told(house, room) == [
        ("play.started", played), ("speak.started", spoken), ("play.finished", played), ("speak.finished", spoken),
    ]  # fmt: skip
    assert not any(" stop " in line for line in house.orders_for(room))


def test_with_interrupt_they_end_each_other(house: House) -> None:
    """contract.md: "the voice API's play and speak interrupt it (stopped)": what both fronts' service does."""
    room = house.app.room()
    house.join(room)
    audio = house.gateway.app.extensions["gateway"].audio
    app = house.gateway.directory.app(house.app.id)
    assert app is not None
    asked = Asked(app, "/", "uid", False, "", cooled=False)
    first = audio.play(asked, room, [house.jukebox.url(20)], interrupt=True).body["operation_id"]
    house.sink.wait_for(lambda: any(" play " in line for line in house.orders_for(room)), "the first is sent")
    second = audio.speak(asked, room, "Excuse me", interrupt=True).body["operation_id"]
    third = audio.play(asked, room, [house.jukebox.url(0.2)], interrupt=True).body["operation_id"]
    house.sink.wait_for_event("conference.play.finished", limit_s=10, operation_id=third)
    assert told(house, room) == [
        ("play.started", first), ("play.stopped", first), ("speak.started", second), ("speak.stopped", second),
        ("play.started", third), ("play.finished", third),
    ]  # fmt: skip
    stopped = house.sink.find("conference.speak.stopped", operation_id=second)[0]
    assert stopped["data"]["reason"] == "interrupted"


def test_stop_ends_speech_too(house: House) -> None:
    room = house.app.room()
    house.join(room)
    spoken = ok(house.app.at(room, "speak", {"text": "A long story. " * 50}), 202)["operation_id"]
    house.sink.wait_for(lambda: any(" play " in line for line in house.orders_for(room)), "it is sent")
    ok(house.app.at(room, "stop"), 202)
    assert house.sink.wait_for_event("conference.speak.stopped", operation_id=spoken)["data"]["reason"] == "stopped"


def test_what_cannot_be_spoken_is_refused(house: House) -> None:
    """Issue 4, "Bad input": "text of 3,001 characters"; "an unknown voice is 400 with the known ones"."""
    room = house.app.room()
    long, nobody = {"text": "x" * 3001}, {"text": "hello", "voice": "Bob"}
    for body in ({}, {"text": ""}, long, nobody, {"text": "a\u0000"}):
        refused(house.app.at(room, "speak", body), 400, "invalid-input")
    refused(house.app.at(room, "speak", {"text": "hello"}), 409, "conference-empty")
    refused(house.other.at(room, "speak", {"text": "hello"}), 403, "room-forbidden")


def test_an_interrupt_does_not_wait_for_a_file_that_comes_slowly(house: House) -> None:
    """The first server takes the request and says nothing."""
    room = house.app.room()
    house.join(room)
    audio, app = house.gateway.app.extensions["gateway"].audio, house.gateway.directory.app(house.app.id)
    assert app is not None
    asked = Asked(app, "/", "uid", False, "", cooled=False)
    with socket.create_server(("127.0.0.1", 0)) as slow:
        first = audio.play(asked, room, [f"http://127.0.0.1:{slow.getsockname()[1]}/a.wav"]).body["operation_id"]
        connection, _ = slow.accept()
        second = audio.play(asked, room, [house.jukebox.url(0.1)], interrupt=True).body["operation_id"]
        house.sink.wait_for_event("conference.play.finished", limit_s=3, operation_id=second)
        connection.close()
    assert told(house, room) == [
        ("play.started", first), ("play.stopped", first), ("play.started", second), ("play.finished", second),
    ]  # fmt: skip
