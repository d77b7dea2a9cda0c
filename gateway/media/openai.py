"""OpenAI-compatible endpoints: text out, speech in; a recording out, its text in. Failures are MediaError.

The host is the operator's own word: it may be private, redirects are not followed.
"""

import json
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

import gevent
from urllib3.filepost import encode_multipart_formdata

from gateway.errors import MediaError
from gateway.media.addresses import AddressPolicy
from gateway.media.fetch import MIB, Fetcher, Limits, Request
from gateway.media.guard import Guard
from gateway.media.slots import Slots
from gateway.media.speech_engines import MAN, WOMAN, speech_failed
from gateway.media.transcript import Transcript, transcription_failed

SPEECH_PATH, TRANSCRIPTION_PATH = "/audio/speech", "/audio/transcriptions"
MAX_SPEECH_BYTES = 64 * MIB
_MAX_ANSWER_BYTES = 8 * MIB
_VOICES = {WOMAN: "nova", MAN: "onyx"}
_MIME = {".wav": "audio/wav", ".mp3": "audio/mpeg"}


def endpoint(base: str, path: str) -> str:
    """`base` is the server, its /v1, or the whole URL of the endpoint."""
    base = base.rstrip("/")
    if base.endswith(path):
        return base
    return f"{base}{path}" if urlsplit(base).path.endswith("/v1") else f"{base}/v1{path}"


def operator_fetcher(url: str) -> Fetcher:
    host = (urlsplit(url).hostname or "").rstrip(".")
    return Fetcher(Guard(AddressPolicy(allowed=[host])))


def _limits(timeout_s: float, max_bytes: int) -> Limits:
    return Limits(max_bytes, timeout_s, timeout_s, max_redirects=0)


def _authorization(key: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}"} if key else {}


class OpenAISpeech:
    name = "openai"
    multilingual = True

    def __init__(self, url: str, key: str, model: str, slots: Slots, timeout_s: float) -> None:
        self._url = endpoint(url, SPEECH_PATH)
        self._headers = {"Content-Type": "application/json", **_authorization(key)}
        self._model = model
        self._slots = slots
        self._limits = _limits(timeout_s, MAX_SPEECH_BYTES)
        self._fetcher = operator_fetcher(self._url)
        self.identity = f"openai {self._url} {model}"

    def voice_for(self, _language: str, gender: str) -> str | None:
        return _VOICES[gender]

    def render(self, text: str, voice: str, language: str, out_path: Path, app_id: str = "") -> None:
        form = {"model": self._model, "input": text, "voice": voice, "response_format": "wav"}
        request = Request(self._url, "POST", self._headers, json.dumps(form).encode())
        try:
            with self._slots.taken(app_id), open(out_path, "wb") as file:
                answer = self._fetcher.fetch(request, file.write, self._limits)
        except TimeoutError as error:
            raise speech_failed(self.name, str(error)) from None
        except MediaError as error:
            raise speech_failed(self.name, error.message) from error
        if not 200 <= answer.status < 300:
            raise speech_failed(self.name, f"answered {answer.status}")


class OpenAITranscriber:
    """Slots are shared with the other kinds: see Transcription."""

    def __init__(self, url: str, key: str, model: str, timeout_s: float, max_bytes: int) -> None:
        self._url = endpoint(url, TRANSCRIPTION_PATH)
        self._authorization = _authorization(key)
        self._model = model
        self._limits = _limits(timeout_s, _MAX_ANSWER_BYTES)
        self._max_bytes = max_bytes
        self._fetcher = operator_fetcher(self._url)

    def transcribe(self, path: Path, kind: str) -> Transcript:
        if path.stat().st_size > self._max_bytes:
            raise transcription_failed(f"the recording is larger than {self._max_bytes} bytes", "too-large")
        body, content_type = _in_thread(lambda: self._form(path))
        request = Request(self._url, "POST", {"Content-Type": content_type, **self._authorization}, body)
        received = bytearray()
        try:
            answer = self._fetcher.fetch(request, received.extend, self._limits)
        except MediaError as error:
            reason = "timeout" if error.error_id == "media-timeout" else "http"
            raise transcription_failed(error.message, reason) from error
        if not 200 <= answer.status < 300:
            raise transcription_failed(f"the endpoint answered {answer.status}", "http")
        return _transcript(bytes(received))

    def _form(self, path: Path) -> tuple[bytes, str]:
        content = (path.name, path.read_bytes(), _MIME.get(path.suffix.lower(), "application/octet-stream"))
        return encode_multipart_formdata({"file": content, "model": self._model, "response_format": "json"})


def _in_thread(work: Callable[[], tuple[bytes, str]]) -> tuple[bytes, str]:
    """Reading a large file must not keep the switch's events waiting."""
    done: tuple[bytes, str] = gevent.get_hub().threadpool.apply(work)
    return done


def _transcript(body: bytes) -> Transcript:
    try:
        answer = json.loads(body)
        text, duration_s = answer["text"], answer.get("duration")
        if isinstance(text, str) and (duration_s is None or isinstance(duration_s, int | float)):
            return Transcript(text.strip(), None if duration_s is None else float(duration_s))
    except (ValueError, TypeError, KeyError, AttributeError):
        pass
    raise transcription_failed("the endpoint's answer has no text", "http")
