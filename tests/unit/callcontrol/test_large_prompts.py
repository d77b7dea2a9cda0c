"""Prompts that a document multiplies: what the switch would forget is neither made nor fetched."""

import time
from typing import Any

import pytest

from gateway.callcontrol import xml
from gateway.callcontrol.capabilities import Capabilities
from gateway.callcontrol.fetch import Body
from gateway.callcontrol.room_sounds import RoomSounds
from gateway.callcontrol.verbs.sound import play, sounds_of
from gateway.domain.flow import StepResult
from gateway.domain.verbs import Play, Prompt, Speak, Wait
from gateway.errors import DocumentError, MediaError
from gateway.services import legs
from tests.world import APP

MOST_LOOPS = 10_000
STOOD_STILL_S = 1.0  # it was some 14 s


class StubCall:
    """Of performer.LedCall what prompts need; `fetched` is all that was asked for."""

    def __init__(self) -> None:
        self.fetched: list[str] = []

    def playable(self, url: str, *_: str) -> str:
        self.fetched.append(url)
        if "missing" in url:
            raise MediaError("404")
        return url

    def spoken(self, text: str, *_: str) -> str:
        return self.playable(f"http://h/{text}.wav")


def made(prompts: tuple[Prompt, ...]) -> tuple[list[str], list[str]]:
    call = StubCall()
    sounds, _ = sounds_of(call, prompts)  # type: ignore[arg-type]
    return sounds, call.fetched


def test_a_document_that_plays_a_file_600_000_times_costs_what_the_switch_remembers_of_it() -> None:
    """getdigits: 60 <Play loop="10000"> in one <GetDigits> froze all calls, and took a gigabyte."""
    prompts = tuple(Play(f"http://h/{number}.wav", MOST_LOOPS) for number in range(60))
    began = time.monotonic()
    sounds, fetched = made(prompts)
    legs.playback(sounds)
    assert time.monotonic() - began < STOOD_STILL_S
    assert (len(sounds), fetched) == (legs.MAX_PARTS, ["http://h/0.wav"])


def test_all_prompts_count_and_what_is_behind_the_last_part_is_not_fetched() -> None:
    prompts = (
        Wait(1),
        Play("http://h/a.wav", 100),
        Speak("b", loop=20),
        Play("http://h/c.wav", 50),
        Wait(1),
        Speak("d"),
    )
    sounds, fetched = made(prompts)
    assert sounds == (
        ["silence_stream://1000"] + ["http://h/a.wav"] * 100 + ["http://h/b.wav"] * 20 + ["http://h/c.wav"] * 7
    )
    assert fetched == ["http://h/a.wav", "http://h/b.wav", "http://h/c.wav"]


def test_500_pauses_are_no_more_than_the_switch_takes() -> None:
    assert len(made((Wait(1),) * 500)[0]) == legs.MAX_PARTS


def test_of_a_row_only_the_parts_that_the_switch_takes_are_looked_at() -> None:
    began = time.monotonic()
    argument = legs.playback(["http://h/a.wav"] * 1_000_000)
    assert time.monotonic() - began < STOOD_STILL_S
    assert argument.count("!") == legs.MAX_PARTS - 1


class StubDocuments:
    def __init__(self, text: str) -> None:
        self._text = text

    def ask(self, *_: Any) -> Body:
        return Body(self._text.encode(), "text/xml")


def test_a_rooms_sound_stops_at_what_the_switch_takes(monkeypatch: pytest.MonkeyPatch) -> None:
    call = StubCall()
    plays = "".join(f'<Play loop="10000">http://h/{number}.wav</Play>' for number in range(400))
    documents = StubDocuments(f"<Response>{plays}</Response>")
    room_sounds = RoomSounds(documents, Capabilities(), call.playable, call.spoken)  # type: ignore[arg-type]
    monkeypatch.setattr("gateway.callcontrol.room_sounds.call_shape", lambda _session: {})
    row = room_sounds.sound(APP, None, "http://h/sound.xml", {})  # type: ignore[arg-type]
    assert row.count("!") == legs.MAX_PARTS - 1
    assert call.fetched == [f"http://h/{number}.wav" for number in range(7)]


def test_more_phones_than_the_switch_rings_at_once_are_refused() -> None:
    """originate takes 128 peers; what is behind them is a broken dial string, and a document could name 499."""
    numbers = "".join(f"<Number>1555{number:07}</Number>" for number in range(51))
    with pytest.raises(DocumentError, match="at most 50 <Number> or <User>"):
        xml.parse(f"<Response><Dial>{numbers}</Dial></Response>".encode())


class SteppingCall(StubCall):
    """A call whose files are over at once; `steps` is all that ran on it."""

    def __init__(self) -> None:
        super().__init__()
        self.steps: list[str] = []

    def answer(self) -> None:
        pass

    def now_ms(self) -> int:
        return 0

    def step(self, application: str, *_: Any) -> StepResult:
        self.steps.append(application)
        return StepResult()


def test_a_short_file_is_repeated_without_a_pause_only_so_often() -> None:
    """loop="10000" of an empty file kept the switch and the database as busy as loop="0" once did."""
    call = SteppingCall()
    play(call, Play("http://h/empty.wav", legs.SHORT_ROUNDS + 3))  # type: ignore[arg-type]
    assert call.steps == ["playback"] * legs.SHORT_ROUNDS + ["playback", "sleep"] * 3
