"""Who floods the server on one connection takes no more than its turn: all others go on."""

import socket
import time
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import gevent
import pytest
from gevent.monkey import get_original
from gevent.threadpool import ThreadPool

from gateway.api import server as server_module
from gateway.api.server import HttpServer
from tests.unit.store.test_locked import STOOD_STILL_S, longest_pause_s

SPENT_S = 0.01  # on each request, by the application
FLOOD_BYTES = 48 * 1_048_576


def _application(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    """`/read` reads its body, as a route does that was given a key; any other leaves it where it is."""
    told = b"well"
    if environ["PATH_INFO"] == "/long":
        start_response("200 OK", [("Connection", "close")])
        return _long_answer()
    if environ["PATH_INFO"] == "/work":
        busy_until = time.perf_counter() + SPENT_S
        while time.perf_counter() < busy_until:
            pass
    try:
        if environ["PATH_INFO"] == "/read":
            told = b"%d bytes" % len(environ["wsgi.input"].read())
    except (OSError, ValueError) as error:
        told = str(error).encode()
    start_response("200 OK", [("Content-Length", str(len(told)))])
    return [told]


def _long_answer() -> Iterator[bytes]:
    for _ in range(256):
        busy_until = time.perf_counter() + SPENT_S
        while time.perf_counter() < busy_until:
            pass
        yield bytes(65_536)


@pytest.fixture
def client() -> Iterator[socket.socket]:
    server = HttpServer("127.0.0.1", 0)
    server.start(_application)
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as connected:
        yield connected
    server.stop(1.0)


def _flood(send: Callable[[bytes], None], head: bytes, piece: bytes) -> gevent.Greenlet:
    """Sends no longer than the server lets it."""

    def run() -> int:
        sent = 0
        try:
            send(head)
            while sent < FLOOD_BYTES:
                send(piece)
                sent += len(piece)
        except OSError:
            pass
        return sent

    return gevent.spawn(run)


def test_requests_sent_without_waiting_for_answers_let_others_have_their_turn(client: socket.socket) -> None:
    """All of them are there before the first is answered, so no reading of them ever waits."""
    client.sendall(b"GET /work HTTP/1.1\r\nHost: x\r\n\r\n" * 400)
    assert longest_pause_s(20) < STOOD_STILL_S
    assert client.recv(12) == b"HTTP/1.1 200"


_CHUNKED = b" HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
_FLOODS = {
    "extensions": (b"", (b"1;" + b"a" * 8000 + b"\r\nX\r\n") * 16),
    "trailers": (b"0\r\n", (b"a: " + b"a" * 4000 + b"\r\n") * 32),
    "tiny chunks": (b"", b"1\r\nX\r\n" * 16_384),
}


@pytest.mark.parametrize("path", [b"POST /read", b"POST /unread"])
@pytest.mark.parametrize("kind", _FLOODS)
def test_what_is_no_data_in_a_chunked_body_has_an_end(client: socket.socket, kind: str, path: bytes) -> None:
    first, piece = _FLOODS[kind]
    flood = _flood(client.sendall, path + _CHUNKED + first, piece)
    assert longest_pause_s(100) < STOOD_STILL_S
    assert flood.get(timeout=10) < FLOOD_BYTES, "the server read it all"


def test_a_long_answer_to_who_takes_it_at_once_lets_others_have_their_turn(client: socket.socket) -> None:
    """A recording of 1 GB to a client on the same machine kept others waiting for half a second."""

    def take_it_all() -> int:
        taken = 0
        with get_original("socket", "socket")() as eager:
            eager.connect(client.getpeername())
            eager.sendall(b"GET /long HTTP/1.1\r\nHost: x\r\n\r\n")
            while data := eager.recv(1_048_576):
                taken += len(data)
        return taken

    pool = ThreadPool(1)
    taking = pool.spawn(take_it_all)
    assert longest_pause_s(50) < STOOD_STILL_S
    assert taking.get(timeout=30) > 256 * 65_536
    pool.kill()


def test_a_few_requests_at_once_are_answered_without_a_pause(
    client: socket.socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A quick client's next request is there as soon as its answer is sent: pauses made it ten times slower."""
    pauses: list[str] = []
    monkeypatch.setattr(server_module, "give_way", lambda: pauses.append("one"))
    monkeypatch.setattr(server_module, "TURN_S", 60.0)
    some = b"GET /quick HTTP/1.1\r\nHost: x\r\n\r\n" * 50
    client.sendall(some + b"GET /quick HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    received = b""
    while data := client.recv(65536):
        received += data
    assert received.count(b"HTTP/1.1 200 ") == 51 and not pauses
