"""Speech as a whole: texts checked, rendered once, kept by content, handed to the switch by a signed link."""

import os
from pathlib import Path
from typing import Any

import gevent
import pytest

from gateway.config import load
from gateway.errors import Forbidden, InvalidInput, MediaError
from gateway.media.parts import Media
from gateway.media.speech import SOUNDS, _checked, speakable
from gateway.media.wav import read_wav
from tests.unit.media.origin import MP3, FakeClock, refused
from tests.unit.media.speakers import FakeEngine, gone, program, speech, wav
from tests.waiting import wait_for


def test_a_text_is_rendered_once_and_then_comes_from_the_cache(tmp_path: Path) -> None:
    engine = FakeEngine()
    house = speech(engine, tmp_path)
    first = house.rendered("Hello there.", "WOMAN")
    assert house.rendered(" Hello \n there. ", "woman", "en-US") == first
    assert engine.asked == [("Hello there.", "en-US/woman", "en-US")]
    assert (first.path.read_bytes(), first.extension, first.size_bytes) == (wav(), "wav", len(wav()))


def test_a_restart_finds_what_was_rendered(tmp_path: Path) -> None:
    first = speech(FakeEngine(), tmp_path).rendered("Hello")
    engine = FakeEngine()
    assert speech(engine, tmp_path).rendered("Hello") == first
    assert engine.asked == []


def test_text_voice_language_and_settings_each_make_another_sound(tmp_path: Path) -> None:
    engine = FakeEngine()
    house = speech(engine, tmp_path)
    for text, voice, language in (("a", "", ""), ("b", "", ""), ("a", "WOMAN", ""), ("a", "", "en-GB")):
        house.rendered(text, voice, language)
    assert len(engine.asked) == 4
    changed = FakeEngine(identity="fake 2")
    speech(changed, tmp_path).rendered("a")
    assert len(changed.asked) == 1


def test_many_who_want_the_same_at_once_get_one_rendering(tmp_path: Path) -> None:
    engine = FakeEngine(takes_s=0.05)
    house = speech(engine, tmp_path)
    asking = [gevent.spawn(house.rendered, "Hello") for _ in range(20)]
    gevent.sleep(0)
    asking[0].kill()  # who asked first hangs up; the others still get it
    gevent.joinall(asking[1:], timeout=5)
    assert len({greenlet.get().file_id for greenlet in asking[1:]}) == 1
    assert len(engine.asked) == 1


def test_what_nobody_waits_for_any_more_is_not_rendered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """speech.py: of 120 long texts for one call each was rendered, though the call was to hear the last of them."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    engine = program(tmp_path, "open('pid', 'w').write(str(os.getpid())); time.sleep(60)")
    house = speech(engine, tmp_path)
    asking = [gevent.spawn(house.rendered, "Hello") for _ in range(2)]
    wait_for(lambda: (pids := pids_in(tmp_path)) and pids[0].read_text(), "the engine is at work")
    [file] = pids_in(tmp_path)
    pid = int(file.read_text())
    asking[0].kill()
    gevent.idle()
    assert not gone(pid)()
    asking[1].kill()
    wait_for(gone(pid), "the engine is stopped")
    wait_for(lambda: not file.exists(), "its folder is swept")
    assert list(house.directory.iterdir()) == []


def pids_in(directory: Path) -> list[Path]:
    return list(directory.glob("gateway-speech-*/pid"))


def test_who_asks_anew_for_what_was_just_given_up_gets_it(tmp_path: Path) -> None:
    engine = FakeEngine(takes_s=0.05)
    house = speech(engine, tmp_path)
    first = gevent.spawn(house.rendered, "Hello")
    wait_for(lambda: engine.asked, "the engine is at work")
    first.kill()
    assert house.rendered("Hello").extension == "wav"
    assert len(engine.asked) == 2


def test_what_is_given_up_while_it_is_put_away_leaves_no_part_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The thread that writes it goes on: it must not make a file behind the one who sweeps."""
    held, let_go = os.pipe()
    begun: list[Any] = []
    written: list[Any] = []

    def slowly(*arguments: Any) -> Any:
        begun.append(arguments)
        os.read(held, 1)
        entry = _checked(*arguments)
        written.append(entry)
        return entry

    monkeypatch.setattr("gateway.media.speech._checked", slowly)
    house = speech(FakeEngine(), tmp_path)
    asking = gevent.spawn(house.rendered, "Hello")
    wait_for(lambda: begun, "it is being written")
    asking.kill()
    gevent.idle()
    os.close(let_go)
    wait_for(lambda: written, "the thread has written it")
    wait_for(lambda: not list(house.directory.iterdir()), "it is swept")
    os.close(held)


def test_a_failure_reaches_all_who_wait_and_is_not_kept(tmp_path: Path) -> None:
    engine = FakeEngine(takes_s=0.05)
    engine.failure = MediaError("no", "speech-failed")
    house = speech(engine, tmp_path)
    results: list[str] = []

    def ask() -> None:
        with refused("speech-failed"):
            house.rendered("Hello")
        results.append("failed")

    gevent.joinall([gevent.spawn(ask) for _ in range(3)], timeout=5)
    assert (results, len(engine.asked)) == (["failed"] * 3, 1)
    engine.failure = None
    assert house.rendered("Hello").extension == "wav"


def test_a_bug_in_an_engine_leaves_nobody_waiting(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    engine = FakeEngine()
    engine.failure = ZeroDivisionError("bug")
    with refused("media-error"):
        speech(engine, tmp_path).rendered("Hello")
    assert "ZeroDivisionError" in capsys.readouterr().err


def test_a_disk_that_refuses_is_said_so(tmp_path: Path) -> None:
    engine = FakeEngine()
    engine.failure = OSError(28, "No space left on device")
    with refused("media-storage"):
        speech(engine, tmp_path).rendered("Hello")


def test_what_was_swept_is_rendered_again(tmp_path: Path) -> None:
    engine = FakeEngine()
    house = speech(engine, tmp_path)
    house.rendered("Hello").path.unlink()
    assert house.rendered("Hello").path.is_file()
    assert len(engine.asked) == 2


def test_sizes_that_a_streaming_server_did_not_know_are_mended(tmp_path: Path) -> None:
    audio = speech(FakeEngine(wav(data_size=0xFFFFFFFF)), tmp_path).rendered("Hello")
    assert audio.path.read_bytes() == wav()


def test_an_engine_may_make_mp3(tmp_path: Path) -> None:
    audio = speech(FakeEngine(MP3), tmp_path).rendered("Hello")
    assert (audio.extension, audio.path.read_bytes()) == ("mp3", MP3)


@pytest.mark.parametrize("text", ["a" * 3000, "line\none\ttwo", "größe 日本 🙂", "-5 degrees", "👩\u200d👧"])
def test_texts_that_are_spoken(text: str) -> None:
    assert speakable(text) == " ".join(text.split())


@pytest.mark.parametrize("text", ["", " \n", "a" * 3001, "a\0b", "a\x1b[1m", "a\x7f", "a\x85b\x9f", "\ud800"])
def test_texts_that_are_refused(text: str, tmp_path: Path) -> None:
    engine = FakeEngine()
    house = speech(engine, tmp_path)
    for ask in (house.check, house.rendered):
        with pytest.raises(InvalidInput) as caught:
            ask(text)
        assert "text" in caught.value.detail["fields"]
    assert engine.asked == []


def test_a_document_is_checked_without_rendering(tmp_path: Path) -> None:
    engine = FakeEngine()
    house = speech(engine, tmp_path)
    assert house.fault("WOMAN", "en-US") is None
    assert "Bob" in (house.fault("Bob", "") or "")
    assert "it-IT" in (house.fault("MAN", "it-IT") or "")
    assert engine.asked == []


@pytest.fixture
def media(tmp_path: Path, clock: FakeClock) -> Media:
    script = tmp_path / "engine.py"
    script.write_text(f"import sys; open(sys.argv[1], 'wb').write({wav()!r})")
    environ = {
        "GATEWAY_DATA_DIR": str(tmp_path / "data"),
        "GATEWAY_SPEECH_ENGINE": "command",
        "GATEWAY_SPEECH_COMMAND": f"python3 {script} {{file}} {{text}}",
        "GATEWAY_MEDIA_FETCH": "switch",
    }
    return Media(load(environ), "http://gateway:8080", clock)


def test_the_switch_is_given_a_signed_link_of_the_gateway(media: Media, clock: FakeClock) -> None:
    url = media.spoken("Hello", "WOMAN", "en-US", "app_1")
    assert url.startswith("http://gateway:8080/media/")
    assert url.endswith(".wav")
    name = url.rpartition("/")[2]
    assert media.file_of(name).read_bytes() == wav()
    clock.pass_s(3 * 3600)
    with pytest.raises(Forbidden):
        media.file_of(name)


def test_there_is_an_apology_without_any_engine(media: Media) -> None:
    url = media.apology()
    path = media.file_of(url.rpartition("/")[2])
    assert path.parent == SOUNDS
    content = path.read_bytes()
    sound = read_wav(content)
    assert (sound.rate_hz, sound.channels, len(content) < 100_000) == (8000, 1, True)
    assert 3 < sound.duration_s < 6
    assert content == SOUNDS.joinpath("apology.wav").read_bytes()
