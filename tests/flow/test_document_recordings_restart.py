"""Recordings and transcriptions that documents ask for, over a restart of the gateway (issue 3)."""

from pathlib import Path

import gevent
import pytest
import requests

from gateway.intake import recorded
from gateway.media.transcript import Transcript
from gateway.media.transcription import Transcription
from gateway.services.effects import SendRecording
from tests.flow.conference_house import ConferenceHouse
from tests.flow.house import channel
from tests.flow.recorded import COMPLETED, hear, leaves, recording_of
from tests.waiting import wait_for

WAIT = "<Wait length='60'/>"
SAID = "good morning everybody"


def test_a_restart_takes_up_starts_and_texts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A start that a dead process never sent is sent; a recording without its text is transcribed: rows say so."""
    hall = ConferenceHouse(tmp_path)
    try:
        hear(hall, monkeypatch, lambda _path, _kind: gevent.sleep(60))
        gateway = hall.house.gateway
        monkeypatch.setattr(gateway.recorded.keeper, "send", lambda _effect: None)
        gateway.notifications.subscribe(SendRecording, lambda _effect: None)
        url = hall.documents.put("/transcript", "")
        session = hall.joined(hall.name(), WAIT, record=True, transcriptionUrl=url)
        with hall.house.away():
            pass
        recording = recording_of(hall, hall.room_id(session))
        hear(hall, monkeypatch, lambda _path, _kind: gevent.sleep(60))
        leaves(hall, session)
        hall.house.sink.wait_for_event(COMPLETED, recording_id=recording)
        with hall.house.away():
            monkeypatch.setattr(Transcription, "transcribe", lambda _self, _path, _kind: Transcript(SAID, None))
        told = hall.documents.wait_for("/transcript", recording_id=recording)
        assert told["transcription"] == SAID
        hall.house.sink.assert_ordered()
    finally:
        hall.stop()


def test_what_a_caller_says_is_not_lost_to_a_reconcile(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Seen in a soak: `<Record>` was told as lost after 24 of 45 s, for uuid_buglist does not know of it."""
    monkeypatch.setattr(recorded, "START_LIMIT_MS", 0)
    hall = ConferenceHouse(tmp_path)
    try:
        action = hall.documents.put("/said", f"<Response>{WAIT}</Response>")
        session = hall.dial(f"<Response><Record action='{action}' playBeep='false' fileFormat='wav'/></Response>")
        hall.house.sink.wait_for_event("recording.started", session_uuid=session)
        with hall.house.away():
            pass
        wait_for(lambda: _reconciled(hall) > 0, "a pass over the switch is complete")
        hall.house.press(session, "#")
        ended = hall.house.sink.wait_for_event("recording.completed", session_uuid=session)["data"]
        assert ended["reason"] != "lost"
        assert hall.documents.wait_for("/said", CallUUID=session)["Digits"] == "#"
    finally:
        hall.stop()


def _reconciled(hall: ConferenceHouse) -> float:
    text = requests.get(f"{hall.house.base}/metrics", timeout=5).text
    name = "gateway_node_reconciled_timestamp_seconds{"
    return next((float(line.split()[-1]) for line in text.splitlines() if line.startswith(name)), 0.0)


def test_what_a_caller_says_goes_on_over_a_restart(tmp_path: Path) -> None:
    """Contract: "verbs run at most once": the same recording, begun once, told once."""
    hall = ConferenceHouse(tmp_path)
    try:
        action = hall.documents.put("/said", f"<Response>{WAIT}</Response>")
        session = hall.dial(f"<Response><Record action='{action}' playBeep='false' fileFormat='wav'/></Response>")
        begun = hall.house.sink.wait_for_event("recording.started", session_uuid=session)["data"]
        with hall.house.away():
            pass
        hall.house.press(session, "#")
        told = hall.documents.wait_for("/said", CallUUID=session)
        assert (told["RecordingID"], told["Digits"]) == (begun["recording_id"], "#")
        completed = hall.house.sink.wait_for_event("recording.completed", session_uuid=session)["data"]
        assert completed["reason"] != "lost"
        events = [e["event"] for e in hall.house.sink.events if e["data"].get("recording_id") == begun["recording_id"]]
        assert events == ["recording.started", "recording.completed"]
        assert len([line for line in hall.house.switch.executed(channel(session)) if line.startswith("record ")]) == 1
        hall.house.sink.assert_ordered()
    finally:
        hall.stop()
