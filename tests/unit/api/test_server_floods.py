"""Who floods the server on one connection takes no more than its turn: all others go on."""

import socket
import time
from collections.abc import Iterable, Iterator
from typing import Any

import pytest

from gateway.api.server import HttpServer
from tests.unit.store.test_locked import STOOD_STILL_S, longest_pause_s

SPENT_S = 0.01  # on each request, by the application


def _application(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    if environ["PATH_INFO"] == "/work":
        busy_until = time.perf_counter() + SPENT_S
        while time.perf_counter() < busy_until:
            pass
    start_response("200 OK", [("Content-Length", "4")])
    return [b"well"]


@pytest.fixture
def client() -> Iterator[socket.socket]:
    server = HttpServer("127.0.0.1", 0)
    server.start(_application)
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as connected:
        yield connected
    server.stop(1.0)


def test_requests_sent_without_waiting_for_answers_let_others_have_their_turn(client: socket.socket) -> None:
    """All of them are there before the first is answered, so no reading of them ever waits."""
    client.sendall(b"GET /work HTTP/1.1\r\nHost: x\r\n\r\n" * 400)
    assert longest_pause_s(20) < STOOD_STILL_S
    assert client.recv(12) == b"HTTP/1.1 200"
