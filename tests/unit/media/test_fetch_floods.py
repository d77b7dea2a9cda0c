"""The guarded client against servers that never pause: a socket that is never empty gives nobody else a turn."""

from dataclasses import replace

import gevent
import pytest

from gateway.errors import MediaError
from tests.unit.media.flood import flooding
from tests.unit.media.origin import QUICK, WAV, Origin, Seen, answer, fetcher, got, refused
from tests.unit.store.test_locked import STOOD_STILL_S, longest_pause_s
from tests.waiting import wait_for

OK = b"HTTP/1.1 200 OK\r\n"
CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n"
ONE_CHUNK = CHUNKED + b"%x\r\n" % len(WAV) + WAV + b"\r\n"
NOT_HTTP = "127.0.0.1: the connection broke off or is not HTTP"


def _outcome(url: str, max_bytes: int) -> str:
    try:
        return f"{len(got(fetcher(), url, replace(QUICK, max_bytes=max_bytes, total_timeout_s=30.0))[1])} bytes"
    except MediaError as error:
        return error.message


@pytest.mark.parametrize(
    ("first", "again", "expected"),
    [
        (b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 2000, NOT_HTTP),
        (b"", b"HTTP/1.1 100 Continue\r\nX: y\r\n\r\n" * 2000, NOT_HTTP),
        (OK, b"X: " + b"y" * 60_000 + b"\r\n", NOT_HTTP),
        (OK + b"X: ", b"y" * 60_000, NOT_HTTP),
        (ONE_CHUNK + b"0\r\n", b"X: y\r\n" * 10_000, NOT_HTTP),
        (ONE_CHUNK + b"0\r\n", b"\t\n" * 30_000, NOT_HTTP),
        (ONE_CHUNK, b"1;" + b"e" * 60_000 + b"\r\nx\r\n", "127.0.0.1: larger than 500 bytes"),
        (ONE_CHUNK, b"1\r\nx\r\n" * 10_000, "127.0.0.1: larger than 500 bytes"),
        (OK + b"\r\n", bytes(60_000), "127.0.0.1: larger than 500 bytes"),
    ],
    ids=["100s", "100s with heads", "headers", "header", "trailers", "short trailers", "extensions", "chunks", "body"],
)
def test_what_never_ends_is_given_up_and_keeps_nobody_waiting(first: bytes, again: bytes, expected: str) -> None:
    with flooding(first, again) as url:
        fetching = gevent.spawn(_outcome, url, 500)
        assert longest_pause_s(100) < STOOD_STILL_S
        wait_for(fetching.ready, "it is given up")
    assert fetching.value == expected


def test_a_large_body_from_a_fast_server_keeps_nobody_waiting() -> None:
    whole = 50 * 1024 * 1024
    with flooding(OK + b"Content-Length: %d\r\n\r\n" % whole, bytes(1_000_000)) as url:
        fetching = gevent.spawn(_outcome, url, whole)
        assert longest_pause_s(100) < STOOD_STILL_S
        wait_for(fetching.ready, "all of it has come", limit_s=30)
    assert fetching.value == f"{whole} bytes"


def test_some_interim_answers_and_trailers_are_let_pass(origin: Origin) -> None:
    def route(seen: Seen, connection: object) -> None:
        connection.sendall(b"HTTP/1.1 100 Continue\r\nX: y\r\n\r\n" * 5)  # type: ignore[attr-defined]
        connection.sendall(ONE_CHUNK + b"0\r\n" + b"X: y\r\n" * 50 + b"\r\n")  # type: ignore[attr-defined]

    origin.routes["/a"] = route
    assert got(fetcher(), origin.url("/a"))[1] == WAV


def test_a_head_has_a_limit_as_a_whole(origin: Origin) -> None:
    origin.routes["/a"] = answer(WAV, **{f"x{number}": "y" * 1000 for number in range(60)})
    assert got(fetcher(), origin.url("/a"))[1] == WAV
    origin.routes["/a"] = answer(WAV, **{f"x{number}": "y" * 1000 for number in range(70)})
    with refused("media-unreachable"):
        got(fetcher(), origin.url("/a"))
