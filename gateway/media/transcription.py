"""Recordings become text. In: a file and the kind asked for. Out: a Transcript, or MediaError with a reason.

`auto` is heard by pocketsphinx in a worker process, or by an endpoint; `hybrid` and `manual` need their endpoint.
"""

import json
import logging
import sys
from collections.abc import Callable, Mapping
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory

from gateway.config import Settings
from gateway.media import transcribe_worker
from gateway.media.openai import OpenAITranscriber
from gateway.media.processes import Finished, run
from gateway.media.slots import Slots
from gateway.media.transcribe_worker import DECODE_FAILED, NOT_INSTALLED
from gateway.media.transcript import AUTO, HYBRID, MANUAL, NEEDED_FOR, Transcriber, Transcript, transcription_failed

log = logging.getLogger(__name__)
_WAIT_S = 21_600.0  # behind other recordings
_WORKER_MODULES = ("pocketsphinx", "miniaudio")
_REASONS = {DECODE_FAILED: "decode", NOT_INSTALLED: "unavailable"}


def is_installed(module: str) -> bool:
    return find_spec(module) is not None


class PocketsphinxTranscriber:
    """English only; about a fifth of the recording's time on one core."""

    def __init__(self, timeout_s: float, worker: Path = Path(transcribe_worker.__file__)) -> None:
        self._timeout_s = timeout_s
        self._worker = worker

    def transcribe(self, path: Path, kind: str) -> Transcript:
        # -P: the worker's folder must not shadow modules that pocketsphinx imports.
        argv = [sys.executable, "-P", str(self._worker), str(path.resolve())]
        try:
            with TemporaryDirectory(prefix="gateway-transcription-") as directory:
                finished = run(argv, self._timeout_s, Path(directory))
        except TimeoutError as error:
            raise transcription_failed(str(error), "timeout") from None
        except OSError as error:
            raise transcription_failed(error.strerror or "the worker cannot be started", "engine") from error
        return _result(finished)


def _result(finished: Finished) -> Transcript:
    if finished.code in _REASONS:
        raise transcription_failed(finished.complaint, _REASONS[finished.code])
    if finished.code != 0:
        log.error("the transcription worker ended with exit code %d: %s", finished.code, finished.complaint)
        raise transcription_failed(f"the worker ended with exit code {finished.code}", "engine")
    try:
        answer = json.loads(finished.output)
        return Transcript(str(answer["text"]), float(answer["duration_s"]))
    except (ValueError, TypeError, KeyError) as error:
        raise transcription_failed("the worker's answer cannot be read", "engine") from error


def find_transcribers(settings: Settings, installed: Callable[[str], bool] = is_installed) -> dict[str, Transcriber]:
    """By kind; a kind that is missing must be refused where it is asked for."""
    found: dict[str, Transcriber] = {}
    key, model, timeout_s = settings.transcription_key, settings.transcription_model, settings.transcription_timeout_s
    urls = {HYBRID: settings.transcription_hybrid_url, MANUAL: settings.transcription_manual_url}
    if settings.transcription in ("auto", "openai"):
        urls[AUTO] = settings.transcription_url
    if settings.transcription == "off":
        return found
    for kind, url in urls.items():
        if url:
            found[kind] = OpenAITranscriber(url, key, model, timeout_s, settings.transcription_max_bytes)
    if settings.transcription != "openai" and AUTO not in found and all(map(installed, _WORKER_MODULES)):
        found[AUTO] = PocketsphinxTranscriber(timeout_s)
    return found


class Transcription:
    """The queue: `parallel` recordings at a time, whoever hears them."""

    def __init__(self, transcribers: Mapping[str, Transcriber], parallel: int, wait_s: float = _WAIT_S) -> None:
        self._transcribers = transcribers
        self._slots = Slots(parallel, wait_s)

    @property
    def kinds(self) -> frozenset[str]:
        return frozenset(self._transcribers)

    def fault(self, kind: str) -> str | None:
        """Why this kind is refused, naming the setting; None when it can be done."""
        if kind in self._transcribers:
            return None
        return (
            f"transcription {kind!r} needs {NEEDED_FOR[kind]}"
            if kind in NEEDED_FOR
            else f"no such transcription: {kind!r}"
        )

    def transcribe(self, path: Path, kind: str) -> Transcript:
        if fault := self.fault(kind):
            raise transcription_failed(fault, "unavailable")
        if not path.is_file():
            raise transcription_failed("the recording is gone", "missing")
        try:
            with self._slots.taken():
                return self._transcribers[kind].transcribe(path, kind)
        except TimeoutError as error:
            raise transcription_failed(str(error), "timeout") from None
        except OSError as error:
            raise transcription_failed(error.strerror or "the recording cannot be read", "missing") from error
