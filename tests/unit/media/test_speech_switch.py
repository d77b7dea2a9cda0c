"""The engine at the switch: what it asks, what it takes, and that nothing becomes silence."""

import io
from collections.abc import Callable
from pathlib import Path

import gevent
import pytest
from gevent.event import Event

from gateway.config import VoiceSettings, load
from gateway.errors import SwitchRefused, SwitchTimeout, UnsafeArgument
from gateway.media.links import SignedLinks
from gateway.media.parts import Media
from gateway.media.slots import Slots
from gateway.media.speech import find_engines, speech_state
from gateway.media.switch_speech import SpeechOrder, SwitchEngine
from gateway.media.uploads import Uploads
from gateway.media.voices import Engines, Voices
from tests.unit.media.origin import FakeClock, refused
from tests.unit.media.speakers import FakeEngine, wav
from tests.waiting import wait_for


class Switch:
    """Sends `content` as the switch does, or does `instead`."""

    def __init__(self, uploads: Uploads, content: bytes = wav()) -> None:
        self.orders: list[SpeechOrder] = []
        self.instead: Callable[[], None] | None = None
        self._uploads = uploads
        self._content = content

    def speak(self, order: SpeechOrder) -> None:
        self.orders.append(order)
        if self.instead is not None:
            self.instead()
        else:
            self._uploads.take(order.upload_url.rpartition("/")[2], io.BytesIO(self._content).read)


@pytest.fixture
def switch(tmp_path: Path, clock: FakeClock) -> Switch:
    return Switch(Uploads(tmp_path / "uploads", SignedLinks(b"s" * 32, "http://gateway:8080", clock), 10_000))


def engine(switch: Switch, module: str = "flite") -> SwitchEngine:
    return SwitchEngine(module, switch.speak, switch._uploads, Slots(2, 1.0), 20.0)


def test_what_the_switch_sends_is_the_speech(switch: Switch, tmp_path: Path) -> None:
    engine(switch).render("It's $x", "slt", "en-US", tmp_path / "out.wav")
    assert (tmp_path / "out.wav").read_bytes() == wav()
    order = switch.orders[0]
    assert (order.module, order.voice, order.text) == ("flite", "slt", "It's $x")
    assert list((tmp_path / "uploads").iterdir()) == []


def test_a_long_text_has_the_time_that_it_takes_to_be_spoken(switch: Switch, tmp_path: Path) -> None:
    """answer-documents.md: GATEWAY_SPEECH_TIMEOUT_S, at the switch beside 0.6 s a character."""
    engine(switch).render("x" * 100, "slt", "en-US", tmp_path / "out.wav")
    assert switch.orders[0].limit_s == 80


@pytest.mark.parametrize(
    "failure",
    [SwitchRefused("acW68: the switch has no mod_lua"), SwitchTimeout("lost"), UnsafeArgument("not a voice")],
)
def test_what_the_switch_cannot_do_is_told(switch: Switch, tmp_path: Path, failure: Exception) -> None:
    def fail() -> None:
        raise failure

    switch.instead = fail
    with refused("speech-failed") as errors:
        engine(switch).render("Hello", "slt", "en-US", tmp_path / "out.wav")
    assert str(failure) in errors[0].message
    assert not (tmp_path / "out.wav").exists()


def test_a_switch_that_says_yes_and_sends_nothing_has_failed(switch: Switch, tmp_path: Path) -> None:
    switch.instead = lambda: None
    with refused("speech-failed"):
        engine(switch).render("Hello", "slt", "en-US", tmp_path / "out.wav")


def test_a_text_that_nobody_wants_any_more_keeps_its_place_till_the_switch_is_done(
    switch: Switch, tmp_path: Path
) -> None:
    """Nothing ends it there: with its place free, one app would have the switch speak on as many channels as it has."""
    over, engine_there = Event(), engine(switch)
    switch.instead = lambda: over.wait(10)
    given_up = [gevent.spawn(engine_there.render, "Hello", "slt", "en-US", tmp_path / "out.wav") for _ in range(2)]
    wait_for(lambda: len(switch.orders) == 2, "the switch speaks")
    gevent.killall(given_up, block=False)
    gevent.idle()
    next_one = gevent.spawn(engine_there.render, "More", "slt", "en-US", tmp_path / "more.wav")
    gevent.idle()
    assert len(switch.orders) == 2
    switch.instead = None
    over.set()
    wait_for(next_one.ready, "its turn comes")
    assert (tmp_path / "more.wav").is_file() and not (tmp_path / "out.wav").exists()
    assert list((tmp_path / "uploads").iterdir()) == []


def test_of_flite_the_voices_are_known_of_others_the_settings_say_them(switch: Switch) -> None:
    flite, other = engine(switch), engine(switch, "unimrcp:nuance")
    assert (flite.voice_for("en-GB", "woman"), flite.voice_for("en-US", "man")) == ("slt", "rms")
    assert flite.voice_for("de-DE", "woman") is None and other.voice_for("en-US", "woman") is None
    row = VoiceSettings("Jenny", "switch", "jenny", "en-US")
    chosen = Voices([row]).choose("Jenny", "", Engines({"switch": other}, {}))
    assert (chosen.engine, chosen.voice) == (other, "jenny")


def test_auto_never_takes_the_switch() -> None:
    """answer-documents.md: "auto never takes `switch`"."""
    here = FakeEngine()
    assert Engines({"fake": here, "switch": FakeEngine()}, {}).defaults == (here,)


def test_it_is_there_where_the_settings_name_it(tmp_path: Path, clock: FakeClock, switch: Switch) -> None:
    nothing = {"GATEWAY_DATA_DIR": str(tmp_path)}
    for more in ({"GATEWAY_SPEECH_ENGINE": "switch"}, {"GATEWAY_VOICES": '{"Ann": {"engine": "switch"}}'}):
        media = Media(load({**nothing, **more}), "http://gateway:8080", clock, switch.speak)
        assert media.speech.fault("Ann" if "GATEWAY_VOICES" in more else "", "en-US") is None
    asked = load({"GATEWAY_SPEECH_ENGINE": "switch"})
    assert speech_state(asked, lambda _name: None).engine == "switch"
    assert "switch" not in find_engines(load({}), lambda _name: None).ready
