"""The speech engine `switch` through the whole house: what goes to the switch, what it may send, what it cannot do."""

import struct
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from gateway.media.openai import MAX_SPEECH_BYTES
from tests.flow.house import House, ok, refused


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    house = House(tmp_path_factory.mktemp("house"), speech_engine="switch")
    yield house
    house.stop()


def put(url: str, body: bytes) -> requests.Response:
    return requests.put(url, data=body, timeout=20)


def test_a_switch_without_mod_lua_is_told_and_nothing_plays(house: House) -> None:
    """The simulated switch answers as a real one without mod_lua: "-ERR lua Command not found!"."""
    session = house.call()
    ok(house.app.command(session, "answer"), 202)
    house.sink.wait_for_event("call.answered", session_uuid=session)
    operation = ok(house.app.command(session, "speak", {"text": "It's ${system(x)}"}), 202)["operation_id"]
    told = house.sink.wait_for_event("playback.failed", limit_s=10, operation_id=operation)
    assert "the switch has no mod_lua" in str(told["data"])
    line = next(line for line in house.switch.lines if line.startswith("lua gateway_speech.lua "))
    words = line.splitlines()[0].split(" ")
    assert words[3:6] == ["flite", "rms", "16000"]
    assert bytes.fromhex(words[7]).decode() == "It's $ system(x) "
    refused(put(words[8], b"too late"), 403, "media-link-invalid")


def test_one_upload_is_taken_while_somebody_waits(house: House, tmp_path: Path) -> None:
    with house.gateway.media.uploads.awaited(60) as upload:
        assert put(upload.url, b"x" * 3_000_000).status_code == 204  # more than max_body_bytes, which is for JSON
        assert upload.path.stat().st_size == 3_000_000
        refused(put(upload.url, b"again"), 403, "media-link-invalid")
        refused(put(upload.url.replace(".wav", ".mp3"), b"x"), 403, "media-link-invalid")
    with house.gateway.media.uploads.awaited(60) as upload:
        refused(put(upload.url[:-10] + "000000.wav", b"wrong signature"), 403, "media-link-invalid")
        assert not upload.path.exists()


def test_an_upload_has_a_limit(house: House) -> None:
    def pieces() -> Iterator[bytes]:
        for _ in range(MAX_SPEECH_BYTES // 1_048_576 + 1):
            yield struct.pack("1048576x")

    with house.gateway.media.uploads.awaited(60) as upload:
        refused(requests.put(upload.url, data=pieces(), timeout=60), 413, "body-too-large")
        assert not upload.path.exists()
