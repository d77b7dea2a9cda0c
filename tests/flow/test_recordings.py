"""Recordings through the native API, beside the simulated switch: commands, webhooks, files (issues 3 and 4)."""

from pathlib import Path
from typing import Any

import pytest

from tests.flow.house import House, channel, ok, refused
from tests.flow.recorded import answered, controlled, result_of, row, started, told
from tests.waiting import wait_for

Json = dict[str, Any]
ROOM_EVENTS = "conference.recording."


def test_a_room_is_recorded_paused_resumed_and_stopped(house: House) -> None:
    """Issue 4: "record/start, stop, pause, resume"; contract: "All others answer 202 … end with `command.result`"."""
    room = house.app.room()
    house.join(room)
    asked = ok(house.app.at(room, "record/start", {"format": "wav", "command_uid": "rec-1"}), 202)
    assert set(asked) == {"operation_id", "command_uid", "status", "timeout_ms", "recording_id"}
    assert (asked["command_uid"], asked["status"]) == ("rec-1", "in_progress")
    recording = asked["recording_id"]
    begun = house.sink.wait_for_event("conference.recording.started", recording_id=recording)
    assert begun["room_id"] == room and begun["data"]["command_uid"] == "rec-1"
    assert result_of(house, asked["operation_id"])["status"] == "ok"
    for what, event in (("pause", "paused"), ("resume", "resumed"), ("stop", "completed")):
        answer = controlled(house, room, what)
        assert answer["recording_id"] == recording
        house.sink.wait_for_event(f"conference.recording.{event}", recording_id=recording)
        result = result_of(house, answer["operation_id"])
        assert (result["command"], result["status"]) == (f"record/{what}", "ok")
    assert told(house, recording) == [ROOM_EVENTS + name for name in ("started", "paused", "resumed", "completed")]
    wait_for(lambda: not row(house, recording).unfinished, "its file is measured")
    shown = ok(house.app.get(f"/recordings/{recording}"), 200)
    completed = house.sink.wait_for_event("conference.recording.completed", recording_id=recording)["data"]
    assert shown["duration_ms"] == completed["duration_ms"] and shown["bytes"] == 44 + 16 * shown["duration_ms"]
    assert (shown["reason"], shown["status"], shown["room_id"]) == ("stopped", "completed", room)


def test_one_recording_at_a_time_and_none_to_stop(house: House) -> None:
    """Issue 4: "two recordings of one call; stop with none running: the contract's status, a stable error_id"."""
    room = house.app.room()
    refused(house.app.at(room, "record/start", {}), 409, "conference-empty")
    refused(house.app.at(room, "record/stop", {}), 409, "no-recording")
    session = answered(house)
    house.join(room, session)
    recording = started(house, room)
    house.forget_cooldowns()
    assert refused(house.app.at(room, "record/start", {}), 409, "recording-active")["detail"] == {
        "recording_id": recording
    }
    refused(house.app.at(room, "record/resume", {}), 409, "recording-not-paused")
    refused(house.app.command(session, "record/stop", {}), 409, "no-recording")
    of_call = ok(house.app.command(session, "record/start", {}), 202)["recording_id"]
    house.sink.wait_for_event("recording.started", recording_id=of_call)
    refused(house.app.command(session, "record/start", {}), 409, "recording-active")
    refused(house.app.command(session, "record/resume", {}), 409, "recording-not-paused")
    orders = [line for line in house.orders_for(session) if line.startswith("uuid_record")]
    assert len(orders) == 1, "nothing is sent for what is refused"


def test_a_call_is_recorded_paused_resumed_and_stopped(house: House) -> None:
    session = answered(house)
    asked = ok(house.app.command(session, "record/start", {"format": "wav", "max_length_s": 100}), 202)
    recording = asked["recording_id"]
    begun = house.sink.wait_for_event("recording.started", recording_id=recording)
    assert begun["session_uuid"] == session and "room_id" not in begun
    path = Path(house.gateway.settings.recordings_dir) / f"{recording}.wav"
    assert f"uuid_record {channel(session)} start {path} 101" in house.switch.orders
    for what, event in (("pause", "paused"), ("resume", "resumed"), ("stop", "completed")):
        answer = ok(house.app.command(session, f"record/{what}", {"command_uid": f"u-{what}"}), 202)
        heard = house.sink.wait_for_event(f"recording.{event}", recording_id=recording)
        assert heard["data"]["command_uid"] == f"u-{what}"
        assert result_of(house, answer["operation_id"])["status"] == "ok"
    assert told(house, recording) == [f"recording.{name}" for name in ("started", "paused", "resumed", "completed")]


def test_a_recording_ends_with_its_call_and_with_its_last_member(house: House) -> None:
    """Contract: "a recording ends with the last member"; tryvox-call-actions: "Recording URLs are provided in the call

    details and hangup webhook".
    """
    room, session = house.app.room(), answered(house)
    house.join(room, session)
    of_room = started(house, room)
    of_call = ok(house.app.command(session, "record/start", {}), 202)["recording_id"]
    house.sink.wait_for_event("recording.started", recording_id=of_call)
    house.hang_up(session)
    completed = house.sink.wait_for_event("recording.completed", recording_id=of_call)["data"]
    assert completed["reason"] == "hangup"
    brief = {name: completed[name] for name in ("recording_id", "status", "format", "duration_ms", "url")}
    assert house.sink.wait_for_event("call.completed", session_uuid=session)["data"]["recordings"] == [brief]
    assert ok(house.app.get(f"/sessions/{session}"), 200)["recordings"] == [brief]
    ended = house.sink.wait_for_event("conference.recording.completed", recording_id=of_room)
    assert ended["data"]["reason"] == "room_empty"


def test_a_room_that_is_destroyed_stops_its_recording(house: House) -> None:
    """Contract: "conference.destroyed first, then recording.completed and member.left … no ended"."""
    room = house.app.room()
    session = house.join(room)
    recording = started(house, room)
    ok(house.app.delete(f"/conferences/{room}"), 200)
    house.sink.wait_for_event("conference.recording.completed", recording_id=recording)
    house.sink.wait_for_event("conference.member.left", session_uuid=session)
    of_room = sorted((e for e in house.sink.events if e.get("room_id") == room), key=lambda e: e["room_sequence"])
    names = [e["event"] for e in of_room]
    assert names[-3] == "conference.destroyed"
    assert set(names[-2:]) == {"conference.recording.completed", "conference.member.left"}
    stop, kick = (house.switch.orders.index(f"conference {room} {what}") for what in ("recording stop all", "kick all"))
    assert stop < kick


def test_a_path_that_the_switch_refuses(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """Facts: "a start into a bad path answers +OK: it has started when start-recording without Error comes"."""
    room, session = house.app.room(), answered(house)
    house.join(room, session)
    monkeypatch.setattr(house.gateway.recorded.commands, "_directory", Path("/dev/null/nowhere"))
    asked = ok(house.app.at(room, "record/start", {}), 202)
    result = result_of(house, asked["operation_id"])
    assert (result["status"], result["error"]) == ("failed", "File could not be opened for recording")
    shown = ok(house.app.get(f"/recordings/{asked['recording_id']}"), 200)
    assert (shown["status"], shown["url"]) == ("failed", None)
    assert not told(house, asked["recording_id"])
    refused(house.app.command(session, "record/start", {}), 409, "switch-refused")
    monkeypatch.undo()
    started(house, room)


def test_a_room_recording_is_limited_by_the_switch(house: House) -> None:
    room = house.app.room()
    house.join(room)
    recording = started(house, room, max_length_s=1)
    scheduled = f"sched_api +1 {recording} conference {room} recording stop "
    wait_for(lambda: any(line.startswith(scheduled) for line in house.switch.orders), "the switch keeps the limit")
    ended = house.sink.wait_for_event("conference.recording.completed", recording_id=recording)
    assert ended["data"]["reason"] == "max_length"
    wait_for(lambda: f"sched_del {recording}" in house.switch.orders, "its clock is taken back")


@pytest.mark.parametrize(
    "body",
    [{"format": "ogg"}, {"max_length_s": 0}, {"max_length_s": "9"}, {"trim_silence": "yes"}, {"path": "/etc/passwd"}],
)
def test_bad_input(house: House, body: Json) -> None:
    room, session = house.app.room(), answered(house)
    refused(house.app.at(room, "record/start", body), 400, "invalid-input")
    refused(house.app.command(session, "record/start", body), 400, "invalid-input")


def test_a_call_that_is_not_answered_or_another_apps(house: House) -> None:
    session = house.call()
    refused(house.app.command(session, "record/start", {}), 409, "call-not-answered")
    refused(house.other.command(session, "record/start", {}), 403, "session-forbidden")
    house.hang_up(session)
    refused(house.app.command(session, "record/start", {}), 404, "session-ended")
    room = house.app.room()
    refused(house.other.at(room, "record/start", {}), 403, "room-forbidden")


def test_what_ended_while_no_gateway_was_there_is_closed_with_what_is_on_disk(house: House) -> None:
    """Issue 3: "A recording cut by a crash of the switch is closed at reconcile with what is on disk"."""
    room, session = house.app.room(), answered(house)
    house.join(room, session)
    of_room = started(house, room, format="wav")
    of_call = ok(house.app.command(session, "record/start", {"format": "wav"}), 202)["recording_id"]
    house.sink.wait_for_event("recording.started", recording_id=of_call)
    goes_on = ok(house.app.command(kept := answered(house), "record/start", {}), 202)["recording_id"]
    house.sink.wait_for_event("recording.started", recording_id=goes_on)
    with house.away():
        house.switch.api(f"conference {room} recording stop all")
        house.switch.api(f"uuid_record {channel(session)} stop all")
        house.switch.api(f"simulator hangup {channel(session)} NORMAL_CLEARING")
    for recording, event in ((of_room, "conference.recording.completed"), (of_call, "recording.completed")):
        ended = house.sink.wait_for_event(event, 20, recording_id=recording)["data"]
        assert ended["reason"] == "lost" and ended["duration_ms"] == (ended["bytes"] - 44) // 16
    assert row(house, goes_on).state == "recording"
    ok(house.app.command(kept, "record/stop", {}), 202)
    house.sink.wait_for_event("recording.completed", recording_id=goes_on)
