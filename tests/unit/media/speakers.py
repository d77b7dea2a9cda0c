"""What the tests of speech share: tiny programs that stand for engines, and a whole Speech around one."""

import struct
import sys
from collections.abc import Callable
from pathlib import Path

import gevent

from gateway.media.shelf import Shelf
from gateway.media.slots import Slots
from gateway.media.speech import Speech
from gateway.media.speech_engines import CommandEngine, SpeechEngine, Template
from gateway.media.voices import Engines, Voices
from tests.unit.media.origin import FakeClock


def wav(samples: bytes = bytes(1600), data_size: int | None = None, rate_hz: int = 8000) -> bytes:
    """`data_size` is what the header claims."""
    size = len(samples) if data_size is None else data_size
    form = struct.pack("<4sIHHIIHH", b"fmt ", 16, 1, 1, rate_hz, 2 * rate_hz, 2, 16)
    riff_size = 0xFFFFFFFF if size == 0xFFFFFFFF else 36 + size
    return struct.pack("<4sI4s", b"RIFF", riff_size, b"WAVE") + form + struct.pack("<4sI", b"data", size) + samples


def program(directory: Path, code: str, arguments: str = "{file} {voice} {language} {text}") -> CommandEngine:
    """Python that finds `file`, `voice`, `language`, `text` and WAV in place."""
    script = directory / "engine.py"
    head = f"import os, sys, json, time\nWAV = {wav()!r}\nfile, voice, language, text = (sys.argv[1:] + [''] * 4)[:4]\n"
    script.write_text(head + code, encoding="utf-8")
    return CommandEngine("command", Template(f"python {script} {arguments}"), sys.executable, Slots(4, 5.0), 30.0)


class FakeEngine:
    """Renders after a moment; `asked` holds what it was asked for."""

    name = "fake"
    multilingual = False

    def __init__(self, content: bytes = wav(), takes_s: float = 0.0, identity: str = "fake 1") -> None:
        self.identity = identity
        self.asked: list[tuple[str, str, str]] = []
        self.failure: Exception | None = None
        self._content = content
        self._takes_s = takes_s

    def voice_for(self, language: str, gender: str) -> str | None:
        return f"{language}/{gender}" if language.startswith("en") else None

    def render(self, text: str, voice: str, language: str, out_path: Path, app_id: str = "") -> None:
        self.asked.append((text, voice, language))
        gevent.sleep(self._takes_s)
        if self.failure is not None:
            raise self.failure
        out_path.write_bytes(self._content)


def speech(engine: SpeechEngine, directory: Path, max_bytes: int = 1_000_000) -> Speech:
    shelf = Shelf(directory / "speech", FakeClock(), max_bytes)
    return Speech(Engines({engine.name: engine}, {}), Voices(), shelf)


def gone(pid: int) -> Callable[[], bool]:
    """Whether a process has ended, for wait_for."""

    def check() -> bool:
        try:
            state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        except (FileNotFoundError, ProcessLookupError):
            return True
        return state == "Z"

    return check
