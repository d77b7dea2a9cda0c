"""What one call is played by command, on a real FreeSWITCH: heard and pressed by a real phone (issue 4)."""

import math
import time
from array import array
from itertools import pairwise
from statistics import median
from typing import Any

import pytest

from tests.live.sipp import SippCaller
from tests.live.sounds import keys_of, of_phone, share_of
from tests.stage import Guest, Stage
from tests.waiting import wait_for

Json = dict[str, Any]
TONE_HZ = 440  # of Stage.audio
LIMIT_S = 15.0


def caller(guest: Guest) -> SippCaller:
    found: SippCaller = guest.phone.caller  # type: ignore[attr-defined]
    return found


@pytest.fixture
def guest(stage: Stage) -> Guest:
    """A call in progress."""
    guest = stage.guest()
    guest.hears("call.created")
    guest.answer()
    return guest


def told(guest: Guest, name: str, operation: str) -> Json:
    def found() -> list[Json]:
        about = [e for e in guest.stage.sink.events if e["event"] == name]
        return [e["data"] for e in about if e["data"].get("operation_id") == operation]

    wait_for(found, f"{name} of {operation}: {guest.stage.gateway.log()[-2000:]}", LIMIT_S)
    return found()[0]


def begun(guest: Guest, command: str, body: Json | None = None) -> str:
    return str(guest.command(command, body or {})["operation_id"])


def loudness(samples: "array[int]") -> float:
    return math.sqrt(sum(value * value for value in samples) / max(1, len(samples)))


def hears(guest: Guest, seconds: float = 0.5) -> "array[int]":
    """The next so many seconds of what the phone is sent; a call in park is sent nothing."""
    heard, end = caller(guest).sound.heard, time.monotonic() + seconds
    before = len(heard)
    wait_for(lambda: time.monotonic() > end, "the time is over", LIMIT_S)
    return of_phone(heard[before:])


def is_tone(guest: Guest) -> bool:
    samples = hears(guest)
    return loudness(samples) > 500 and share_of(samples, TONE_HZ) > 0.9


def is_speech(guest: Guest) -> bool:
    samples = hears(guest)
    return loudness(samples) > 300 and share_of(samples, TONE_HZ) < 0.3


def is_silent(guest: Guest) -> bool:
    return loudness(hears(guest, 0.3)) < 100


def test_speech_is_interrupted_by_play(guest: Guest) -> None:
    """Issue 4: "speech interrupted by play"."""
    spoken = begun(guest, "speak", {"text": "Thank you for calling. " * 40, "voice": "en-US-Neural-Jenny"})
    told(guest, "playback.started", spoken)
    wait_for(lambda: is_speech(guest), "the phone hears speech", LIMIT_S)
    played = begun(guest, "playback/start", {"urls": [guest.stage.audio(20)]})
    told(guest, "playback.started", played)
    assert told(guest, "playback.stopped", spoken)["reason"] == "interrupted"
    wait_for(lambda: is_tone(guest), "the phone hears the tone", LIMIT_S)
    begun(guest, "playback/stop")
    assert told(guest, "playback.stopped", played)["reason"] == "stopped"
    wait_for(lambda: is_silent(guest), "the phone hears nothing more", LIMIT_S)


def test_a_key_ends_speech(guest: Guest) -> None:
    """tryvox-call-actions.txt: "Speech can be interrupted by DTMF input"."""
    spoken = begun(guest, "speak", {"text": "Thank you for calling. " * 40})
    wait_for(lambda: is_speech(guest), "the phone hears speech", LIMIT_S)
    guest.phone.press("5")
    assert told(guest, "playback.stopped", spoken)["reason"] == "key"
    wait_for(lambda: is_silent(guest), "the phone hears nothing more", LIMIT_S)


def test_pause_resume_seek_and_the_loop(guest: Guest) -> None:
    played = begun(guest, "playback/start", {"urls": [guest.stage.audio(60)]})
    wait_for(lambda: is_tone(guest), "the phone hears the tone", LIMIT_S)
    begun(guest, "playback/pause")
    told(guest, "playback.paused", played)
    wait_for(lambda: is_silent(guest), "the tone is paused", LIMIT_S)
    begun(guest, "playback/resume")
    wait_for(lambda: is_tone(guest), "the tone goes on", LIMIT_S)
    begun(guest, "playback/seek", {"offset_ms": 59_500})
    assert told(guest, "playback.finished", played)["played"] == 1
    endless = begun(guest, "playback/start", {"urls": [guest.stage.audio(0.5)], "loop": 0})
    told(guest, "playback.started", endless)
    wait_for(lambda: share_of(hears(guest, 3), TONE_HZ) > 0.9, "three seconds of a tone of half a second", LIMIT_S)
    begun(guest, "playback/stop")
    assert told(guest, "playback.stopped", endless)["played"] >= 3


def test_a_member_alone_hears_what_is_played_to_it(guest: Guest) -> None:
    stage = guest.stage
    room, other = stage.room(), stage.guest()
    other.hears("call.created")
    other.answer()
    guest.join(room)
    other.join(room)
    played = begun(guest, "playback/start", {"urls": [stage.audio(60)]})
    wait_for(lambda: is_tone(guest), "the member hears the tone", LIMIT_S)
    assert is_silent(other)
    begun(guest, "playback/pause")
    wait_for(lambda: is_silent(guest), "the tone is paused", LIMIT_S)
    begun(guest, "playback/resume")
    wait_for(lambda: is_tone(guest), "the tone goes on", LIMIT_S)
    begun(guest, "playback/seek", {"offset_ms": 59_500})
    assert told(guest, "playback.finished", played)["played"] == 1
    again = begun(guest, "playback/start", {"urls": [stage.audio(60)]})
    wait_for(lambda: is_tone(guest), "the member hears the tone", LIMIT_S)
    guest.command("conference/leave")
    assert told(guest, "playback.stopped", again)["reason"] == "moved"
    wait_for(lambda: is_silent(guest), "it ends with the stay", LIMIT_S)


def test_keys_are_heard_by_the_phone(guest: Guest) -> None:
    """tryvox-call-actions.txt: "Each digit is played for 200ms with 200ms gaps", by the phone's clock, too.

    A parked call hears nothing else. Where a phone says nothing the switch hurries each key's packets. Most are
    exact; a single one may be some packets late or early where the machine has other work.
    """
    sound = caller(guest).sound
    caller(guest).play_tone(10)
    begun(guest, "dtmf", {"digits": "1234*#"})

    def keys() -> list[tuple[str, int, int]]:
        return keys_of(list(sound.key_packets))

    wait_for(lambda: len(keys()) == 6 and keys()[-1][1] >= 120, "the phone hears all keys", LIMIT_S)
    assert [key for key, _, _ in keys()] == list("1234*#")
    lengths, gaps = [length for _, length, _ in keys()], [gap for _, _, gap in keys()[1:]]
    assert 180 <= median(lengths) <= 220, keys()
    assert 180 <= median(gaps) <= 240, keys()
    assert all(120 <= each <= 400 for each in lengths + gaps), keys()
    apart = [round(after - before, 2) for before, after in pairwise(sound.keys_began)]
    assert 0.34 <= median(apart) <= 0.46, apart
    assert max(apart) < 1, apart


def test_keys_are_gathered_and_the_prompt_ends_with_the_first(guest: Guest) -> None:
    asked = begun(guest, "gather", {"text": "Please press your number. " * 40, "max_digits": 4})
    wait_for(lambda: is_speech(guest), "the phone hears the prompt", LIMIT_S)
    guest.phone.press("42#")
    gathered = told(guest, "call.gathered", asked)
    assert (gathered["digits"], gathered["reason"]) == ("42", "digits")
    wait_for(lambda: is_silent(guest), "the prompt is over", LIMIT_S)
    again = begun(guest, "gather", {"digit_timeout_ms": 700})
    wait_for(lambda: not guest.parked, "keys are awaited", LIMIT_S)
    guest.phone.press("77")
    assert told(guest, "call.gathered", again)["digits"] == "77"


def test_a_gather_gives_way_to_what_is_played_next(guest: Guest) -> None:
    asked = begun(guest, "gather", {"urls": [guest.stage.audio(60)], "timeout_ms": 60_000})
    wait_for(lambda: is_tone(guest), "the phone hears the prompt", LIMIT_S)
    spoken = begun(guest, "speak", {"text": "We are closed. " * 20})
    assert told(guest, "call.gathered", asked)["reason"] == "interrupted"
    wait_for(lambda: is_speech(guest), "the phone hears speech", LIMIT_S)
    begun(guest, "playback/stop")
    assert told(guest, "playback.stopped", spoken)["failed"] == 0


def test_a_held_caller_hears_music_until_it_is_taken_off(guest: Guest) -> None:
    held = begun(guest, "hold", {"url": guest.stage.audio(0.7)})
    told(guest, "call.held", held)
    wait_for(lambda: share_of(hears(guest, 2), TONE_HZ) > 0.9, "the music goes round", LIMIT_S)
    begun(guest, "unhold")
    assert told(guest, "call.unheld", held)["reason"] == "unhold"
    wait_for(lambda: is_silent(guest), "it is over", LIMIT_S)


def test_what_plays_goes_on_when_the_gateway_was_killed(guest: Guest) -> None:
    """contract.md: "at restart `uuid_dump` decides whether it is over"."""
    played = begun(guest, "playback/start", {"urls": [guest.stage.audio(3)], "loop": 0})
    wait_for(lambda: is_tone(guest), "the phone hears the tone", LIMIT_S)
    guest.stage.gateway.kill9()
    wait_for(lambda: is_silent(guest), "the file is over, and nobody plays the next", LIMIT_S)
    guest.stage.gateway.start()
    wait_for(lambda: is_tone(guest), "the loop goes on", 30)
    begun(guest, "playback/stop")
    assert told(guest, "playback.stopped", played)["played"] >= 1


def test_speech_into_a_room_is_heard_there_and_plays_after_what_runs(guest: Guest) -> None:
    """contract.md: "Native play queues behind what runs"."""
    stage = guest.stage
    room = stage.room()
    guest.join(room)
    played = stage.post(f"conferences/{room}/play", {"urls": [stage.audio(2)]})["operation_id"]
    spoken = stage.post(f"conferences/{room}/speak", {"text": "Welcome, all of you. " * 10})["operation_id"]
    wait_for(lambda: is_tone(guest), "the member hears the tone", LIMIT_S)
    told(guest, "conference.play.finished", played)
    wait_for(lambda: is_speech(guest), "the member hears speech", LIMIT_S)
    stage.post(f"conferences/{room}/stop")
    assert told(guest, "conference.speak.stopped", spoken)["reason"] == "stopped"
    wait_for(lambda: is_silent(guest), "it is over", LIMIT_S)
