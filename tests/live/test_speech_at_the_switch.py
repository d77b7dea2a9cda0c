"""The speech engine `switch` on a real FreeSWITCH with mod_lua and mod_flite: heard by a phone, kept, doing no harm."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.live.phones import SippPhones
from tests.live.switch import RealSwitch
from tests.live.test_call_audio import LIMIT_S, begun, is_silent, is_speech, told
from tests.stage import Guest, Stage
from tests.waiting import wait_for

SPOKEN_S = 60.0  # as long as it takes to speak, and the machine is shared


@pytest.fixture(scope="module")
def stage(switch: RealSwitch, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    for module in ("mod_lua", "mod_flite"):
        if switch.api(f"module_exists {module}") != "true":
            pytest.skip(f"this FreeSWITCH has no {module}")
    folder = tmp_path_factory.mktemp("stage")
    stage = Stage(folder, switch, switch.esl_password, SippPhones(switch, folder), speech_engine="switch")
    try:
        stage.start()
        yield stage
    finally:
        stage.stop()


@pytest.fixture
def guest(stage: Stage) -> Guest:
    guest = stage.guest()
    guest.hears("call.created")
    guest.answer()
    return guest


def spoken(guest: Guest, text: str, voice: str = "en-US-Neural-Jenny") -> float:
    """Seconds until it began."""
    began = time.monotonic()
    operation = begun(guest, "speak", {"text": text, "voice": voice})
    wait_for(
        lambda: [e for e in guest.stage.sink.events if e["data"].get("operation_id") == operation],
        "something is told of it",
        SPOKEN_S,
    )
    told(guest, "playback.started", operation)
    took_s = time.monotonic() - began
    wait_for(lambda: is_speech(guest), "the phone hears speech", LIMIT_S)
    begun(guest, "playback/stop")
    assert told(guest, "playback.stopped", operation)["reason"] == "stopped"
    return took_s


def spoken_at(switch: RealSwitch) -> int:
    """How often it began to speak."""
    log = (switch.log_dir / "freeswitch.log").read_text(errors="replace")
    return log.count("New Channel null/gateway_speech")


def test_a_hostile_text_is_spoken_and_nothing_of_it_is_done(guest: Guest, switch: RealSwitch, tmp_path: Path) -> None:
    """house rule 1: "User text never goes into say, saymember, an application argument or a channel variable"."""
    owned = tmp_path / "owned"
    text = (
        f"{{voice=x}} It's ${{system(touch {owned})}} $${{x}}; 'quoted' | \\n \"twice\" `touch {owned}` "
        f"größe, <audio src='file://{owned}'/> and a good day to all of you, wherever you are"
    )
    channels = len(guest.stage.sink.find("call.created"))
    spoken(guest, text)
    assert not owned.exists()
    assert len(guest.stage.sink.find("call.created")) == channels, "the channel that speaks is no call of ours"
    assert list((switch.folder / "temp").glob("gateway_speech_*")) == []


def test_the_second_time_it_comes_from_the_cache(guest: Guest) -> None:
    text = "This is said twice, and spoken once. " * 3
    first, second = spoken(guest, text), spoken(guest, text)
    assert second < first / 2, (first, second)


def test_endless_words_do_not_end_the_switch(guest: Guest, switch: RealSwitch) -> None:
    """Whole, words of some hundred characters overflowed mod_flite's stack, and all calls were gone."""
    for text in ("." * 1000, "a-b-" * 200, "😀" * 1000, "1,1" * 200):
        before = spoken_at(switch)
        begun(guest, "speak", {"text": text})  # it replaces the one before, which at this moment may not be begun yet
        wait_for(lambda before=before: spoken_at(switch) > before, "the switch was given it", SPOKEN_S)  # type: ignore[misc]
    spoken(guest, "The switch is still here, and so are we, after all of that.")
    assert switch.running


def test_it_is_heard_in_a_room(guest: Guest) -> None:
    stage = guest.stage
    room = stage.room()
    guest.join(room)
    operation = stage.post(f"conferences/{room}/speak", {"text": "Welcome, all of you, to this room. " * 3})
    wait_for(lambda: is_speech(guest), "the member hears speech", SPOKEN_S)
    stage.post(f"conferences/{room}/stop")
    assert told(guest, "conference.speak.stopped", str(operation["operation_id"]))["reason"] == "stopped"
    wait_for(lambda: is_silent(guest), "it is over", LIMIT_S)
