"""Receivers that never come to an end: each held up every call, every app and the switch's events while it spoke."""

import pytest

from gateway.webhooks.connections import Connections, Origin, Timeouts
from tests.flood import STOOD_STILL_S, flood, pauses

CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
REQUEST = b"POST /hook HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n"
HEAD_FLOODS = {
    "interim answers": (b"", b"HTTP/1.1 103 Early Hints\r\n\r\n"),
    "header lines": (b"HTTP/1.1 200 OK\r\n", b"a: b\r\n"),
    "one header line": (b"HTTP/1.1 200 OK\r\na: ", b"bbbbbbbb"),
}
BODY_FLOODS = {
    "a body": (b"HTTP/1.1 200 OK\r\nContent-Length: 9999999999\r\n\r\n", b"body"),
    "chunks": (CHUNKED, b"1\r\nx\r\n"),
    "trailers": (CHUNKED + b"1\r\nx\r\n0\r\n", b"a: b\r\n"),
    "extensions of a chunk": (CHUNKED, b"1;" + b"a" * 60_000 + b"\r\nx\r\n"),
}
STATUS = {**dict.fromkeys(HEAD_FLOODS, 0), **dict.fromkeys(BODY_FLOODS, 200)}


@pytest.mark.parametrize("name", STATUS)
def test_an_endless_answer_is_left_at_its_bound(name: str) -> None:
    """A status that was said stands; a head that does not end is an attempt that failed."""
    with flood(*(HEAD_FLOODS | BODY_FLOODS)[name]) as receiver, pauses() as seen:
        origin = Origin.of(f"http://127.0.0.1:{receiver.port}/hook")
        connections = Connections(
            origin, Timeouts(2.0, 2.0), lambda _host, _port, _ip: False, lambda: pytest.fail("TLS")
        )
        attempt = connections.post(REQUEST, 2.0)
        connections.close()
    assert attempt.status == STATUS[name]
    assert max(seen) < STOOD_STILL_S, "others had their turn"
    assert receiver.hung_up
    assert bool(attempt.error) == (not attempt.status)
