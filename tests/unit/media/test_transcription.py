"""Transcription: who hears which kind, the queue, the worker process, and sentences really heard."""

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import gevent
import pytest

from gateway.config import load
from gateway.media.transcribe_worker import utterances
from gateway.media.transcript import Transcriber, Transcript
from gateway.media.transcription import (
    PocketsphinxTranscriber,
    Transcription,
    find_transcribers,
    is_installed,
)
from tests.unit.media.origin import MP3, refused
from tests.unit.media.speakers import gone, wav
from tests.waiting import wait_for

HERE = Path(__file__).parent
needs_worker = pytest.mark.skipif(
    not (is_installed("pocketsphinx") and is_installed("miniaudio")), reason="pocketsphinx and miniaudio: extra missing"
)


class FakeTranscriber:
    def __init__(self) -> None:
        self.at_once = self.most = 0

    def transcribe(self, path: Path, kind: str) -> Transcript:
        self.at_once += 1
        self.most = max(self.most, self.at_once)
        gevent.sleep(0.01)
        self.at_once -= 1
        return Transcript(f"{kind} {path.name}", 1.0)


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    path = tmp_path / "room.wav"
    path.write_bytes(wav())
    return path


def test_no_more_than_so_many_are_heard_at_once(recording: Path) -> None:
    fake = FakeTranscriber()
    queue = Transcription({"auto": fake, "manual": fake}, parallel=2)
    jobs = [gevent.spawn(queue.transcribe, recording, kind) for kind in ("auto", "manual") * 5]
    gevent.joinall(jobs, timeout=5)
    assert {job.get().text for job in jobs} == {"auto room.wav", "manual room.wav"}
    assert fake.most == 2


def test_the_wait_for_a_turn_has_a_limit(recording: Path) -> None:
    class Slow(FakeTranscriber):
        def transcribe(self, path: Path, kind: str) -> Transcript:
            gevent.sleep(30)
            return Transcript("", None)

    queue = Transcription({"auto": Slow()}, parallel=1, wait_s=0.1)
    first = gevent.spawn(queue.transcribe, recording, "auto")
    gevent.sleep(0)
    with refused("transcription-failed") as errors:
        queue.transcribe(recording, "auto")
    assert errors[0].detail == {"reason": "timeout"}
    first.kill()


def test_a_kind_without_a_provider_names_the_setting(recording: Path) -> None:
    queue = Transcription({}, parallel=1)
    assert "GATEWAY_TRANSCRIPTION_MANUAL_URL" in (queue.fault("manual") or "")
    assert "GATEWAY_TRANSCRIPTION_HYBRID_URL" in (queue.fault("hybrid") or "")
    assert "switch-gateway[transcription]" in (queue.fault("auto") or "")
    assert "no such" in (queue.fault("magic") or "")
    with refused("transcription-failed") as errors:
        queue.transcribe(recording, "hybrid")
    assert errors[0].detail == {"reason": "unavailable"}


def test_a_recording_that_was_swept_is_said_so(tmp_path: Path) -> None:
    with refused("transcription-failed") as errors:
        Transcription({"auto": FakeTranscriber()}, parallel=1).transcribe(tmp_path / "gone.wav", "auto")
    assert errors[0].detail == {"reason": "missing"}


URL, OTHER = "http://127.0.0.1:1", "http://127.0.0.1:2"


@pytest.mark.parametrize(
    ("environ", "installed", "ready"),
    [
        ({}, True, {"auto": "pocketsphinx"}),
        ({}, False, {}),
        ({"URL": URL}, True, {"auto": "openai"}),
        ({"URL": URL, "MANUAL_URL": OTHER}, False, {"auto": "openai", "manual": "openai"}),
        ({"HYBRID_URL": OTHER}, True, {"auto": "pocketsphinx", "hybrid": "openai"}),
        ({"": "pocketsphinx", "URL": URL}, True, {"auto": "pocketsphinx"}),
        ({"": "pocketsphinx", "URL": URL}, False, {}),
        ({"": "openai", "URL": URL}, True, {"auto": "openai"}),
        ({"": "off", "URL": URL, "MANUAL_URL": OTHER}, True, {}),
    ],
)
def test_the_settings_say_who_hears_what(environ: dict[str, str], installed: bool, ready: dict[str, str]) -> None:
    names = {f"GATEWAY_TRANSCRIPTION_{key}".rstrip("_"): value for key, value in environ.items()}
    found = find_transcribers(load(names), lambda _module: installed)
    assert {kind: _engine_of(transcriber) for kind, transcriber in found.items()} == ready
    transcription = Transcription(found, 1)
    refused = {kind for kind in ("auto", "hybrid", "manual") if transcription.fault(kind)}
    assert refused | set(ready) == {"auto", "hybrid", "manual"}


def _engine_of(transcriber: Transcriber) -> str:
    return "pocketsphinx" if isinstance(transcriber, PocketsphinxTranscriber) else "openai"


def worker(directory: Path, code: str, timeout_s: float = 30.0) -> PocketsphinxTranscriber:
    script = directory / "worker.py"
    script.write_text(f"import os, sys, time\n{code}", encoding="utf-8")
    return PocketsphinxTranscriber(timeout_s, script)


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("sys.exit(3)", "decode"),
        ("sys.exit(4)", "unavailable"),
        ("raise ValueError('secret path')", "engine"),
        ("os.kill(os.getpid(), 11)", "engine"),
        ("print('hello')", "engine"),
        ("print('{}')", "engine"),
    ],
)
def test_a_worker_that_fails_is_a_failure_with_a_reason(
    tmp_path: Path, recording: Path, code: str, reason: str
) -> None:
    with refused("transcription-failed") as errors:
        worker(tmp_path, code).transcribe(recording, "auto")
    assert errors[0].detail == {"reason": reason}
    assert "secret" not in errors[0].message


def test_a_worker_that_overruns_is_killed(tmp_path: Path, recording: Path) -> None:
    pid = tmp_path / "pid"
    code = f"open({str(pid)!r}, 'w').write(str(os.getpid()))\ntime.sleep(60)"
    with refused("transcription-failed") as errors, gevent.Timeout(10):
        worker(tmp_path, code, 3.0).transcribe(recording, "auto")
    assert errors[0].detail == {"reason": "timeout"}
    wait_for(gone(int(pid.read_text())), "the worker is gone")


class Voices:
    """An endpointer for which the bytes `1` are speech."""

    frame_bytes = 1
    in_speech = False

    def process(self, frame: bytes) -> bytes | None:
        self.in_speech = frame == b"1"
        return frame if self.in_speech else None


def test_speech_is_cut_at_silence_and_endless_talk_at_its_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    def pieces(text: str) -> Iterator[bytes]:
        return (char.encode() for char in text)

    monkeypatch.setattr("gateway.media.transcribe_worker._MAX_UTTERANCE_BYTES", 3)
    assert list(utterances(pieces("0110"), Voices())) == [b"11"]
    assert list(utterances(pieces("10111111101"), Voices())) == [b"1", b"111", b"111", b"1", b"1"]
    assert list(utterances(pieces("000"), Voices())) == []


@needs_worker
def test_an_mp3_of_a_telephone_is_heard() -> None:
    found = PocketsphinxTranscriber(60.0).transcribe(HERE / "spoken.mp3", "auto")
    assert found.text == "one two three four five"
    assert found.duration_s == pytest.approx(1.79, abs=0.05)


@needs_worker
@pytest.mark.parametrize(
    ("program", "arguments", "words"),
    [
        # pocketsphinx hears flite well; of espeak-ng's speech it gets the easy words.
        ("flite", ["-voice", "slt", "-o"], "hello world the weather is nice today one two three four five"),
        ("espeak-ng", ["-v", "en-us", "-s", "130", "-w"], "three four five"),
    ],
)
def test_a_spoken_sentence_becomes_text(tmp_path: Path, program: str, arguments: list[str], words: str) -> None:
    if shutil.which(program) is None:
        pytest.skip(f"{program} is not installed")
    path = tmp_path / "said.wav"
    text = "hello world. the weather is nice today. one two three four five"
    command = [program, *arguments, str(path), *(["-t"] if program == "flite" else ["--"]), text]
    subprocess.run(command, check=True, timeout=20)
    found = PocketsphinxTranscriber(60.0).transcribe(path, "auto")
    assert words in found.text
    assert found.duration_s == pytest.approx(4.5, abs=0.5)


@needs_worker
def test_silence_is_no_text_and_no_failure(tmp_path: Path) -> None:
    path = tmp_path / "silence.wav"
    path.write_bytes(wav(bytes(16_000)))
    assert PocketsphinxTranscriber(60.0).transcribe(path, "auto") == Transcript("", 1.0)


@needs_worker
@pytest.mark.parametrize("content", [b"", b"#!/bin/sh\n" * 100, MP3, wav()[:30]])
def test_what_is_no_sound_is_a_failure_to_decode(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "room.mp3"
    path.write_bytes(content)
    with refused("transcription-failed") as errors:
        PocketsphinxTranscriber(60.0).transcribe(path, "auto")
    assert errors[0].detail == {"reason": "decode"}
