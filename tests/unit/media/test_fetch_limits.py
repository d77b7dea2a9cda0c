"""The guarded client and its limits: sizes, times, bodies that break off or are no bodies."""

from dataclasses import replace

import gevent
import pytest
from gevent.event import Event
from gevent.socket import socket

from gateway.media.fetch import Request
from tests.unit.media.origin import QUICK, Origin, Route, Seen, answer, fetcher, got, refused


def test_a_body_that_says_it_is_too_large_is_not_read(origin: Origin) -> None:
    origin.routes["/a"] = answer(bytes(5000))
    chunks: list[bytes] = []
    with refused("media-too-large") as errors:
        fetcher().fetch(Request(origin.url("/a")), chunks.append)
    assert chunks == []
    assert errors[0].message == "127.0.0.1: larger than 4096 bytes"


def test_a_body_that_does_not_say_its_size_is_cut_at_the_limit(origin: Origin) -> None:
    def endless(_seen: Seen, connection: socket) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        while True:
            connection.sendall(bytes(1000))

    origin.routes["/a"] = endless
    chunks: list[bytes] = []
    with refused("media-too-large"):
        fetcher().fetch(Request(origin.url("/a")), chunks.append)
    assert len(b"".join(chunks)) <= 4096


def test_a_body_of_exactly_the_limit_is_taken(origin: Origin) -> None:
    origin.routes["/a"] = answer(bytes(4096))
    assert len(got(fetcher(), origin.url("/a"))[1]) == 4096


def test_a_compressed_body_is_refused_unopened(origin: Origin) -> None:
    origin.routes["/a"] = answer(b"\x1f\x8b", content_encoding="gzip")
    with refused("media-unsupported"):
        got(fetcher(), origin.url("/a"))


def _silent(_seen: Seen, connection: socket) -> None:
    connection.recv(1)  # until the client hangs up


def _head_then_silent(seen: Seen, connection: socket) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n")
    _silent(seen, connection)


def _dripping_head(_seen: Seen, connection: socket) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\nX: ")
    while True:
        connection.sendall(b"x")
        Event().wait(0.002)


@pytest.mark.parametrize("route", [_silent, _head_then_silent, _dripping_head])
def test_a_first_byte_that_does_not_come_ends_the_wait(origin: Origin, route: Route) -> None:
    origin.routes["/a"] = route
    with refused("media-timeout") as errors:
        got(fetcher(), origin.url("/a"), replace(QUICK, first_byte_timeout_s=0.05))
    assert errors[0].message == "127.0.0.1: nothing came within 0.05 s"


def test_a_slow_drip_ends_at_the_total_limit(origin: Origin) -> None:
    def dripping(_seen: Seen, connection: socket) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        while True:
            connection.sendall(b"x")
            Event().wait(0.002)

    origin.routes["/a"] = dripping
    chunks: list[bytes] = []
    limits = replace(QUICK, total_timeout_s=0.5)
    with refused("media-timeout") as errors:
        fetcher().fetch(Request(origin.url("/a")), chunks.append, limits)
    assert errors[0].message == "127.0.0.1: not complete after 0.5 s"
    assert len(chunks) > 1, "the first byte had come, and more"


def test_a_timeout_of_the_caller_is_the_callers(origin: Origin) -> None:
    origin.routes["/a"] = _silent
    with pytest.raises(gevent.Timeout), gevent.Timeout(0.02):
        got(fetcher(), origin.url("/a"))


def test_a_connection_that_breaks_off_gives_no_half_file(origin: Origin) -> None:
    def short(_seen: Seen, connection: socket) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nRIFF")

    origin.routes["/a"] = short
    with refused("media-unreachable") as errors:
        got(fetcher(), origin.url("/a"))
    assert errors[0].message == "127.0.0.1: the connection broke off or is not HTTP"


@pytest.mark.parametrize("reply", [b"", b"garbage\r\n\r\n", b"HTTP/1.1 abc\r\n\r\n", b"\xff\xfe" * 40])
def test_what_is_not_http_is_refused(origin: Origin, reply: bytes) -> None:
    origin.routes["/a"] = lambda _seen, connection: connection.sendall(reply)
    with refused("media-unreachable"):
        got(fetcher(), origin.url("/a"))


def test_the_body_of_an_error_is_not_read(origin: Origin) -> None:
    origin.routes["/a"] = answer(b"inside words", "500 Oops")
    reply, body = got(fetcher(), origin.url("/a"))
    assert (reply.status, body) == (500, b"")
