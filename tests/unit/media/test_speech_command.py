"""Programs as speech engines: no shell, no option out of a text, time limits, and nothing left running."""

import json
import os
import shutil
import time
from pathlib import Path

import gevent
import pytest

from gateway.errors import ConfigError
from gateway.media.processes import run
from gateway.media.slots import Slots
from gateway.media.speech_engines import PROGRAMS, CommandEngine, Template
from tests.unit.media.origin import refused
from tests.unit.media.speakers import gone, program, speech, wav
from tests.waiting import wait_for

DUMP = "open(file, 'wb').write(WAV); json.dump(sys.argv[1:], open(file + '.json', 'w'))"


@pytest.mark.parametrize(
    "text",
    [
        "$(touch owned) `touch owned`",
        "hello; touch owned && touch owned | touch owned > owned",
        "it's \"quoted\" \\ and 'more'",
        "{file} {voice} {language} {text} {nothing}",
        "${HOME} %s %(text)s *",
        "größe, 日本, 🙂",
    ],
)
def test_a_text_reaches_the_program_as_one_argument_unchanged(tmp_path: Path, text: str) -> None:
    out = tmp_path / "out.wav"
    program(tmp_path, DUMP).render(text, "slt", "en-US", out)
    assert json.loads((tmp_path / "out.wav.json").read_text()) == [str(out), "slt", "en-US", text]
    assert not (tmp_path / "owned").exists()


@pytest.mark.parametrize("text", ["-w /tmp/evil", "--version", "-", "--"])
def test_a_text_is_never_an_option_even_where_the_template_has_no_double_dash(tmp_path: Path, text: str) -> None:
    out = tmp_path / "out.wav"
    program(tmp_path, DUMP).render(text, "v", "en", out)
    assert json.loads((tmp_path / "out.wav.json").read_text())[3] == f" {text}"


def test_placeholders_within_an_argument_are_filled_and_the_text_stays_in_its_argument(tmp_path: Path) -> None:
    out = tmp_path / "out.wav"
    program(tmp_path, DUMP, "{file} --voice={voice}.onnx --text={text} x").render("a b --c", "amy", "en", out)
    assert json.loads((tmp_path / "out.wav.json").read_text())[1:] == ["--voice=amy.onnx", "--text=a b --c", "x"]


def test_without_a_text_placeholder_the_program_reads_standard_input(tmp_path: Path) -> None:
    out = tmp_path / "out.wav"
    engine = program(tmp_path, "open(file, 'wb').write(sys.stdin.buffer.read())", "{file}")
    engine.render("-größe", "v", "en", out)
    assert out.read_bytes() == "-größe".encode()


def test_the_program_sees_no_setting_of_the_gateway(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GATEWAY_SPEECH_KEY", "secret")
    out = tmp_path / "out.wav"
    program(tmp_path, "json.dump(dict(os.environ), open(file, 'w'))").render("hi", "v", "en", out)
    assert [name for name in json.loads(out.read_text()) if name.startswith("GATEWAY_")] == []


def test_an_exit_code_is_a_failure_and_the_complaint_is_logged(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    engine = program(tmp_path, "open(file, 'wb').write(WAV); sys.exit('no such\\nvoice \\x1b[1m')")
    with refused("speech-failed") as errors:
        engine.render("hi", "v", "en", tmp_path / "out.wav")
    assert errors[0].message.endswith("command: ended with exit code 1")
    assert "no such voice" in caplog.text
    assert "\x1b" not in caplog.text


def test_a_program_that_writes_nothing_has_failed(tmp_path: Path) -> None:
    with refused("speech-failed") as errors:
        program(tmp_path, "").render("hi", "v", "en", tmp_path / "out.wav")
    assert "wrote no file" in errors[0].message


@pytest.mark.parametrize(
    "made", [b"", b"OggS" + bytes(99), b"<html>", wav()[:44], wav(b""), b"RIFF\x24\x00\x00\x00WAVEfmt " + bytes(99)]
)
def test_what_is_no_sound_is_refused_and_not_kept(tmp_path: Path, made: bytes) -> None:
    house = speech(program(tmp_path, f"open(file, 'wb').write({made!r})"), tmp_path)
    with refused("speech-failed"):
        house.rendered("hi")
    assert list(house.directory.iterdir()) == []


def test_a_program_that_cannot_be_started_has_failed(tmp_path: Path) -> None:
    absent = CommandEngine("command", Template("x {file} {text}"), str(tmp_path / "x"), Slots(1, 1.0), 1.0)
    with refused("speech-failed"):
        absent.render("hi", "v", "en", tmp_path / "out.wav")


FORKING = ["sh", "-c", "sleep 60 & echo $! > child; sleep 60"]


def started_child(directory: Path) -> int:
    wait_for(lambda: (directory / "child").is_file() and (directory / "child").read_text().strip(), "a child")
    return int((directory / "child").read_text())


def test_who_overruns_is_killed_with_all_it_started(tmp_path: Path) -> None:
    started = time.monotonic()
    with pytest.raises(TimeoutError, match="not done after 2 s"):
        run(FORKING, 2.0, tmp_path)
    assert time.monotonic() - started < 10
    wait_for(gone(started_child(tmp_path)), "the child of the killed program is gone")


def test_a_killed_greenlet_leaves_no_program_behind(tmp_path: Path) -> None:
    waiting = gevent.spawn(run, FORKING, 60.0, tmp_path)
    pid = started_child(tmp_path)
    waiting.kill()
    wait_for(gone(pid), "the child of the program is gone")


def test_an_overrun_is_a_failure_with_its_limit(tmp_path: Path) -> None:
    engine = CommandEngine("command", Template("sleep {text} {file}"), "/bin/sleep", Slots(1, 1.0), 0.2)
    with refused("speech-failed") as errors:
        engine.render("60", "v", "en", Path("0"))
    assert "not done after 0.2 s" in errors[0].message


def test_the_event_loop_goes_on_while_a_program_runs(tmp_path: Path) -> None:
    running = gevent.spawn(run, ["sleep", "0.3"], 5.0, tmp_path)
    ticks = 0
    while not running.ready():
        gevent.sleep(0.01)
        ticks += 1
    assert running.get().code == 0
    assert ticks > 5


def test_only_so_many_run_at_once_and_the_wait_has_a_limit(tmp_path: Path) -> None:
    slots = Slots(1, 0.1)
    engine = CommandEngine("command", Template("sleep {text} {file}"), "/bin/sleep", slots, 5.0)
    with slots.taken(), refused("speech-failed") as errors:
        engine.render("0", "v", "en", tmp_path / "0")
    assert "still waiting for its turn after 0.1 s" in errors[0].message


@pytest.mark.parametrize(
    ("template", "why"),
    [
        ("", "name of a program"),
        ("{voice} {file} {text}", "name of a program"),
        ("espeak-ng {text}", "must name {file}"),
        ("espeak-ng {file} {text} {speed}", "knows no {speed}"),
        ("espeak-ng '{file} {text}", "cannot be split"),
        ("sh -c 'espeak-ng -w {file} {text}'", "must not hand text to sh"),
        ("/usr/bin/env espeak-ng -w {file} {text}", "must not hand text to"),
    ],
)
def test_a_wrong_template_stops_the_start(template: str, why: str) -> None:
    with pytest.raises(ConfigError, match=why):
        Template(template)


@pytest.mark.parametrize("name", PROGRAMS)
@pytest.mark.parametrize("text", ["-w x; $(id) hello", "--help", "[[h@l'oU]] <speak>hello</speak>", "/etc/passwd"])
def test_the_real_programs_speak_it(tmp_path: Path, name: str, text: str) -> None:
    found = shutil.which(name)
    if found is None:
        pytest.skip(f"{name} is not installed")
    engine = CommandEngine(name, Template(PROGRAMS[name]), found, Slots(1, 5.0), 20.0)
    voice = engine.voice_for("en-US", "woman")
    assert voice
    before = set(os.listdir(tmp_path))
    engine.render(text, voice, "en-US", tmp_path / "out.wav")
    assert set(os.listdir(tmp_path)) - before == {"out.wav"}
    assert (tmp_path / "out.wav").stat().st_size > 4000
