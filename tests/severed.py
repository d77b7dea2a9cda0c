"""A way to a server that can be cut and mended, as a network is. In: the server's port. Out: a port of its own."""

from contextlib import suppress
from typing import Any

import gevent
from gevent import socket
from gevent.server import StreamServer


class Way:
    def __init__(self, to_port: int) -> None:
        self._to_port = to_port
        self._cut = False
        self._sockets: set[Any] = set()
        self._server = StreamServer(("127.0.0.1", 0), self._serve)
        self._server.start()
        self.port: int = self._server.server_port

    def cut(self) -> None:
        self._cut = True
        for sock in list(self._sockets):
            _shut(sock)

    def mend(self) -> None:
        self._cut = False

    def close(self) -> None:
        self.cut()
        self._server.stop()

    def _serve(self, near: Any, _address: Any) -> None:
        if self._cut:
            return
        far = socket.create_connection(("127.0.0.1", self._to_port))
        ends = {near, far}
        self._sockets |= ends
        back = gevent.spawn(_copy, far, near)
        _copy(near, far)
        back.join()
        self._sockets -= ends
        far.close()


def _copy(source: Any, to: Any) -> None:
    with suppress(OSError):
        while data := source.recv(65536):
            to.sendall(data)
    _shut(source)
    _shut(to)


def _shut(sock: Any) -> None:
    with suppress(OSError):
        sock.shutdown(socket.SHUT_RDWR)
