"""The switch's own speech engine. In: a text, a voice of a TTS module there. Out: a file it sent, or MediaError.

The switch speaks into a channel that nobody hears, records that and sends the file: as fast as it is heard, no faster.
"""

import logging
import math
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

import gevent

from gateway.errors import SwitchError, UnsafeArgument
from gateway.media.flights import to_the_end
from gateway.media.slots import Slots
from gateway.media.speech_engines import flite_voice, speech_failed
from gateway.media.uploads import Uploads

log = logging.getLogger(__name__)
SWITCH: Final = "switch"
AT_ONCE: Final = 8  # each takes one channel of the switch, in real time
_S_PER_CHAR: Final = 0.6  # at most: a digit is a word, and engines pause
_UPLOAD_S: Final = 30  # for the file's way here


@dataclass(frozen=True)
class SpeechOrder:
    """What one node is asked; `limit_s`: how long the switch may speak, `upload_s`: and send."""

    module: str
    voice: str
    text: str
    upload_url: str
    limit_s: int
    upload_s: int = _UPLOAD_S


SpeakAtSwitch = Callable[[SpeechOrder], None]  # returns once the file was sent; raises SwitchError


class SwitchEngine:
    name = SWITCH
    multilingual = False

    def __init__(self, module: str, speak: SpeakAtSwitch, uploads: Uploads, slots: Slots, timeout_s: float) -> None:
        """`timeout_s` beside the time that the text itself takes."""
        self.identity = f"{SWITCH} {module}"
        self._module = module
        self._speak = speak
        self._uploads = uploads
        self._slots = slots
        self._timeout_s = timeout_s

    def voice_for(self, language: str, gender: str) -> str | None:
        """Of other modules than flite only the settings know the voices."""
        return flite_voice(language, gender) if self._module == "flite" else None

    def render(self, text: str, voice: str, language: str, out_path: Path, app_id: str = "") -> None:
        """Nothing breaks it off at the switch: once begun it keeps its place till it is over, wanted or not."""
        limit_s = math.ceil(self._timeout_s + len(text) * _S_PER_CHAR)
        try:
            with self._slots.taken(app_id), self._uploads.awaited(limit_s + _UPLOAD_S) as upload:
                order = SpeechOrder(self._module, voice, text, upload.url, limit_s)
                to_the_end(partial(self._spoken, order, upload.path, out_path))
        except TimeoutError as error:
            raise speech_failed(self.name, str(error)) from None
        except (SwitchError, UnsafeArgument) as error:
            log.warning("speech engine %s: %s", self.name, error.message)
            raise speech_failed(self.name, error.message) from error

    def _spoken(self, order: SpeechOrder, came: Path, out_path: Path) -> None:
        self._speak(order)
        if not came.is_file():
            raise speech_failed(self.name, "the switch said it sent a file, and none came")
        gevent.get_hub().threadpool.apply(shutil.move, (came, out_path))
