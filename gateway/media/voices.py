"""Who speaks. In: a voice name, a language, the engines. Out: engine, its voice and language; or InvalidInput."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from gateway.config import VoiceSettings
from gateway.errors import InvalidInput, MediaError
from gateway.media.speech_engines import MAN, WOMAN, SpeechEngine, primary
from gateway.media.switch_speech import SWITCH

DEFAULT_VOICE, DEFAULT_LANGUAGE = "en-US-Standard-A", "en-US"
# The voice API's two, and Plivo's; GATEWAY_VOICES adds and replaces.
BUILT_IN = (
    VoiceSettings("en-US-Neural-Jenny", gender=WOMAN),
    VoiceSettings("en-US-Standard-A", gender=MAN),
    VoiceSettings("WOMAN", gender=WOMAN),
    VoiceSettings("MAN", gender=MAN),
)
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,2}")


@dataclass(frozen=True)
class Engines:
    """`ready` in order of preference; `missing` says of each other one why it is not there."""

    ready: Mapping[str, SpeechEngine]
    missing: Mapping[str, str]
    wanted: str = "auto"

    @property
    def defaults(self) -> tuple[SpeechEngine, ...]:
        """The first one speaks unless it lacks the language."""
        if self.wanted == "auto":  # the switch speaks in real time: only where it is asked for by name
            return tuple(engine for name, engine in self.ready.items() if name != SWITCH)
        return tuple(engine for name, engine in self.ready.items() if name == self.wanted)

    def named(self, name: str) -> SpeechEngine:
        if name in self.ready:
            return self.ready[name]
        raise unavailable(f"{name}: {self.missing.get(name, 'is not there')}")

    def why_none(self) -> str:
        names = list(self.missing) if self.wanted == "auto" else [self.wanted]
        return "; ".join(f"{name}: {self.missing[name]}" for name in names)


@dataclass(frozen=True)
class Chosen:
    engine: SpeechEngine
    voice: str
    language: str


class Voices:
    """The names that apps may give: those built in, and the rows of GATEWAY_VOICES, which come before them."""

    def __init__(self, own: Iterable[VoiceSettings] = ()) -> None:
        # Plivo's documents write WOMAN, woman and Woman.
        self._rows = {row.name.casefold(): row for row in (*BUILT_IN, *own)}

    @property
    def names(self) -> list[str]:
        return sorted(row.name for row in self._rows.values())

    def choose(self, voice: str, language: str, engines: Engines) -> Chosen:
        """Empty means the default. A language that is not the voice's own is spoken by another voice of its gender."""
        row = self._rows.get((voice or DEFAULT_VOICE).casefold())
        if row is None:
            fault = f"there is no voice {voice[:64]!r}"
            raise InvalidInput(fault, detail={"fields": {"voice": [fault]}, "known": self.names})
        tag = language or row.language or DEFAULT_LANGUAGE
        if not _LANGUAGE.fullmatch(tag):
            raise _no_language(f"must be a language such as {DEFAULT_LANGUAGE}")
        candidates = (engines.named(row.engine),) if row.engine else engines.defaults
        if not candidates:
            raise unavailable(engines.why_none())
        for engine in candidates:
            if name := _voice_of(engine, row, tag):
                return Chosen(engine, name, tag)
        raise _no_language(f"no speech engine here speaks {tag}")


def _voice_of(engine: SpeechEngine, row: VoiceSettings, tag: str) -> str | None:
    if row.voice and (engine.multilingual or primary(tag) == primary(row.language)):
        return row.voice
    return engine.voice_for(tag, row.gender)


def unavailable(why: str) -> MediaError:
    return MediaError(f"there is no speech engine ({why})", "speech-unavailable")


def _no_language(fault: str) -> InvalidInput:
    return InvalidInput(f"language {fault}", detail={"fields": {"language": [fault]}})
