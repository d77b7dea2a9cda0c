"""Deliveries on the wire, answer by answer: kept sockets, answers in pieces, and what is not plain."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import gevent
import pytest

from gateway.webhooks.connections import Connections, Origin, Timeouts
from gateway.webhooks.retry import Attempt
from tests.waiting import wait_for

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"


class Peer:
    """Reads a request and sends what comes next in `answers`, piece by piece; an empty piece closes."""

    def __init__(self, *answers: list[bytes]) -> None:
        self.answers = list(answers)
        self.accepted = self.answered = 0
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self._serving = [gevent.spawn(self._accept)]

    def _accept(self) -> None:
        while True:
            sock, _ = self.listener.accept()
            self.accepted += 1
            self._serving.append(gevent.spawn(self._serve, sock))

    def _serve(self, sock: socket.socket) -> None:
        with sock, suppress(ConnectionError):
            while self.answers and sock.recv(4096):
                for piece in self.answers.pop(0):
                    if not piece:
                        return
                    sock.sendall(piece)
                    gevent.sleep(0.01)
                self.answered += 1

    def close(self) -> None:
        gevent.killall(self._serving)
        self.listener.close()


@contextmanager
def posting(peer: Peer, total_s: float = 2.0) -> Iterator[Connections]:
    origin = Origin.of(f"http://127.0.0.1:{peer.port}/hook")
    made = Connections(
        origin, Timeouts(total_s, 1.0), lambda _host, _port, _ip: False, lambda: pytest.fail("no TLS here")
    )
    try:
        yield made
    finally:
        made.close()
        peer.close()


def _post(connections: Connections) -> Attempt:
    return connections.post(b"POST /hook HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n", 2.0)


@pytest.mark.parametrize(
    "pieces",
    [
        [OK],
        [OK[:9], OK[9:]],
        [OK[:-2], OK[-2:]],
        [b"HTTP/1.1 204 No Content\r\n\r\n"],
        [b"HTTP/1.1 100 Continue\r\n\r\n", OK],
        [b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n", b"0\r\n\r\n"],
    ],
    ids=["plain", "in the head", "body apart", "no content", "interim", "chunks"],
)
def test_2xx_is_delivered_and_the_socket_is_kept(pieces: list[bytes]) -> None:
    """2xx is delivered"""
    peer = Peer(pieces, pieces, [OK])
    with posting(peer) as connections:
        assert {_post(connections).status for _ in range(3)} <= {200, 204}
        assert peer.accepted == 1


def test_a_socket_that_is_to_be_closed_is_not_used_again() -> None:
    closing = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
    peer = Peer([closing, b""], [OK + OK, b""], [OK])
    with posting(peer) as connections:
        assert [_post(connections).status for _ in range(3)] == [200, 200, 200]
        assert peer.accepted == 3


def test_a_kept_socket_that_was_closed_meanwhile_does_not_count_as_an_attempt() -> None:
    peer = Peer([OK, b""], [OK])
    with posting(peer) as connections:
        assert _post(connections).status == 200
        assert _post(connections).status == 200
        assert peer.accepted == 2


@pytest.mark.parametrize(
    "behind",
    [OK, b"HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\nConnection: close\r\n\r\n", b"more of the body"],
    ids=["an answer", "a time-out", "a body that is too long"],
)
def test_what_came_unasked_answers_no_later_post(behind: bytes) -> None:
    """2xx is delivered: what a receiver says before it is asked says nothing of the next delivery."""
    refused = b"HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\n\r\n"
    peer = Peer([OK, behind], [refused])
    with posting(peer) as connections:
        assert _post(connections).status == 200
        wait_for(lambda: peer.answered == 1, "the peer has said what nobody asked", 5)
        assert _post(connections) == Attempt(500)
        assert peer.accepted == 2


@pytest.mark.parametrize("behind", [OK, b"\0\0", b"HTTP/1.1 2"], ids=["another answer", "noise", "a part of one"])
@pytest.mark.parametrize("retry_after", ["7", ""])
def test_the_first_answer_stands_and_the_socket_does_not(behind: bytes, retry_after: str) -> None:
    busy = f"HTTP/1.1 503 Busy\r\nRetry-After: {retry_after}\r\nContent-Length: 0\r\n\r\n".encode()
    peer = Peer([busy + behind], [OK])
    with posting(peer) as connections:
        assert _post(connections) == Attempt(503, "", retry_after)
        assert _post(connections).status == 200
        assert peer.accepted == 2


def test_the_status_stands_when_the_time_ends_in_the_body() -> None:
    peer = Peer([b"HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n", *[b"x"] * 800], [OK])
    with posting(peer, total_s=0.2) as connections:
        assert _post(connections) == Attempt(200)
        assert _post(connections) == Attempt(200)
        assert peer.accepted == 2


def test_no_answer_and_half_an_answer_are_errors() -> None:
    """timeouts and connection errors are retried"""
    peer = Peer([b""], [OK[:20], b""], [OK[:20]], [OK])
    with posting(peer, total_s=0.2) as connections:
        attempts = [_post(connections) for _ in range(3)]
        assert [attempt.status for attempt in attempts] == [0, 0, 0]
        assert [attempt.error.split(":")[0] for attempt in attempts] == [
            "HTTPConnectionClosed",
            "HTTPParseError",
            "timeout",
        ]


def test_retry_after_is_read_where_it_matters() -> None:
    """Retry-After honoured"""
    peer = Peer([b"HTTP/1.1 503 Busy\r\nRetry-After: 7\r\nContent-Length: 0\r\n\r\n"])
    with posting(peer) as connections:
        assert _post(connections) == Attempt(503, "", "7")
