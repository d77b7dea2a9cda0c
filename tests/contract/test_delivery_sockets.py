"""Kept sockets that the other side has closed: none stays, be it that only the newest of them are ever used."""

import socket
import ssl
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import gevent
import pytest
import trustme

from gateway.webhooks import courier
from gateway.webhooks.connections import Connections, Origin, Timeouts
from tests.contract.delivery_house import House
from tests.waiting import wait_for

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"
BURST = 6


class Crowd:
    """Answers once all of a burst have asked; `hang_up` closes all its sockets, as after an idle time."""

    def __init__(self, burst: int, context: ssl.SSLContext | None = None) -> None:
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.asked = 0
        self._burst = burst
        self._socks: list[Any] = []
        self._context = context
        self._serving = [gevent.spawn(self._accept)]

    def _accept(self) -> None:
        while True:
            sock, _ = self.listener.accept()
            self._serving.append(gevent.spawn(self._serve, sock))

    def _serve(self, sock: socket.socket) -> None:
        with suppress(OSError):
            if self._context is not None:
                sock = self._context.wrap_socket(sock, server_side=True)
            self._socks.append(sock)
            while sock.recv(4096):
                self.asked += 1
                wait_for(lambda: self.asked >= self._burst, "the whole burst has asked")
                sock.sendall(OK)

    def hang_up(self) -> None:
        for sock in self._socks:
            with suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)
            sock.close()
        self._socks.clear()

    def close(self) -> None:
        gevent.killall(self._serving)
        self.hang_up()
        self.listener.close()


def contexts() -> tuple[ssl.SSLContext, ssl.SSLContext]:
    authority = trustme.CA()
    server, client = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), ssl.create_default_context()
    authority.issue_cert("127.0.0.1").configure_cert(server)
    authority.configure_trust(client)
    return server, client


@pytest.fixture(params=["http", "https"])
def crowd(request: pytest.FixtureRequest) -> Iterator[tuple[Crowd, Connections]]:
    server, client = contexts() if request.param == "https" else (None, None)
    made = Crowd(BURST, server)
    origin = Origin.of(f"{request.param}://127.0.0.1:{made.port}/hook")
    timeouts = Timeouts(total_s=5.0, connect_s=5.0)
    connections = Connections(
        origin, timeouts, lambda _host, _port, _ip: False, lambda: client or pytest.fail("no TLS here")
    )
    yield made, connections
    connections.close()
    made.close()


def _post(connections: Connections) -> int:
    return connections.post(b"POST /hook HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n", 5.0).status


def test_sockets_of_a_burst_are_closed_when_the_other_side_has_closed_them(crowd: tuple[Crowd, Connections]) -> None:
    """480 sockets stayed in CLOSE_WAIT: only the last one used was ever looked at."""
    made, connections = crowd
    burst = [gevent.spawn(_post, connections) for _ in range(BURST)]
    gevent.joinall(burst)
    assert [each.value for each in burst] == [200] * BURST
    connections.prune()
    assert len(connections._idle) == BURST, "they are open still"
    made.hang_up()

    def none_is_left() -> bool:
        connections.prune()
        return not connections._idle

    wait_for(none_is_left, "all of them are closed here, too")
    assert _post(connections) == 200


def test_an_endpoint_in_use_lets_go_of_closed_sockets(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(courier, "WHOLE_PASS_S", 0.05)
    at = Crowd(burst=1)
    house.endpoint("ep", f"http://127.0.0.1:{at.port}/hook")
    serving = house.deliverer()
    house.emit("first")
    house.settled(1)
    (connections,) = [kept for _, kept in serving._couriers["ep"]._sender._connections.values()]
    assert len(connections._idle) == 1
    at.hang_up()
    wait_for(lambda: not connections._idle, "the socket is closed without a further webhook")
    at.close()
