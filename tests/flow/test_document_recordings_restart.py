"""Recordings and transcriptions that documents ask for, over a restart of the gateway (issue 3)."""

from pathlib import Path

import gevent
import pytest

from gateway.media.transcript import Transcript
from gateway.media.transcription import Transcription
from gateway.services.effects import SendRecording
from tests.flow.conference_house import Led
from tests.flow.house import channel
from tests.flow.recorded import COMPLETED, hear, leaves, recording_of

WAIT = "<Wait length='60'/>"
SAID = "good morning everybody"


def test_a_restart_takes_up_starts_and_texts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A start that a dead process never sent is sent; a recording without its text is transcribed: rows say so."""
    led = Led(tmp_path)
    try:
        hear(led, monkeypatch, lambda _path, _kind: gevent.sleep(60))
        gateway = led.house.gateway
        monkeypatch.setattr(gateway.recorded.keeper, "send", lambda _effect: None)
        gateway.notifications.subscribe(SendRecording, lambda _effect: None)
        url = led.documents.put("/transcript", "")
        session = led.joined(led.name(), WAIT, record=True, transcriptionUrl=url)
        with led.house.away():
            pass
        recording = recording_of(led, led.room_id(session))
        hear(led, monkeypatch, lambda _path, _kind: gevent.sleep(60))
        leaves(led, session)
        led.house.sink.wait_for_event(COMPLETED, recording_id=recording)
        with led.house.away():
            monkeypatch.setattr(Transcription, "transcribe", lambda _self, _path, _kind: Transcript(SAID, None))
        told = led.documents.wait_for("/transcript", recording_id=recording)
        assert told["transcription"] == SAID
        led.house.sink.assert_ordered()
    finally:
        led.stop()


def test_what_a_caller_says_goes_on_over_a_restart(tmp_path: Path) -> None:
    """Contract: "verbs run at most once": the same recording, begun once, told once."""
    led = Led(tmp_path)
    try:
        action = led.documents.put("/said", f"<Response>{WAIT}</Response>")
        session = led.dial(f"<Response><Record action='{action}' playBeep='false' fileFormat='wav'/></Response>")
        begun = led.house.sink.wait_for_event("recording.started", session_uuid=session)["data"]
        with led.house.away():
            pass
        led.house.press(session, "#")
        told = led.documents.wait_for("/said", CallUUID=session)
        assert (told["RecordingID"], told["Digits"]) == (begun["recording_id"], "#")
        events = [e["event"] for e in led.house.sink.events if e["data"].get("recording_id") == begun["recording_id"]]
        assert events == ["recording.started", "recording.completed"]
        assert len([line for line in led.house.switch.executed(channel(session)) if line.startswith("record ")]) == 1
        led.house.sink.assert_ordered()
    finally:
        led.stop()
