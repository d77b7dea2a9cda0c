"""Recordings and transcriptions that documents ask for, beside the simulated switch (issue 3)."""

from pathlib import Path

import pytest
import requests

from gateway.media.transcript import Transcript, transcription_failed
from tests.flow.conference_house import ConferenceHouse
from tests.flow.house import channel
from tests.flow.recorded import COMPLETED, STARTED, hear, leaves, of_room, recording_of
from tests.flow.watched_switch import NODE

HOUSE_SETTINGS = {"transcription_rate_per_min": 60.0}
WAIT = "<Wait length='60'/>"
SAID = "good morning everybody"


@pytest.fixture
def hall(hall: ConferenceHouse, monkeypatch: pytest.MonkeyPatch) -> ConferenceHouse:
    """What hears the simulator's silence says what it was told to."""
    hear(hall, monkeypatch, lambda _path, _kind: Transcript(SAID, None))
    return hall


def test_one_file_however_many_ask_for_it(hall: ConferenceHouse) -> None:
    """ "one file for the whole room, all members, however many ask for it"."""
    room = hall.name()
    first = hall.joined(room, WAIT, record=True)
    recording = recording_of(hall, hall.room_id(first))
    others = [hall.joined(room, WAIT, record=True), hall.joined(room, WAIT)]
    for session in (first, *others):
        leaves(hall, session)
    hall.house.sink.wait_for_event(COMPLETED, recording_id=recording)
    assert len(of_room(hall, STARTED, hall.room_id(first))) == 1
    starts = [line for line in hall.house.switch.orders if f"conference {hall.room_id(first)} recording start" in line]
    assert len(starts) == 1 and starts[0].endswith(f"/{recording}.mp3")


def test_the_callback_is_told_to_who_started_it(hall: ConferenceHouse) -> None:
    """ "`record` to that of the member whose document started the recording", with every parameter of the table."""
    room = hall.name()
    first = hall.joined(room, WAIT, record=True, recordFileFormat="wav")
    recording = recording_of(hall, hall.room_id(first))
    second = hall.joined(room, WAIT, record=True, recordFileFormat="mp3")
    leaves(hall, first)
    leaves(hall, second)
    told = hall.told("record", first)
    member = hall.house.sink.find("conference.member.joined", session_uuid=first)[0]["data"]["member_id"]
    completed = hall.house.sink.wait_for_event(COMPLETED, recording_id=recording)["data"]
    assert told == {
        "ConferenceAction": "record",
        "ConferenceName": room,
        "ConferenceUUID": hall.room_id(first),
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
    assert not hall.documents.of("/callback", ConferenceAction="record", CallUUID=second)


def test_action_has_the_recording(hall: ConferenceHouse) -> None:
    """ "RecordUrl: Recording URL (if recorded); RecordingID"."""
    action, plain = hall.documents.put("/recorded", f"<Response>{WAIT}</Response>"), hall.name()
    room = hall.name()
    session = hall.joined(room, record=True, action=action)
    recording = recording_of(hall, hall.room_id(session))
    leaves(hall, session)
    told = hall.documents.wait_for("/recorded", CallUUID=session)
    assert told["RecordingID"] == recording
    hall.house.sink.wait_for_event(COMPLETED, recording_id=recording)
    assert requests.get(told["RecordUrl"], timeout=10).status_code == 200
    unrecorded = hall.joined(plain, action=action)
    leaves(hall, unrecorded)
    told = hall.documents.wait_for("/recorded", CallUUID=unrecorded)
    assert "RecordUrl" not in told and "RecordingID" not in told


def test_a_room_that_waits_is_recorded_from_its_start(hall: ConferenceHouse) -> None:
    room = hall.name()
    waiter = hall.joined(room, WAIT, record=True, startConferenceOnEnter=False)
    assert not of_room(hall, STARTED, hall.room_id(waiter))
    starter = hall.joined(room, WAIT)
    recording = recording_of(hall, hall.room_id(waiter))
    for session in (waiter, starter):
        leaves(hall, session)
    assert hall.told("record", waiter)["RecordingID"] == recording


def test_what_an_app_stopped_stays_stopped(hall: ConferenceHouse) -> None:
    room = hall.name()
    first = hall.joined(room, WAIT, record=True)
    room_id = hall.room_id(first)
    recording = recording_of(hall, room_id)
    assert hall.app.at(room_id, "record/stop", {}).status_code == 202
    hall.house.sink.wait_for_event(COMPLETED, recording_id=recording)
    hall.joined(room, WAIT)
    assert len(of_room(hall, STARTED, room_id)) == 1
    hall.joined(room, WAIT, record=True)
    hall.house.sink.wait_for(lambda: len(of_room(hall, STARTED, room_id)) == 2, "another asks anew")


def test_transcription_is_told_with_every_parameter(hall: ConferenceHouse) -> None:
    """Transcription URL Parameters: transcription, transcription_charge, transcription_rate, duration, call_uuid,

    recording_id, error.
    """
    url = hall.documents.put("/transcript", "")
    session = hall.joined(hall.name(), WAIT, record=True, transcriptionType="auto", transcriptionUrl=url)
    recording = recording_of(hall, hall.room_id(session))
    leaves(hall, session)
    told = hall.documents.wait_for("/transcript", recording_id=recording)
    completed = hall.house.sink.wait_for_event("transcription.completed", recording_id=recording)
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
    assert completed["data"]["text"] == SAID and completed["room_id"] == hall.room_id(session)
    shown = hall.app.get(f"/recordings/{recording}").json()
    assert shown["transcription"] == "completed"


def test_a_transcription_that_fails_says_why(hall: ConferenceHouse, monkeypatch: pytest.MonkeyPatch) -> None:
    def deaf(_path: Path, _kind: str) -> Transcript:
        raise transcription_failed("nothing to hear", "decode")

    hear(hall, monkeypatch, deaf)
    url = hall.documents.put("/transcript", "")
    room = hall.name()
    session = hall.joined(
        room, WAIT, record=True, transcriptionType="auto", transcriptionUrl=url, transcriptionMethod="GET"
    )
    recording = recording_of(hall, hall.room_id(session))
    leaves(hall, session)
    told = hall.documents.wait_for("/transcript", recording_id=recording)
    assert "nothing to hear" in told["error"] and told["transcription"] == "" and told["transcription_charge"] == "0"
    asked = [one for one in hall.documents.asked if one.params.get("recording_id") == recording]
    assert [one.method for one in asked] == ["GET"]
    failed = hall.house.sink.wait_for_event("transcription.failed", recording_id=recording)
    assert failed["data"]["error"] == told["error"]


def test_a_provider_that_was_away_is_asked_again(hall: ConferenceHouse, monkeypatch: pytest.MonkeyPatch) -> None:
    answers = [transcription_failed("the endpoint answered 503", "http")]

    def provider(_path: Path, _kind: str) -> Transcript:
        if answers:
            raise answers.pop()
        return Transcript(SAID, None)

    hear(hall, monkeypatch, provider)
    url = hall.documents.put("/transcript", "")
    session = hall.joined(hall.name(), WAIT, record=True, transcriptionUrl=url)
    recording = recording_of(hall, hall.room_id(session))
    leaves(hall, session)
    hall.house.sink.wait_for(lambda: not answers, "it was asked")
    gateway = hall.house.gateway

    def told() -> bool:
        gateway.notifications.publish(gateway.recorded.keeper.left_over(NODE))
        return bool(hall.documents.of("/transcript", recording_id=recording))

    hall.house.sink.wait_for(told, "it is asked again after a reconcile")
    assert hall.documents.of("/transcript", recording_id=recording)[0]["transcription"] == SAID


@pytest.mark.parametrize("kind", ["hybrid", "manual"])
def test_a_transcription_without_a_provider_is_refused(hall: ConferenceHouse, kind: str) -> None:
    """ "`hybrid` and `manual` need a configured provider, else validation refuses them and says which setting"."""
    session = hall.dial(hall.document(hall.name(), record=True, transcriptionType=kind))
    told = hall.house.sink.wait_for_event("call.failed", session_uuid=session)
    assert f"GATEWAY_TRANSCRIPTION_{kind.upper()}_URL" in told["data"]["error"]["message"]


def test_record_till_a_key(hall: ConferenceHouse) -> None:
    """Plivo's <Record>: action, callbackUrl, fileFormat, maxLength, timeout, finishOnKey, playBeep."""
    action = hall.documents.put("/said", f"<Response>{WAIT}</Response>")
    verb = (
        f"<Record action='{action}' callbackUrl='{hall.documents.url('/callback')}' fileFormat='wav' maxLength='30' "
        "timeout='5' finishOnKey='1#'/>"
    )
    session = hall.dial(f"<Response>{verb}</Response>")
    begun = hall.house.sink.wait_for_event("recording.started", session_uuid=session)["data"]
    executed = hall.house.switch.executed(channel(session))
    assert executed[0].startswith("playback tone_stream://")
    assert executed[1].endswith(f"/{begun['recording_id']}.wav 31 200 5") and executed[1].startswith("record /")
    hall.house.press(session, "1")
    told = hall.documents.wait_for("/said", CallUUID=session)
    completed = hall.house.sink.wait_for_event("recording.completed", session_uuid=session)["data"]
    assert (told["Digits"], told["RecordingID"], told["RecordUrl"]) == ("1", begun["recording_id"], completed["url"])
    assert told["RecordingDurationMs"] == str(completed["duration_ms"])
    callback = hall.documents.wait_for("/callback", RecordingID=begun["recording_id"])
    assert callback["CallUUID"] == session and callback["RecordUrl"] == told["RecordUrl"]


def test_record_of_a_caller_who_hangs_up(hall: ConferenceHouse) -> None:
    action = hall.documents.put("/said", "<Response/>")
    session = hall.dial(f"<Response><Record action='{action}' playBeep='false'/></Response>")
    hall.house.sink.wait_for_event("recording.started", session_uuid=session)
    hall.house.hang_up(session)
    told = hall.documents.wait_for("/said", CallUUID=session)
    assert told["Digits"] == "hangup"
    completed = hall.house.sink.wait_for_event("recording.completed", session_uuid=session)["data"]
    assert told["RecordingID"] == completed["recording_id"]


def test_a_session_is_recorded_in_the_background(hall: ConferenceHouse) -> None:
    """recordSession: the flow goes on at once; callbackUrl is told at the end."""
    url = hall.documents.url("/callback")
    verb = f"<Record recordSession='true' callbackUrl='{url}' redirect='false' action='{url}'/>"
    session = hall.dial(f"<Response>{verb}<Hangup schedule='1'/><Wait length='60'/></Response>")
    begun = hall.house.sink.wait_for_event("recording.started", session_uuid=session)["data"]
    at_once = hall.documents.wait_for("/callback", RecordingID=begun["recording_id"])
    assert "RecordingDuration" not in at_once and at_once["RecordUrl"]
    ended = hall.house.sink.wait_for_event("recording.completed", session_uuid=session)["data"]
    assert ended["reason"] == "hangup"
    length = str(ended["duration_ms"])
    told = hall.documents.wait_for("/callback", RecordingID=begun["recording_id"], RecordingDurationMs=length)
    assert told["RecordUrl"] == at_once["RecordUrl"]


def test_minivoice_starts_and_stops(hall: ConferenceHouse) -> None:
    """MiniVoice's start_recording and stop_recording, with recording.started and recording.completed."""
    number = "+15559980001"
    hall.documents.by_caller[number] = (
        '{"actions": [{"type": "start_recording"}, {"type": "stop_recording"}, {"type": "conference", "room": "mv"}]}'
    )
    session = f"acW68-{hall.house.switch.call(number, hall.app.number, '')}"
    begun = hall.house.sink.wait_for_event("recording.started", session_uuid=session)["data"]
    ended = hall.house.sink.wait_for_event("recording.completed", session_uuid=session)["data"]
    assert (ended["recording_id"], ended["reason"]) == (begun["recording_id"], "stopped")
    hall.house.sink.wait_for_event("conference.member.joined", session_uuid=session)
