"""Our HTTP server on a real socket: whole answers, kept-alive connections, and 400 for what is not HTTP."""

import socket
import time
from collections.abc import Iterable, Iterator
from typing import Any

import gevent
import pytest

from gateway.api import server as server_module
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


def _tolerant(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    """Answers whatever the body is, as Flask does: `/unread` leaves it where it is."""
    told = f"{environ['REQUEST_METHOD']} {environ['PATH_INFO']}"
    try:
        told += "" if environ["PATH_INFO"] == "/unread" else repr(environ["wsgi.input"].read())
    except (OSError, ValueError):
        told += " broken"
    start_response("200 OK", [("Content-Length", str(len(told)))])
    return [told.encode()]


@pytest.fixture
def tolerant_port() -> Iterator[int]:
    server = HttpServer("127.0.0.1", 0)
    server.start(_tolerant)
    yield server.port
    server.stop(1.0)


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


_NEXT = b"GET /next HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"


@pytest.mark.parametrize(
    "first",
    [
        b"GET /a\r\n",
        b"GET /a HTTP/1\r\nHost: h\r\n\r\n",
        b"GET /a HTTP/2.0\r\nHost: h\r\n\r\n",
        b"GET /a\x85HTTP/1.1\r\nHost: h\r\n\r\n",
        b"GET\t/a\tHTTP/1.1\r\nHost: h\r\n\r\n",
        b"GET /a b HTTP/1.1\r\nHost: h\r\n\r\n",
        b"POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
    ],
)
def test_what_is_no_request_is_400_and_the_end(port: int, first: bytes, capfd: pytest.CaptureFixture[str]) -> None:
    answer = _talk(port, first + _NEXT)
    assert answer.startswith(b"HTTP/1.1 400 ") and b"/next" not in answer
    assert "Traceback" not in capfd.readouterr().err


@pytest.mark.parametrize(
    "head", [b"X: a\r\n" * 101, (b"X: " + b"a" * 8000 + b"\r\n") * 9, b"X: " + b"a" * 9000 + b"\r\n"]
)
def test_a_head_that_is_too_large_is_431_and_the_end(port: int, head: bytes) -> None:
    answer = _talk(port, b"GET /a HTTP/1.1\r\nHost: h\r\n" + head + b"\r\n" + _NEXT)
    assert answer.startswith(b"HTTP/1.1 431 ") and answer.count(b"HTTP/1.1 ") == 1


@pytest.mark.parametrize("upgrade", [b"Connection: Upgrade", b"Upgrade: websocket"])
def test_a_body_is_read_once_where_an_upgrade_is_asked_for(port: int, upgrade: bytes) -> None:
    """Read twice, the second reading would swallow the request that follows."""
    first = b"POST /a HTTP/1.1\r\nHost: h\r\n" + upgrade + b"\r\nContent-Length: 2\r\n\r\n{}"
    answer = _talk(port, first, _NEXT)
    assert answer.count(b"HTTP/1.1 202 ") == 2 and b"POST /a None b'{}'" in answer and b"GET /next" in answer


@pytest.mark.parametrize(
    "chunks", [b"x", b"xx\r\n", b"\r\n", b"2\n{}\n0\n\n", b"2;\n{}\r\n", b"0\r\nbad 2\r\n{}\r\n0\r\n\r\n"]
)
def test_behind_a_faulty_chunk_there_is_no_request(tolerant_port: int, chunks: bytes) -> None:
    """Nobody knows where such a body ends: what follows may be a request that a proxy took for a part of it."""
    first = b"POST /a HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks
    answer = _talk(tolerant_port, first, b"GET /smuggled HTTP/1.1\r\nHost: h\r\n\r\n", _NEXT)
    assert b"/smuggled" not in answer and b"/next" not in answer


def test_chunks_are_none_of_http_1_0(port: int) -> None:
    """RFC 9112, 6.1: "the server MUST treat the message as if the framing is faulty", and close."""
    first = b"POST /a HTTP/1.0\r\nHost: h\r\nConnection: keep-alive\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
    assert b"/next" not in _talk(port, first, _NEXT)


@pytest.mark.parametrize(
    "rest", [b"Content-Length: 200000\r\n\r\n" + b"x" * 66_000, b"Content-Length: 5\r\nExpect: 100-continue\r\n\r\n"]
)
def test_a_large_body_that_nobody_wants_is_not_waited_for(tolerant_port: int, rest: bytes) -> None:
    answer = _talk(tolerant_port, b"POST /unread HTTP/1.1\r\nHost: h\r\n" + rest)
    assert answer.count(b"HTTP/1.1 ") == 1 and b"POST /unread" in answer


def test_a_small_body_that_nobody_wants_is_passed_over(tolerant_port: int) -> None:
    first = b"POST /unread HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhello"
    assert b"GET /next" in _talk(tolerant_port, first, _NEXT)


@pytest.mark.parametrize(
    "told",
    [
        b"",
        b"POST /unread HTTP/1.1\r\nHost: h\r\nContent-Length: 5000\r\n\r\n",
        b"POST /read HTTP/1.1\r\nHost: h\r\nContent-Length: 5000\r\n\r\n",
        b"POST /read HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n1388\r\n",
        b"POST /read HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n1;",
    ],
)
def test_a_request_that_comes_byte_by_byte_is_not_waited_for_for_ever(
    monkeypatch: pytest.MonkeyPatch, told: bytes
) -> None:
    """Each byte begins the wait anew: without a limit over all of them a few thousand clients hold the whole server."""
    monkeypatch.setattr(server_module, "IDLE_S", 0.3)
    monkeypatch.setattr(server_module, "BODY_S", 0.3)
    monkeypatch.setattr(server_module, "LOOK_EVERY_S", 0.05)
    server = HttpServer("127.0.0.1", 0)
    server.start(_tolerant)
    try:
        with socket.create_connection(("127.0.0.1", server.port), timeout=0.02) as client:
            client.sendall(told)
            deadline = time.monotonic() + 10
            assert _drips_until_closed(client, deadline), "the connection is still open after 10 s"
    finally:
        server.stop(1.0)


def _drips_until_closed(client: socket.socket, deadline: float) -> bool:
    while time.monotonic() < deadline:
        try:
            client.sendall(b"x")
            if client.recv(65536) == b"":
                return True
        except TimeoutError:
            continue
        except OSError:
            return True
    return False


def _patient(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    """Reads in pieces, as an upload is read; `/work` then takes longer than a body may."""
    size = 0
    while piece := environ["wsgi.input"].read(50):
        size += len(piece)
    if environ["PATH_INFO"] == "/work":
        gevent.sleep(0.5)
    told = b"%d bytes" % size
    start_response("200 OK", [("Content-Length", str(len(told)))])
    return [told]


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> Iterator[socket.socket]:
    monkeypatch.setattr(server_module, "BODY_S", 0.2)
    monkeypatch.setattr(server_module, "BODY_BYTES_PER_S", 100)
    monkeypatch.setattr(server_module, "LOOK_EVERY_S", 0.02)
    server = HttpServer("127.0.0.1", 0)
    server.start(_patient)
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as client:
        yield client
    server.stop(1.0)


@pytest.mark.parametrize("coding", [b"Content-Length: 600", b"Transfer-Encoding: chunked"])
def test_a_body_that_comes_at_a_steady_rate_may_take_longer(patient: socket.socket, coding: bytes) -> None:
    """As a file does that a switch sends. Each piece here is worth a second."""
    patient.sendall(b"PUT /read HTTP/1.1\r\nHost: h\r\n" + coding + b"\r\n\r\n")
    for _ in range(6):
        patient.sendall((b"64\r\n%b\r\n" if b"chunked" in coding else b"%b") % (b"x" * 100))
        gevent.sleep(0.1)  # the pace of its sender
    patient.sendall(b"0\r\n\r\n" if b"chunked" in coding else b"")
    assert patient.recv(65536).endswith(b"600 bytes")


@pytest.mark.parametrize(
    "rest", [b"\r\n", b"Content-Length: 2\r\n\r\n{}", b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n"]
)
def test_the_limit_of_a_body_is_none_of_the_work_that_follows(patient: socket.socket, rest: bytes) -> None:
    patient.sendall(b"POST /work HTTP/1.1\r\nHost: h\r\n" + rest)
    assert patient.recv(65536).startswith(b"HTTP/1.1 200 ")
    patient.sendall(b"GET /next HTTP/1.1\r\nHost: h\r\n\r\n")
    assert patient.recv(65536).endswith(b"0 bytes")
