"""The voice API's stories: its contract's examples replayed, and its notes. Flow and live tell them alike."""

import shutil
import time
from typing import Any

import orjson
import pytest
import requests
from gevent.pywsgi import WSGIServer

from tests.gateway_process import NODE
from tests.scenarios import JOINED, MUTED, UNMUTED
from tests.stage import NUMBER, Guest, Stage
from tests.voice_examples import Replay, examples
from tests.waiting import wait_for

ROOM, OTHER_ROOM = "support-room-1", "sales-call-abc123"
CALL = "650e8400-e29b-41d4-a716-446655440000"
CONFERENCES = {example.name: example for example in examples("tryvox-conferences.txt")}
ACTIONS = {example.name: example for example in examples("tryvox-call-actions.txt")}


def conference_examples(stage: Stage) -> None:
    """ "Paths, fields, types, defaults, limits, status codes and response bodies in those files are law, example by
    example": "Retrieve a list of active conferences", "a specific conference including all members", mute, unmute,
    "Remove a participant from the conference", "Kicked members cannot rejoin unless they dial in again", and "End a
    conference and disconnect all participants".
    """
    printed = CONFERENCES[f"GET conferences/{ROOM}"].answer["members"]
    members = [_member(stage, stage_room, item["number"]) for stage_room in [stage.room(ROOM)] for item in printed]
    for guest, item in zip(members, printed, strict=True):
        if not item["muted"]:
            guest.command("conference/unmute")
            guest.hears(UNMUTED)
    other = stage.room(OTHER_ROOM)
    for number in ("+14155550001", "+14155550002"):
        _member(stage, other, number)
    replay = _replay(stage, members)
    replay.send(CONFERENCES["GET conferences"])
    replay.send(CONFERENCES[f"GET conferences/{ROOM}"])
    second = members[1]
    for word, event in (("unmute", UNMUTED), ("mute", MUTED)):
        replay.send(CONFERENCES[f"POST conferences/{ROOM}/members/m2/{word}"])
        second.hears(event)
    replay.send(CONFERENCES[f"POST conferences/{ROOM}/members/m2/mute"])  # again: stays so
    replay.send(CONFERENCES[f"POST conferences/{ROOM}/members/m3/kick"])
    assert members[2].hears("conference.member.left")["data"]["cause"] == "kick"
    members[2].stays_parked()
    room = stage.told(second.id)[-1]["room_id"]
    members[2].command("conference/join", {"room_id": room})
    assert members[2].hears("conference.member.join_failed")["data"]["reason"] == "kicked"
    replay.send(CONFERENCES[f"DELETE conferences/{ROOM}"])
    for guest in members[:2]:
        assert guest.hears("conference.member.left")["data"]["cause"] == "destroy"
        guest.stays_parked()
    wait_for(lambda: not stage.seated(room), "nobody is left in the room")
    stage.delete(f"conferences/{other}")


def recording_examples(stage: Stage) -> None:
    """ "Start recording an active call", "Stop an active recording": "DELETE record waits for the end of the recording,
    then gives url and duration in whole seconds, rounded"; "Recording starts from the moment the API is called".
    """
    guest = stage.guest()
    guest.hears("call.created")
    replay = _of_call(stage, guest)
    start, stop = (ACTIONS[f"{method} calls/{CALL}/record"] for method in ("POST", "DELETE"))
    assert replay.refused(start) == (409, "call-not-in-progress")
    guest.answer()
    assert replay.refused(stop) == (409, "no-recording")
    replay.send(start)
    guest.hears("recording.started", "command.result")
    assert replay.refused(start) == (409, "recording-active")
    began = time.monotonic()
    wait_for(lambda: time.monotonic() - began > 1.2, "something was recorded")
    stopped = replay.send(stop, varying=("url", "duration"))
    assert 0 <= stopped["duration"] <= 30, stopped  # trim_silence, as printed: a silent call leaves nothing
    sound = requests.get(stopped["url"], timeout=10)
    assert (sound.status_code, sound.headers["Content-Type"]) == (200, "audio/mpeg"), stopped
    guest.hears("recording.completed", "command.result")
    guest.command("hangup")
    guest.hears("command.result", "call.completed")
    assert replay.refused(start) == (409, "call-not-in-progress")


def room_sound_examples(stage: Stage) -> None:
    """ "Convert text to speech and play it to all conference participants", "Play an audio file to all conference
    participants": "Speak and play actions interrupt each other".
    """
    _needs_speech()
    play, speak = (CONFERENCES[f"POST conferences/{ROOM}/{what}"] for what in ("play", "speak"))
    room = stage.room(ROOM)
    replay = Replay(stage.gateway.url, stage.keys.app_id, stage.keys.api_key, {})
    replay.meaning = {orjson.loads(play.body)["url"]: stage.audio(30)}
    assert replay.refused(play) == (409, "conference-empty")
    guest = _member(stage, room, "+14155550003")
    stage.hears(room, "conference.created", "conference.started", JOINED)
    playing = replay.send(play)
    assert stage.hears(room, "conference.play.started")["data"]["operation_id"] == playing["play_uuid"]
    speaking = replay.send(speak)
    stopped = stage.hears(room, "conference.play.stopped")["data"]
    assert (stopped["reason"], stopped["operation_id"]) == ("interrupted", playing["play_uuid"])
    assert stage.hears(room, "conference.speak.started")["data"]["operation_id"] == speaking["speak_uuid"]
    replay.send(play)
    stopped = stage.hears(room, "conference.speak.stopped")["data"]
    assert (stopped["reason"], stopped["operation_id"]) == ("interrupted", speaking["speak_uuid"])
    stage.hears(room, "conference.play.started")
    guest.command("hangup")
    guest.hears("conference.member.left", "command.result", "call.completed")
    stage.delete(f"conferences/{room}")


def a_call_is_made_and_transferred(stage: Stage) -> None:
    """ "POST/GET calls, without which the actions have nothing to act on"; "Transfer an active call to another phone
    number", "Caller ID to display (must be a number you own)", "answer_url: Webhook URL for the transferred call".
    """
    base = f"{stage.gateway.url}/v1/voice/accounts/{stage.keys.app_id}/calls"
    bearer = {"Authorization": f"Bearer {stage.keys.api_key}"}
    answer = requests.post(base, json={"to": "+15557770001", "from": NUMBER}, headers=bearer, timeout=10)
    made = answer.json()
    assert answer.status_code == 201 and list(made) == ["call_uuid", "from", "to", "direction", "status"], made
    leg = f"{NODE}-{made['call_uuid']}"
    stage.hears(leg, "call.created", "call.ringing", "call.answered")
    found = requests.get(f"{base}/{made['call_uuid']}", headers=bearer, timeout=10).json()
    assert (found["status"], found["direction"], found["to"]) == ("in-progress", "outbound", "+15557770001")
    stage.post(f"sessions/{leg}/commands/hangup")
    stage.hears(leg, "command.result", "call.completed")
    _transfers(stage)


def _transfers(stage: Stage) -> None:
    example = ACTIONS[f"POST calls/{CALL}/transfer"]
    printed = orjson.loads(example.body)
    documents = WSGIServer(("127.0.0.1", 0), _wait_a_second, log=None)
    documents.start()
    try:
        guest = stage.guest()
        guest.hears("call.created")
        replay = _of_call(stage, guest)
        replay.meaning = {**replay.meaning, printed["answer_url"]: f"http://127.0.0.1:{documents.server_port}/"}
        assert replay.refused(example) == (409, "call-not-in-progress")
        guest.answer()
        assert replay.refused(example) == (403, "caller-id-forbidden")
        stage.gateway.cli("numbers", "add", printed["caller_id"], "--app", "demo")
        wait_for(lambda: replay.is_taken(example), "the number is the account's")
        leg = _called(stage, printed["to"])
        stage.hears(leg, "call.created", "call.ringing", "call.answered")
        assert stage.told(leg)[0]["call"]["from"] == printed["caller_id"]
        assert guest.hears("command.result")["data"]["status"] == "ok"
        guest.phone.hangup()
        guest.hears("call.completed")
        stage.hears(leg, "call.completed")
    finally:
        documents.stop(timeout=1)


def _called(stage: Stage, number: str) -> str:
    """The session of the last call that went to this number."""

    def told() -> list[str]:
        calls = stage.sink.find("call.created")
        return [event["session_uuid"] for event in calls if event["call"]["to"] == number]

    wait_for(told, f"call.created to {number}")
    return told()[-1]


def _wait_a_second(_environ: dict[str, Any], respond: Any) -> list[bytes]:
    """Before the two are connected."""
    body = b'<Response><Wait length="1"/></Response>'
    headers = [("Content-Type", "application/xml"), ("Content-Length", str(len(body))), ("Connection", "close")]
    respond("200 OK", headers)
    return [body]


def sound_examples(stage: Stage) -> None:
    """ "Play an audio file to the caller", "Convert text to speech and play it to the caller", "Send DTMF tones":
    "Some actions (play, speak) will interrupt each other", "Playback can be stopped by starting a new action".
    """
    _needs_speech()
    play, speak, dtmf = (ACTIONS[f"POST calls/{CALL}/{what}"] for what in ("play", "speak", "dtmf"))
    guest = stage.guest()
    guest.hears("call.created")
    replay = _of_call(stage, guest)
    replay.meaning = {**replay.meaning, orjson.loads(play.body)["url"]: stage.audio(30)}
    for example in (play, speak, dtmf):
        assert replay.refused(example) == (409, "call-not-in-progress")
    guest.answer()
    playing = replay.send(play)
    assert guest.hears("playback.started", "command.result")["data"]["operation_id"] == playing["play_uuid"]
    replay.send(speak)
    assert guest.hears("playback.stopped")["data"]["reason"] == "interrupted"
    guest.hears("playback.started", "command.result")
    again = replay.send(play)
    assert guest.hears("playback.stopped")["data"]["reason"] == "interrupted"
    assert guest.hears("playback.started", "command.result")["data"]["operation_id"] == again["play_uuid"]
    replay.send(dtmf)
    guest.hears("command.result")
    guest.command("hangup")
    guest.hears("playback.stopped", "command.result", "call.completed")


def _needs_speech() -> None:
    if not any(map(shutil.which, ("flite", "espeak-ng"))):
        pytest.skip("no speech engine: install Debian's flite or espeak-ng")


def _of_call(stage: Stage, guest: Guest) -> Replay:
    return Replay(stage.gateway.url, stage.keys.app_id, stage.keys.api_key, {CALL: guest.channel})


def _member(stage: Stage, room: str, number: str) -> Guest:
    guest = stage.guest(number=number)
    guest.hears("call.created")
    guest.answer()
    guest.command("conference/join", {"room_id": room})
    guest.hears(JOINED)
    return guest


def _replay(stage: Stage, members: list[Guest]) -> Replay:
    """m1, m2, m3 are the members in this order, and so are the printed call_uuids theirs."""
    printed = CONFERENCES[f"GET conferences/{ROOM}"].answer["members"]
    meaning = {}
    for guest, item in zip(members, printed, strict=True):
        told = [event for event in stage.told(guest.id) if event["event"] == JOINED][-1]
        meaning[item["member_id"]] = told["data"]["member_id"]
        meaning[item["call_uuid"]] = guest.channel
    return Replay(stage.gateway.url, stage.keys.app_id, stage.keys.api_key, meaning)


STORIES = [
    conference_examples, room_sound_examples, recording_examples, a_call_is_made_and_transferred, sound_examples,
]  # fmt: skip
