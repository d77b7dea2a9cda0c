"""The port of speech engines, and engines that are programs. In: text, a voice. Out: a file, or MediaError.

The switch's own TTS is in switch_speech: slower, for it speaks in real time. mod_flite's voices are also had from the
program `flite`, which is the same library.
"""

import logging
import re
import shlex
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Protocol

from gateway.errors import ConfigError, MediaError
from gateway.media.processes import run
from gateway.media.slots import Slots

log = logging.getLogger(__name__)
WOMAN, MAN = "woman", "man"
# What auto looks for, best first: espeak-ng speaks a hundred languages, the others few.
PROGRAMS: Mapping[str, str] = {
    "espeak-ng": "espeak-ng -v {voice} -w {file} -- {text}",
    "flite": "flite -voice {voice} -o {file} -t {text}",
    "pico2wave": "pico2wave -l {voice} -w {file} -- {text}",
}
_PLACEHOLDER = re.compile(r"\{(\w+)\}")
_KNOWN = frozenset({"voice", "language", "file", "text"})
_SHELLS = frozenset({"sh", "bash", "dash", "zsh", "ksh", "csh", "tcsh", "fish", "ash", "busybox", "env", "eval"})

_ESPEAK_LANGUAGES = frozenset(
    "af am an ar az ba be bg bn bs ca cmn cs cy da de el eo es et eu fa fi ga gd gn gu he hi hr ht hu hy ia id io is "
    "it ja ka kk kl kn ko ku ky la lb lt lv mi mk ml mr ms mt my nb ne nl or pa pl pt ro ru sd si sk sl sq sr sv sw ta "
    "te th tk tr tt ug uk ur uz vi yue".split()
)
_ESPEAK_NAMES: Mapping[str, str] = {
    "en": "en-us",
    "en-us": "en-us",
    "en-gb": "en-gb",
    "en-au": "en-gb",
    "en-in": "en-gb",
    "en-ie": "en-gb",
    "en-nz": "en-gb",
    "en-za": "en-gb",
    "es-mx": "es-419",
    "es-us": "es-419",
    "es-419": "es-419",
    "fr": "fr-fr",
    "fr-be": "fr-be",
    "fr-ch": "fr-ch",
    "pt-br": "pt-br",
    "arb": "ar",
    "no": "nb",
    "zh": "cmn",
    "zh-hk": "yue",
}
_FLITE_VOICES = {WOMAN: "slt", MAN: "rms"}
_PICO_LANGUAGES = ("en-US", "en-GB", "de-DE", "es-ES", "fr-FR", "it-IT")


class SpeechEngine(Protocol):
    @property
    def name(self) -> str: ...

    @property
    def identity(self) -> str:
        """All of its settings that change how a text sounds."""
        ...

    @property
    def multilingual(self) -> bool:
        """Whether each of its voices speaks every language."""
        ...

    def voice_for(self, language: str, gender: str) -> str | None:
        """Its voice for a language; None where it does not speak it."""
        ...

    def render(self, text: str, voice: str, language: str, out_path: Path, app_id: str = "") -> None:
        """`app_id`: whose turn it is to be."""
        ...


class Template:
    """A command line whose placeholders are filled argument by argument, each once: no value is read again."""

    def __init__(self, text: str) -> None:
        self.text = text
        try:
            self._arguments = shlex.split(text)
        except ValueError as error:
            raise _wrong(f"cannot be split into arguments: {error}") from error
        used = set(_PLACEHOLDER.findall(" ".join(self._arguments)))
        if not self._arguments or _PLACEHOLDER.search(self._arguments[0]):
            raise _wrong("must begin with the name of a program")
        if unknown := sorted(used - _KNOWN):
            raise _wrong(f"knows no {{{unknown[0]}}}; there are {{voice}}, {{language}}, {{file}} and {{text}}")
        if "file" not in used:
            raise _wrong("must name {file}, which the program writes")
        self.takes_stdin = "text" not in used
        if not self.takes_stdin and Path(self.program).name in _SHELLS:
            raise _wrong(f"must not hand text to {self.program}; without {{text}} the program reads standard input")

    @property
    def program(self) -> str:
        return self._arguments[0]

    def argv(self, program: str, values: Mapping[str, str]) -> list[str]:
        filled = [_PLACEHOLDER.sub(lambda match: values[match[1]], part) for part in self._arguments[1:]]
        return [program, *filled]


def _wrong(why: str) -> ConfigError:
    return ConfigError(f"GATEWAY_SPEECH_COMMAND: {why}")


class CommandEngine:
    """`program` is where the template's first word was found."""

    multilingual = False

    def __init__(self, name: str, template: Template, program: str, slots: Slots, timeout_s: float) -> None:
        self.name = name
        self.identity = f"{name} {template.text}"
        self._template = template
        self._program = program
        self._slots = slots
        self._timeout_s = timeout_s
        self._voices = _VOICES.get(Path(template.program).name, _language_as_voice)

    def voice_for(self, language: str, gender: str) -> str | None:
        return self._voices(language, gender)

    def render(self, text: str, voice: str, language: str, out_path: Path, app_id: str = "") -> None:
        given = b""
        if self._template.takes_stdin:
            given = text.encode()
        elif text.startswith("-"):
            text = f" {text}"  # also without `--` in the template: no option begins with a space
        values = {"voice": voice, "language": language, "file": str(out_path), "text": text}
        argv = self._template.argv(self._program, values)
        try:
            with self._slots.taken(app_id):
                finished = run(argv, self._timeout_s, out_path.parent, given)
        except TimeoutError as error:
            raise speech_failed(self.name, str(error)) from None
        except OSError as error:
            raise speech_failed(self.name, error.strerror or "cannot be started") from error
        if finished.code == 0 and out_path.is_file():
            return
        # What it complains of is for the operator; apps read the error.
        log.warning("speech engine %s, exit code %d: %s", self.name, finished.code, finished.complaint)
        raise speech_failed(self.name, f"ended with exit code {finished.code}" if finished.code else "wrote no file")


def speech_failed(engine: str, reason: str) -> MediaError:
    return MediaError(f"the text could not be spoken: {engine}: {reason}", "speech-failed", {"engine": engine})


def primary(language: str) -> str:
    return language.partition("-")[0].lower()


def _espeak_voice(language: str, gender: str) -> str | None:
    for tag in (language.lower(), primary(language)):
        name = _ESPEAK_NAMES.get(tag) or (tag if tag in _ESPEAK_LANGUAGES else None)
        if name:
            return f"{name}+f3" if gender == WOMAN else name
    return None


def flite_voice(language: str, gender: str) -> str | None:
    return _FLITE_VOICES[gender] if primary(language) == "en" else None


def _pico_voice(language: str, _gender: str) -> str | None:
    for name in _PICO_LANGUAGES:
        if name.lower() == language.lower():
            return name
    return next((name for name in _PICO_LANGUAGES if primary(name) == primary(language)), None)


def _language_as_voice(language: str, _gender: str) -> str | None:
    return language


_VOICES: Mapping[str, Callable[[str, str], str | None]] = {
    "espeak-ng": _espeak_voice,
    "espeak": _espeak_voice,
    "flite": flite_voice,
    "pico2wave": _pico_voice,
}
