"""Recordings in tests: begun, controlled, whole; what was told of them."""

from typing import Any

import pytest

from gateway.domain.recording import Recording
from gateway.store import recordings as rows
from tests.flow.conference_house import ConferenceHouse
from tests.flow.house import House, channel, ok
from tests.waiting import wait_for

Json = dict[str, Any]
STARTED, COMPLETED = "conference.recording.started", "conference.recording.completed"


def answered(house: House) -> str:
    """A call that was answered."""
    session = house.call()
    ok(house.app.command(session, "answer"), 202)
    house.sink.wait_for_event("call.answered", session_uuid=session)
    return session


def started(house: House, room: str, **body: Any) -> str:
    """The id of a recording of the room that has begun."""
    house.forget_cooldowns()
    recording = str(ok(house.app.at(room, "record/start", body), 202)["recording_id"])
    house.sink.wait_for_event("conference.recording.started", recording_id=recording)
    return recording


def controlled(house: House, room: str, what: str) -> Json:
    house.forget_cooldowns()
    return ok(house.app.at(room, f"record/{what}", {}), 202)


def row(house: House, recording: str) -> Recording:
    found = house.gateway.store.read(lambda connection: rows.find(connection, recording))
    assert found is not None
    return found


def told(house: House, recording: str) -> list[str]:
    """The events of one recording, in order."""
    return [e["event"] for e in house.sink.events if e["data"].get("recording_id") == recording]


def result_of(house: House, operation: str) -> Json:
    return dict(house.sink.wait_for_event("command.result", operation_id=operation)["data"])


def whole(house: House, room: str, **body: Any) -> str:
    """A recording that is over, its file looked after."""
    recording = started(house, room, **body)
    controlled(house, room, "stop")
    house.sink.wait_for_event("conference.recording.completed", recording_id=recording)
    wait_for(lambda: not row(house, recording).unfinished, "its file is measured")
    return recording


def hear(hall: ConferenceHouse, monkeypatch: pytest.MonkeyPatch, transcribe: Any) -> None:
    monkeypatch.setattr(hall.house.gateway.recorded.transcriptions, "_transcribe", transcribe)


def recording_of(hall: ConferenceHouse, room_id: str) -> str:
    """The room's recording, once it has begun."""
    sink = hall.house.sink
    sink.wait_for(lambda: of_room(hall, STARTED, room_id), f"a recording of {room_id}")
    return str(of_room(hall, STARTED, room_id)[-1]["recording_id"])


def of_room(hall: ConferenceHouse, event: str, room_id: str) -> list[Json]:
    return [e["data"] for e in hall.house.sink.events if e["event"] == event and e.get("room_id") == room_id]


def leaves(hall: ConferenceHouse, session: str) -> None:
    """By a key at the switch: the document goes on."""
    assert hall.house.switch.api(f"uuid_transfer {channel(session)} 'park:' inline").startswith("+OK")
    hall.left(session)
