"""Speech into a file: freeswitch-conf/scripts/gateway_speech.lua speaks, records and sends it. Text goes as hex."""

import re
from dataclasses import dataclass
from typing import ClassVar

from gateway.switch import arguments
from gateway.switch.commands.base import Command, Kind

SCRIPT = "gateway_speech.lua"
RATE_HZ = 16_000
MAX_TEXT_BYTES = 12_400  # 3,000 characters of four bytes, and the spaces that cut long words
# The core takes a leading {…} for parameters of the TTS module; some modules take <…> or a backslash for markup,
# with which a text could name files and URLs.
_MARKUP = str.maketrans("{}<>\\", "     ")
# mod_flite ends the whole switch (a stack overflow) at a word of some hundred characters, of dots or hyphens even less.
_LONG_WORD = re.compile(r"(\S{30})(?=\S)")


def harmless(text: str) -> str:
    """What a TTS module may be given: no markup, no endless words."""
    return _LONG_WORD.sub(r"\1 ", text.translate(_MARKUP))


@dataclass(frozen=True)
class RenderSpeech(Command):
    """Its result comes once the file was sent. The switch speaks for `limit_s` at most, then has `upload_s` to send."""

    kind: ClassVar[Kind] = Kind.JOB
    job_id: str
    module: str
    voice: str
    spoken: str
    upload_url: str
    limit_s: int
    upload_s: int

    def _words(self) -> tuple[str, ...]:
        return (
            "lua",
            SCRIPT,
            arguments.channel(self.job_id),
            arguments.tts_module(self.module),
            arguments.tts_voice(self.voice),
            str(RATE_HZ),
            arguments.whole(self.limit_s, 1, 86_400),
            arguments.hexadecimal(harmless(self.spoken), MAX_TEXT_BYTES),
            arguments.url(self.upload_url),
        )

    @property
    def result_limit_s(self) -> float:
        return float(self.limit_s + self.upload_s)
