"""Text becomes a sound file. In: text, voice, language. Out: a cached file, or InvalidInput or MediaError.

The same text in the same voice is rendered once, also when many ask at the same time.
"""

import hashlib
import json
import os
import shutil
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import gevent

from gateway.config import Settings
from gateway.errors import InvalidInput, MediaError
from gateway.media.download import CachedAudio, audio_kind
from gateway.media.flights import Flights, to_the_end
from gateway.media.openai import MAX_SPEECH_BYTES, OpenAISpeech
from gateway.media.shelf import Entry, Shelf
from gateway.media.slots import Slots
from gateway.media.speech_engines import PROGRAMS, CommandEngine, SpeechEngine, Template, speech_failed
from gateway.media.switch_speech import SWITCH
from gateway.media.voices import Chosen, Engines, Voices
from gateway.media.wav import mended, read_wav

MAX_TEXT_CHARS: Final = 3000
SPEECH_WAIT_S = 30.0
_REQUESTS_AT_ONCE = 8
APOLOGY: Final = "apology"  # its file id: packaged, so that there is a sound without any engine
SOUNDS = Path(__file__).parent / "sounds"
_FOREVER_MS = 2**53 - 1
_FOREVER_S = 10**9
Which = Callable[[str], str | None]


def speakable(text: str) -> str:
    """One line; InvalidInput for what is empty, too long or holds control characters."""
    if len(text) > MAX_TEXT_CHARS:
        raise _wrong_text(f"must have at most {MAX_TEXT_CHARS} characters")
    line = " ".join(text.split())
    if not line:
        raise _wrong_text("must not be empty")
    if any(unicodedata.category(char) in ("Cc", "Cs") for char in line):
        raise _wrong_text("must not contain control characters")
    return line


def _wrong_text(fault: str) -> InvalidInput:
    return InvalidInput(f"text {fault}", detail={"fields": {"text": [fault]}})


def wants_switch(settings: Settings) -> bool:
    return settings.speech_engine == SWITCH or any(row.engine == SWITCH for row in settings.voice_list)


def find_engines(settings: Settings, which: Which = shutil.which, switch: SpeechEngine | None = None) -> Engines:
    """What is configured, then what is on this machine; ConfigError for a wrong template.

    `switch` is the engine at the switch, where one is wanted.
    """
    ready: dict[str, SpeechEngine] = {}
    missing: dict[str, str] = {}
    slots = Slots(settings.speech_parallel, SPEECH_WAIT_S)
    timeout_s = settings.speech_timeout_s
    if settings.speech_url:
        url, key, model = settings.speech_url, settings.speech_key, settings.speech_model
        requests = Slots(settings.speech_parallel or _REQUESTS_AT_ONCE, SPEECH_WAIT_S)
        ready["openai"] = OpenAISpeech(url, key, model, requests, timeout_s)
    else:
        missing["openai"] = "GATEWAY_SPEECH_URL is not set"
    if not settings.speech_command:
        missing["command"] = "GATEWAY_SPEECH_COMMAND is not set"
    for name, line in {"command": settings.speech_command, **PROGRAMS}.items():
        if line:
            template = Template(line)
            program = which(template.program)
            if program:
                ready[name] = CommandEngine(name, template, os.path.abspath(program), slots, timeout_s)
            else:
                missing[name] = f"{template.program} is not on PATH"
    if switch is not None:
        ready[SWITCH] = switch
    elif settings.speech_engine == SWITCH:
        missing[SWITCH] = "no switch is asked by this command"
    return Engines(ready, missing, settings.speech_engine)


@dataclass(frozen=True)
class SpeechState:
    """For `gateway doctor`: which engine speaks by default, what else is ready on this machine, and why not.

    Whether a switch speaks, only that switch can tell.
    """

    engine: str  # "" when there is none
    ready: tuple[str, ...]
    problems: tuple[str, ...]


def speech_state(settings: Settings, which: Which = shutil.which) -> SpeechState:
    engines = find_engines(settings, which)
    by_itself = SWITCH if settings.speech_engine == SWITCH else ""
    default = next((engine.name for engine in engines.defaults), by_itself)
    problems = [] if default else [engines.why_none()]
    for row in settings.voice_list:
        if row.engine in engines.missing:
            problems.append(f"voice {row.name}: {row.engine}: {engines.missing[row.engine]}")
    return SpeechState(default, tuple(engines.ready), tuple(problems))


class Speech:
    """Chooses engine and voice, has the text rendered, and keeps the file under a hash of all that made it."""

    def __init__(self, engines: Engines, voices: Voices, shelf: Shelf) -> None:
        self._engines = engines
        self._voices = voices
        self._shelf = shelf
        self._flights: Flights[CachedAudio] = Flights()

    @property
    def directory(self) -> Path:
        return self._shelf.directory

    def fault(self, voice: str, language: str) -> str | None:
        """Why nothing can be spoken so; None when it can. Costs nothing: documents are checked with it."""
        try:
            self._voices.choose(voice, language, self._engines)
        except (InvalidInput, MediaError) as error:
            return error.message
        return None

    def check(self, text: str, voice: str = "", language: str = "") -> None:
        """What a request is refused for, before anything is promised."""
        speakable(text)
        self._voices.choose(voice, language, self._engines)

    def rendered(self, text: str, voice: str = "", language: str = "", app_id: str = "") -> CachedAudio:
        """`app_id`: whose turn it is to be. What nobody waits for any more is not rendered."""
        line = speakable(text)
        chosen = self._voices.choose(voice, language, self._engines)
        key = _key(line, chosen)
        entry = self._shelf.entry(key)
        if entry is not None:
            return self._handed_out(entry)
        return self._flights.join(key, lambda: self._render(key, line, chosen, app_id))

    def _render(self, key: str, line: str, chosen: Chosen, app_id: str) -> CachedAudio:
        try:
            with TemporaryDirectory(prefix="gateway-speech-") as directory:
                made = Path(directory) / "speech.wav"
                chosen.engine.render(line, chosen.voice, chosen.language, made, app_id)
                part = self._shelf.new_part()
                try:
                    entry = to_the_end(partial(_in_thread, chosen.engine.name, made, part))
                    self._shelf.put_file(part, entry.file, entry.size_bytes)
                finally:
                    part.unlink(missing_ok=True)
            self._shelf.put_entry(key, entry)
        except OSError as error:
            raise MediaError("the gateway cannot store speech now", "media-storage") from error
        return self._handed_out(entry)

    def _handed_out(self, entry: Entry) -> CachedAudio:
        self._shelf.touch(entry.file)
        file_id, _, extension = entry.file.partition(".")
        return CachedAudio(self._shelf.path(entry.file), file_id, extension, entry.size_bytes)


def _key(line: str, chosen: Chosen) -> str:
    parts = [chosen.engine.identity, chosen.voice, chosen.language, line]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:40]


def _in_thread(engine: str, made: Path, part: Path) -> Entry:
    entry: Entry = gevent.get_hub().threadpool.apply(_checked, (engine, made, part))
    return entry


def _checked(engine: str, made: Path, part: Path) -> Entry:
    """What an engine made, as a file that the switch plays, on disk in `part`."""
    if made.stat().st_size > MAX_SPEECH_BYTES:
        raise speech_failed(engine, f"made more than {MAX_SPEECH_BYTES} bytes")
    content = made.read_bytes()
    extension = audio_kind(content[:12])
    if extension != "mp3":
        try:
            content, extension = mended(content, read_wav(content)), "wav"
        except ValueError as error:
            raise speech_failed(engine, f"made {error}") from error
    with open(part, "xb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    file_id = hashlib.sha256(content).hexdigest()[:40]
    return Entry(f"{file_id}.{extension}", len(content), _FOREVER_MS, _FOREVER_S)
