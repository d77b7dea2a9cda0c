"""Files of recordings through the native API: served, linked, listed, swept, deleted (issue 3, "Recordings")."""

from pathlib import Path
from typing import Any

import pytest
import requests

from tests.flow.house import House, ok, refused
from tests.flow.recorded import controlled, row, started, whole
from tests.waiting import wait_for


def test_the_file_is_served_to_its_owner_in_ranges(house: House) -> None:
    """Issue 3: "/recordings/{id}/file (Range, Content-Disposition) for the owner"."""
    room = house.app.room()
    house.join(room)
    recording = started(house, room, format="wav")
    refused(house.app.get(f"/recordings/{recording}/file"), 409, "recording-active")
    controlled(house, room, "stop")
    house.sink.wait_for_event("conference.recording.completed", recording_id=recording)
    path = f"/recordings/{recording}/file"
    answer = house.app.get(path)
    assert answer.status_code == 200 and answer.headers["Content-Type"] == "audio/wav"
    assert answer.headers["Content-Disposition"] == f"attachment; filename={recording}.wav"
    assert answer.headers["Accept-Ranges"] == "bytes"
    part = house.app.ask("GET", path, headers={"Range": "bytes=0-3"})
    assert (part.status_code, part.content) == (206, b"RIFF")
    assert part.headers["Content-Range"] == f"bytes 0-3/{len(answer.content)}"
    tag = answer.headers["ETag"]
    assert house.app.ask("GET", path, headers={"Range": "bytes=4-", "If-Range": tag}).status_code == 206
    assert house.app.ask("GET", path, headers={"Range": "bytes=4-", "If-Range": '"other"'}).status_code == 200
    assert house.app.ask("GET", path, headers={"Range": "bytes=99999999-"}).status_code == 416
    refused(house.other.get(path), 403, "recording-forbidden")
    refused(house.other.get(f"/recordings/{recording}"), 403, "recording-forbidden")
    for wrong in ("..%2F..%2Fgateway.db", "x", "00000000-0000-4000-8000-000000000000"):
        assert house.app.get(f"/recordings/{wrong}/file").status_code == 404
    assert requests.get(f"{house.base}/api/v1{path}", timeout=10).status_code == 401


def test_the_signed_link_needs_no_key_and_expires(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """Issue 3: "RecordUrl is a signed link that expires (default 7 days)"."""
    room = house.app.room()
    house.join(room)
    recording = whole(house, room)
    url = house.sink.wait_for_event("conference.recording.completed", recording_id=recording)["data"]["url"]
    answer = requests.get(url, timeout=10)
    assert answer.status_code == 200 and answer.headers["Content-Type"] == "audio/mpeg"
    assert answer.headers["Cache-Control"] == "private, no-cache"
    assert requests.get(url.replace(".mp3", ".wav"), timeout=10).status_code == 403
    now = house.gateway.clock.now_ms()
    for days, status in ((6.9, 200), (7.1, 403)):
        monkeypatch.setattr(
            house.gateway.clock, "now_ms", lambda days=days: now + int(days * 86_400_000), raising=False
        )
        assert requests.get(url, timeout=10).status_code == status


def test_lists_are_filtered_and_paged(house: House) -> None:
    app = house.new_app()
    rooms = [app.room(), app.room()]
    sessions = [house.join(room, app=app) for room in rooms]
    recorded = []
    for room in (rooms[0], rooms[0], rooms[1]):
        house.forget_cooldowns()
        recording = ok(app.at(room, "record/start", {}), 202)["recording_id"]
        house.sink.wait_for_event("conference.recording.started", recording_id=recording)
        house.forget_cooldowns()
        ok(app.at(room, "record/stop", {}), 202)
        house.sink.wait_for_event("conference.recording.completed", recording_id=recording)
        recorded.append(recording)

    def listed(**params: Any) -> list[str]:
        return [one["recording_id"] for one in ok(app.get("/recordings", **params), 200)["recordings"]]

    assert listed() == recorded
    assert listed(room_id=rooms[1]) == recorded[2:]
    assert listed(session_uuid=sessions[0]) == []
    second = ok(app.get(f"/recordings/{recorded[1]}"), 200)["created_at"]
    assert listed(since=second) == recorded[1:] and listed(until=second) == recorded[:1]
    first = ok(app.get("/recordings", limit=2), 200)
    assert [one["recording_id"] for one in first["recordings"]] == recorded[:2]
    rest = ok(app.get("/recordings", limit=2, cursor=first["cursor"]), 200)
    assert ([one["recording_id"] for one in rest["recordings"]], rest["cursor"]) == (recorded[2:], "")
    refused(app.get("/recordings", cursor="nonsense"), 400, "invalid-cursor")
    refused(app.get("/recordings", since="yesterday"), 400, "invalid-input")


def test_old_recordings_are_swept_file_and_row(house: House) -> None:
    """Issue 3: "kept 30 days by default, then swept"."""
    room = house.app.room()
    house.join(room)
    recording = whole(house, room)
    path = Path(house.gateway.settings.recordings_dir) / f"{recording}.mp3"
    day_ms = 86_400_000
    house.gateway.housekeeping.sweep(house.gateway.clock.now_ms() + 29 * day_ms)
    assert path.is_file()
    house.gateway.recorded.sweep.sweep(house.gateway.clock.now_ms() + 1, 500)
    assert not path.exists()
    refused(house.app.get(f"/recordings/{recording}"), 404, "recording-not-found")


def test_a_recording_is_deleted_by_its_owner(house: House) -> None:
    room = house.app.room()
    house.join(room)
    recording = started(house, room)
    path = Path(house.gateway.settings.recordings_dir) / f"{recording}.mp3"
    refused(house.app.delete(f"/recordings/{recording}"), 409, "recording-active")
    controlled(house, room, "stop")
    house.sink.wait_for_event("conference.recording.completed", recording_id=recording)
    wait_for(lambda: not row(house, recording).unfinished, "its file is measured")
    refused(house.other.delete(f"/recordings/{recording}"), 403, "recording-forbidden")
    assert path.is_file()
    assert house.app.delete(f"/recordings/{recording}").status_code == 204
    assert not path.exists()
    refused(house.app.delete(f"/recordings/{recording}"), 404, "recording-not-found")
