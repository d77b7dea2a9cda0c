"""OpenAI-compatible endpoints for speech and for transcription, against a server on loopback."""

import json
from collections.abc import Callable
from email import message_from_bytes
from email.message import Message
from pathlib import Path

import gevent
import pytest
from gevent.socket import socket

from gateway.errors import MediaError
from gateway.media.openai import OpenAISpeech, OpenAITranscriber, endpoint
from gateway.media.slots import Slots
from gateway.media.transcript import Transcript
from tests.unit.media.origin import MP3, Origin, Seen, answer, redirect, refused
from tests.unit.media.speakers import speech, wav

SPEECH, TRANSCRIPTIONS = "/v1/audio/speech", "/v1/audio/transcriptions"


def speaker(origin: Origin, key: str = "sk-1", timeout_s: float = 3.0) -> OpenAISpeech:
    return OpenAISpeech(origin.url("/v1/"), key, "kokoro", Slots(2, 1.0), timeout_s)


def hearer(origin: Origin, key: str = "sk-1", timeout_s: float = 3.0, max_bytes: int = 10_000) -> OpenAITranscriber:
    return OpenAITranscriber(origin.url(), key, "whisper-1", timeout_s, max_bytes)


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    path = tmp_path / "room.mp3"
    path.write_bytes(MP3)
    return path


@pytest.mark.parametrize(
    "base",
    ["http://h:1", "http://h:1/", "http://h:1/v1", "http://h:1/v1/", "http://h:1/v1/audio/speech"],
)
def test_a_server_its_v1_or_the_whole_url_may_be_set(base: str) -> None:
    assert endpoint(base, "/audio/speech") == "http://h:1/v1/audio/speech"


def test_a_prefix_of_a_proxy_is_kept() -> None:
    assert endpoint("https://h/openai/v1", "/audio/speech") == "https://h/openai/v1/audio/speech"


def test_the_request_is_what_openai_documents(origin: Origin, tmp_path: Path) -> None:
    origin.routes[SPEECH] = answer(wav(), content_type="audio/wav")
    audio = speech(speaker(origin), tmp_path).rendered('Say "hi"; größe', "WOMAN")
    assert audio.path.read_bytes() == wav()
    seen = origin.seen[0]
    assert (seen.method, seen.headers["authorization"]) == ("POST", "Bearer sk-1")
    assert seen.headers["content-type"] == "application/json"
    expected = {"model": "kokoro", "input": 'Say "hi"; größe', "voice": "nova", "response_format": "wav"}
    assert json.loads(seen.body) == expected


def test_without_a_key_none_is_sent(origin: Origin, tmp_path: Path) -> None:
    origin.routes[SPEECH] = answer(wav())
    speaker(origin, key="").render("hi", "nova", "en-US", tmp_path / "out.wav")
    assert "authorization" not in origin.seen[0].headers


def test_a_streamed_answer_of_unknown_sizes_becomes_a_whole_file(origin: Origin, tmp_path: Path) -> None:
    origin.routes[SPEECH] = answer(wav(data_size=0xFFFFFFFF))
    assert speech(speaker(origin), tmp_path).rendered("hi").path.read_bytes() == wav()


def test_json_with_status_200_is_no_speech(origin: Origin, tmp_path: Path) -> None:
    origin.routes[SPEECH] = answer(b'{"error": "model is loading"}')
    with refused("speech-failed"):
        speech(speaker(origin), tmp_path).rendered("hi")


@pytest.mark.parametrize("status", ["401 Unauthorized", "429 Too Many Requests", "500 Internal Server Error"])
def test_a_status_that_is_not_2xx_has_failed(origin: Origin, tmp_path: Path, recording: Path, status: str) -> None:
    origin.routes[SPEECH] = origin.routes[TRANSCRIPTIONS] = answer(b"sk-1 is wrong", status)
    with refused("speech-failed") as errors:
        speaker(origin).render("hi", "nova", "en-US", tmp_path / "out.wav")
    assert f"answered {status[:3]}" in errors[0].message
    with refused("transcription-failed") as errors:
        hearer(origin).transcribe(recording, "auto")
    assert (errors[0].detail, status[:3] in errors[0].message) == ({"reason": "http"}, True)


def test_redirects_are_not_followed(origin: Origin, tmp_path: Path, recording: Path) -> None:
    origin.routes[SPEECH] = origin.routes[TRANSCRIPTIONS] = redirect("/elsewhere", "307 Temporary Redirect")
    with refused("speech-failed"):
        speaker(origin).render("hi", "nova", "en-US", tmp_path / "out.wav")
    with refused("transcription-failed"):
        hearer(origin).transcribe(recording, "auto")
    assert [seen.path for seen in origin.seen] == [SPEECH, TRANSCRIPTIONS]


def test_a_silent_server_is_given_up_in_time(origin: Origin, tmp_path: Path, recording: Path) -> None:
    def silent(_seen: Seen, _connection: socket) -> None:
        gevent.sleep(30)

    origin.routes[SPEECH] = origin.routes[TRANSCRIPTIONS] = silent
    with refused("speech-failed"), gevent.Timeout(3):
        speaker(origin, timeout_s=0.2).render("hi", "nova", "en-US", tmp_path / "out.wav")
    with refused("transcription-failed") as errors, gevent.Timeout(3):
        hearer(origin, timeout_s=0.2).transcribe(recording, "auto")
    assert errors[0].detail == {"reason": "timeout"}


def test_a_server_that_is_not_there_has_failed_and_the_key_is_in_no_message(tmp_path: Path, recording: Path) -> None:
    origin = Origin()
    origin.stop()
    attempts: list[Callable[[], object]] = [
        lambda: speaker(origin).render("hi", "nova", "en-US", tmp_path / "out.wav"),
        lambda: hearer(origin).transcribe(recording, "auto"),
    ]
    for attempt in attempts:
        with pytest.raises(MediaError) as caught:
            attempt()
        assert "no connection to port" in caught.value.message
        assert "sk-1" not in f"{caught.value} {caught.value.detail}"


def test_a_recording_is_uploaded_as_a_form(origin: Origin, recording: Path) -> None:
    origin.routes[TRANSCRIPTIONS] = answer(b'{"text": " hello world\\n", "duration": 2.5}')
    assert hearer(origin).transcribe(recording, "manual") == Transcript("hello world", 2.5)
    seen = origin.seen[0]
    assert (seen.method, seen.headers["authorization"]) == ("POST", "Bearer sk-1")
    head = f"Content-Type: {seen.headers['content-type']}\r\n\r\n".encode()
    parts = {part.get_param("name", header="content-disposition"): part for part in _parts(head + seen.body)}
    assert parts["model"].get_payload() == "whisper-1"
    assert parts["response_format"].get_payload() == "json"
    assert parts["file"].get_filename() == "room.mp3"
    assert (parts["file"].get_content_type(), parts["file"].get_payload(decode=True)) == ("audio/mpeg", MP3)


def _parts(message: bytes) -> list[Message]:
    payload = message_from_bytes(message).get_payload()
    assert isinstance(payload, list)
    return [part for part in payload if isinstance(part, Message)]


def test_a_provider_may_keep_the_duration_to_itself(origin: Origin, recording: Path) -> None:
    origin.routes[TRANSCRIPTIONS] = answer(b'{"text": "hello"}')
    assert hearer(origin, key="").transcribe(recording, "auto") == Transcript("hello", None)
    assert "authorization" not in origin.seen[0].headers


@pytest.mark.parametrize("body", [b"", b"hello", b"[]", b"{}", b'{"text": null}', b'{"text": "a", "duration": "2"}'])
def test_an_answer_without_text_has_failed(origin: Origin, recording: Path, body: bytes) -> None:
    origin.routes[TRANSCRIPTIONS] = answer(body)
    with refused("transcription-failed") as errors:
        hearer(origin).transcribe(recording, "auto")
    assert errors[0].detail == {"reason": "http"}


def test_a_recording_over_the_limit_is_not_uploaded(origin: Origin, recording: Path) -> None:
    with refused("transcription-failed") as errors:
        hearer(origin, max_bytes=10).transcribe(recording, "auto")
    assert (errors[0].detail, origin.seen) == ({"reason": "too-large"}, [])
