"""Recordings and transcriptions that documents ask for, beside the simulated switch (issue 3)."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from gateway.media.transcript import Transcript, transcription_failed
from tests.flow.conference_house import Led
from tests.flow.house import channel
from tests.flow.recorded import COMPLETED, STARTED, hear, leaves, of_room, recording_of
from tests.flow.watched_switch import NODE

WAIT = "<Wait length='60'/>"
SAID = "good morning everybody"


@pytest.fixture(scope="module")
def led_house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Led]:
    led = Led(tmp_path_factory.mktemp("led"), transcription_rate_per_min=60.0)
    yield led
    led.stop()


@pytest.fixture
def led(led_house: Led, monkeypatch: pytest.MonkeyPatch) -> Iterator[Led]:
    """What hears the simulator's silence says what it was told to."""
    led_house.house.forget_cooldowns()
    hear(led_house, monkeypatch, lambda _path, _kind: Transcript(SAID, None))
    yield led_house
    led_house.house.sink.assert_ordered()
    assert not led_house.documents.problems


def test_one_file_however_many_ask_for_it(led: Led) -> None:
    """ "one file for the whole room, all members, however many ask for it"."""
    room = led.name()
    first = led.joined(room, WAIT, record=True)
    recording = recording_of(led, led.room_id(first))
    others = [led.joined(room, WAIT, record=True), led.joined(room, WAIT)]
    for session in (first, *others):
        leaves(led, session)
    led.house.sink.wait_for_event(COMPLETED, recording_id=recording)
    assert len(of_room(led, STARTED, led.room_id(first))) == 1
    starts = [line for line in led.house.switch.orders if f"conference {led.room_id(first)} recording start" in line]
    assert len(starts) == 1 and starts[0].endswith(f"/{recording}.mp3")


def test_the_callback_is_told_to_who_started_it(led: Led) -> None:
    """ "`record` to that of the member whose document started the recording", with every parameter of the table."""
    room = led.name()
    first = led.joined(room, WAIT, record=True, recordFileFormat="wav")
    recording = recording_of(led, led.room_id(first))
    second = led.joined(room, WAIT, record=True, recordFileFormat="mp3")
    leaves(led, first)
    leaves(led, second)
    told = led.told("record", first)
    member = led.house.sink.find("conference.member.joined", session_uuid=first)[0]["data"]["member_id"]
    completed = led.house.sink.wait_for_event(COMPLETED, recording_id=recording)["data"]
    assert told == {
        "ConferenceAction": "record",
        "ConferenceName": room,
        "ConferenceUUID": led.room_id(first),
        "ConferenceMemberID": member,
        "CallUUID": first,
        "RecordUrl": completed["url"],
        "RecordingID": recording,
        "RecordingDuration": str(round(completed["duration_ms"] / 1000)),
        "RecordingDurationMs": str(completed["duration_ms"]),
        "RecordingStartMs": told["RecordingStartMs"],
        "RecordingEndMs": str(int(told["RecordingStartMs"]) + completed["duration_ms"]),
    }
    answer = requests.get(told["RecordUrl"], timeout=10)
    assert answer.status_code == 200 and answer.content.startswith(b"RIFF")
    assert not led.documents.of("/callback", ConferenceAction="record", CallUUID=second)


def test_action_has_the_recording(led: Led) -> None:
    """ "RecordUrl: Recording URL (if recorded); RecordingID"."""
    action, plain = led.documents.put("/recorded", f"<Response>{WAIT}</Response>"), led.name()
    room = led.name()
    session = led.joined(room, record=True, action=action)
    recording = recording_of(led, led.room_id(session))
    leaves(led, session)
    told = led.documents.wait_for("/recorded", CallUUID=session)
    assert told["RecordingID"] == recording
    led.house.sink.wait_for_event(COMPLETED, recording_id=recording)
    assert requests.get(told["RecordUrl"], timeout=10).status_code == 200
    unrecorded = led.joined(plain, action=action)
    leaves(led, unrecorded)
    told = led.documents.wait_for("/recorded", CallUUID=unrecorded)
    assert "RecordUrl" not in told and "RecordingID" not in told


def test_a_room_that_waits_is_recorded_from_its_start(led: Led) -> None:
    room = led.name()
    waiter = led.joined(room, WAIT, record=True, startConferenceOnEnter=False)
    assert not of_room(led, STARTED, led.room_id(waiter))
    starter = led.joined(room, WAIT)
    recording = recording_of(led, led.room_id(waiter))
    for session in (waiter, starter):
        leaves(led, session)
    assert led.told("record", waiter)["RecordingID"] == recording


def test_what_an_app_stopped_stays_stopped(led: Led) -> None:
    room = led.name()
    first = led.joined(room, WAIT, record=True)
    room_id = led.room_id(first)
    recording = recording_of(led, room_id)
    assert led.app.at(room_id, "record/stop", {}).status_code == 202
    led.house.sink.wait_for_event(COMPLETED, recording_id=recording)
    led.joined(room, WAIT)
    assert len(of_room(led, STARTED, room_id)) == 1
    led.joined(room, WAIT, record=True)
    led.house.sink.wait_for(lambda: len(of_room(led, STARTED, room_id)) == 2, "another asks anew")


def test_transcription_is_told_with_every_parameter(led: Led) -> None:
    """Transcription URL Parameters: transcription, transcription_charge, transcription_rate, duration, call_uuid,

    recording_id, error.
    """
    url = led.documents.put("/transcript", "")
    session = led.joined(led.name(), WAIT, record=True, transcriptionType="auto", transcriptionUrl=url)
    recording = recording_of(led, led.room_id(session))
    leaves(led, session)
    told = led.documents.wait_for("/transcript", recording_id=recording)
    completed = led.house.sink.wait_for_event("transcription.completed", recording_id=recording)
    duration_ms = completed["data"]["duration_ms"]
    assert told == {
        "transcription": SAID,
        "transcription_charge": f"{duration_ms / 1000:.5f}".rstrip("0").rstrip("."),
        "transcription_rate": "60",
        "duration": str(round(duration_ms / 1000)),
        "call_uuid": session,
        "recording_id": recording,
        "error": "",
    }
    assert completed["data"]["text"] == SAID and completed["room_id"] == led.room_id(session)
    shown = led.app.get(f"/recordings/{recording}").json()
    assert shown["transcription"] == "completed"


def test_a_transcription_that_fails_says_why(led: Led, monkeypatch: pytest.MonkeyPatch) -> None:
    def deaf(_path: Path, _kind: str) -> Transcript:
        raise transcription_failed("nothing to hear", "decode")

    hear(led, monkeypatch, deaf)
    url = led.documents.put("/transcript", "")
    room = led.name()
    session = led.joined(
        room, WAIT, record=True, transcriptionType="auto", transcriptionUrl=url, transcriptionMethod="GET"
    )
    recording = recording_of(led, led.room_id(session))
    leaves(led, session)
    told = led.documents.wait_for("/transcript", recording_id=recording)
    assert "nothing to hear" in told["error"] and told["transcription"] == "" and told["transcription_charge"] == "0"
    asked = [one for one in led.documents.asked if one.params.get("recording_id") == recording]
    assert [one.method for one in asked] == ["GET"]
    failed = led.house.sink.wait_for_event("transcription.failed", recording_id=recording)
    assert failed["data"]["error"] == told["error"]


def test_a_provider_that_was_away_is_asked_again(led: Led, monkeypatch: pytest.MonkeyPatch) -> None:
    answers = [transcription_failed("the endpoint answered 503", "http")]

    def provider(_path: Path, _kind: str) -> Transcript:
        if answers:
            raise answers.pop()
        return Transcript(SAID, None)

    hear(led, monkeypatch, provider)
    url = led.documents.put("/transcript", "")
    session = led.joined(led.name(), WAIT, record=True, transcriptionUrl=url)
    recording = recording_of(led, led.room_id(session))
    leaves(led, session)
    led.house.sink.wait_for(lambda: not answers, "it was asked")
    gateway = led.house.gateway

    def told() -> bool:
        gateway.notifications.publish(gateway.recorded.keeper.left_over(NODE))
        return bool(led.documents.of("/transcript", recording_id=recording))

    led.house.sink.wait_for(told, "it is asked again after a reconcile")
    assert led.documents.of("/transcript", recording_id=recording)[0]["transcription"] == SAID


@pytest.mark.parametrize("kind", ["hybrid", "manual"])
def test_a_transcription_without_a_provider_is_refused(led: Led, kind: str) -> None:
    """ "`hybrid` and `manual` need a configured provider, else validation refuses them and says which setting"."""
    session = led.dial(led.document(led.name(), record=True, transcriptionType=kind))
    told = led.house.sink.wait_for_event("call.failed", session_uuid=session)
    assert f"GATEWAY_TRANSCRIPTION_{kind.upper()}_URL" in told["data"]["error"]["message"]


def test_record_till_a_key(led: Led) -> None:
    """Plivo's <Record>: action, callbackUrl, fileFormat, maxLength, timeout, finishOnKey, playBeep."""
    action = led.documents.put("/said", f"<Response>{WAIT}</Response>")
    verb = (
        f"<Record action='{action}' callbackUrl='{led.documents.url('/callback')}' fileFormat='wav' maxLength='30' "
        "timeout='5' finishOnKey='1#'/>"
    )
    session = led.dial(f"<Response>{verb}</Response>")
    begun = led.house.sink.wait_for_event("recording.started", session_uuid=session)["data"]
    executed = led.house.switch.executed(channel(session))
    assert executed[0].startswith("playback tone_stream://")
    assert executed[1].endswith(f"/{begun['recording_id']}.wav 31 200 5") and executed[1].startswith("record /")
    led.house.press(session, "1")
    told = led.documents.wait_for("/said", CallUUID=session)
    completed = led.house.sink.wait_for_event("recording.completed", session_uuid=session)["data"]
    assert (told["Digits"], told["RecordingID"], told["RecordUrl"]) == ("1", begun["recording_id"], completed["url"])
    assert told["RecordingDurationMs"] == str(completed["duration_ms"])
    callback = led.documents.wait_for("/callback", RecordingID=begun["recording_id"])
    assert callback["CallUUID"] == session and callback["RecordUrl"] == told["RecordUrl"]


def test_record_of_a_caller_who_hangs_up(led: Led) -> None:
    action = led.documents.put("/said", "<Response/>")
    session = led.dial(f"<Response><Record action='{action}' playBeep='false'/></Response>")
    led.house.sink.wait_for_event("recording.started", session_uuid=session)
    led.house.hang_up(session)
    told = led.documents.wait_for("/said", CallUUID=session)
    assert told["Digits"] == "hangup"
    completed = led.house.sink.wait_for_event("recording.completed", session_uuid=session)["data"]
    assert told["RecordingID"] == completed["recording_id"]


def test_a_session_is_recorded_in_the_background(led: Led) -> None:
    """recordSession: the flow goes on at once; callbackUrl is told at the end."""
    url = led.documents.url("/callback")
    verb = f"<Record recordSession='true' callbackUrl='{url}' redirect='false' action='{url}'/>"
    session = led.dial(f"<Response>{verb}<Hangup schedule='1'/><Wait length='60'/></Response>")
    begun = led.house.sink.wait_for_event("recording.started", session_uuid=session)["data"]
    at_once = led.documents.wait_for("/callback", RecordingID=begun["recording_id"])
    assert "RecordingDuration" not in at_once and at_once["RecordUrl"]
    ended = led.house.sink.wait_for_event("recording.completed", session_uuid=session)["data"]
    assert ended["reason"] == "hangup"
    length = str(ended["duration_ms"])
    told = led.documents.wait_for("/callback", RecordingID=begun["recording_id"], RecordingDurationMs=length)
    assert told["RecordUrl"] == at_once["RecordUrl"]


def test_minivoice_starts_and_stops(led: Led) -> None:
    """MiniVoice's start_recording and stop_recording, with recording.started and recording.completed."""
    number = "+15559980001"
    led.documents.by_caller[number] = (
        '{"actions": [{"type": "start_recording"}, {"type": "stop_recording"}, {"type": "conference", "room": "mv"}]}'
    )
    session = f"acW68-{led.house.switch.call(number, led.app.number, '')}"
    begun = led.house.sink.wait_for_event("recording.started", session_uuid=session)["data"]
    ended = led.house.sink.wait_for_event("recording.completed", session_uuid=session)["data"]
    assert (ended["recording_id"], ended["reason"]) == (begun["recording_id"], "stopped")
    led.house.sink.wait_for_event("conference.member.joined", session_uuid=session)
