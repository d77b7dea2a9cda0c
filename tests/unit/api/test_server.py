"""Our HTTP server on a real socket: whole answers, kept-alive connections, and 400 for what is not HTTP."""

import socket
from collections.abc import Iterable, Iterator
from typing import Any

import pytest

from gateway.api.server import ONE_PACKET_BYTES, HttpServer

BIG = b"x" * (4 * ONE_PACKET_BYTES)


def _application(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    """Says what it read; `/big` a body of many packets, `/stream` one of unknown length."""
    read = environ["wsgi.input"].read()
    told = f"{environ['REQUEST_METHOD']} {environ['PATH_INFO']} {environ.get('HTTP_X_APP_ID')} {read!r}".encode()
    if environ["PATH_INFO"] == "/stream":
        start_response("200 OK", [])
        return iter([told, BIG])
    body = BIG if environ["PATH_INFO"] == "/big" else told
    start_response("202 ACCEPTED", [("Content-Length", str(len(body)))])
    return [body]


@pytest.fixture
def port() -> Iterator[int]:
    server = HttpServer("127.0.0.1", 0)
    server.start(_application)
    yield server.port
    server.stop(1.0)


def _talk(port: int, *requests: bytes) -> bytes:
    """All that comes until the server closes; the last request asks it to."""
    with socket.create_connection(("127.0.0.1", port), timeout=10) as client:
        client.sendall(b"".join(requests))
        received = b""
        while data := client.recv(65536):
            received += data
    return received


def test_requests_on_one_connection_are_answered_in_order(port: int) -> None:
    first = b"POST /a HTTP/1.1\r\nHost: h\r\nX-App-ID: me\r\nContent-Length: 2\r\n\r\n{}"
    chunked = b"POST /b HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: Chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"
    last = b"GET /c HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"
    answers = _talk(port, first, chunked, last).split(b"HTTP/1.1 ")[1:]
    bodies = [answer.partition(b"\r\n\r\n")[2] for answer in answers]
    assert bodies == [b"POST /a me b'{}'", b"POST /b None b'abc'", b"GET /c None b''"]
    assert all(answer.startswith(b"202 ACCEPTED\r\n") and answer.count(b"\r\nDate: ") == 1 for answer in answers)


@pytest.mark.parametrize("path", [b"/big", b"/stream"])
def test_a_large_answer_comes_whole(port: int, path: bytes) -> None:
    answer = _talk(port, b"GET " + path + b" HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n")
    assert answer.count(b"x" * 1000) == len(BIG) // 1000
    assert answer.startswith(b"HTTP/1.1 202" if path == b"/big" else b"HTTP/1.1 200")


@pytest.mark.parametrize(
    "head",
    [
        b"Content-Length: 2\r\nContent-Length: 40",
        b"Content-Length: +2",
        b"Transfer-Encoding: gzip",
        b"Host: a\r\n folded: yes",
        b"X App: a",
    ],
)
def test_a_head_that_two_readers_could_read_as_two_is_400_and_the_end(port: int, head: bytes) -> None:
    smuggled = b"GET /smuggled HTTP/1.1\r\nHost: h\r\n\r\n"
    answer = _talk(port, b"POST / HTTP/1.1\r\n" + head + b"\r\n\r\n{}" + smuggled)
    assert answer.startswith(b"HTTP/1.1 400 ") and b"smuggled" not in answer
