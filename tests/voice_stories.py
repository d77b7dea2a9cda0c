"""The voice API's stories: its contract's examples replayed, and its notes. Flow and live tell them alike."""

import time

import requests

from tests.scenarios import JOINED, MUTED, UNMUTED
from tests.stage import Guest, Stage
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


STORIES = [conference_examples, recording_examples]
