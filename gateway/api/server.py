"""The HTTP server: gevent's pywsgi with TCP_NODELAY, without which a keep-alive POST takes 44 ms."""

import logging
import socket
from collections.abc import Iterable
from typing import Any
from wsgiref.types import StartResponse, WSGIApplication

from gevent.event import Event as Signal
from gevent.pywsgi import WSGIHandler, WSGIServer

from gateway.errors import ConfigError

log = logging.getLogger(__name__)
BACKLOG = 1024
MAX_CONNECTIONS = 8192
IDLE_S = 75.0


class _Handler(WSGIHandler):  # type: ignore[misc]
    """Requests are logged by nobody here: webhooks and metrics tell what happened."""

    def handle(self) -> None:
        self.socket.settimeout(IDLE_S)  # a client that says nothing, or half a request, is not waited for for ever
        super().handle()

    def log_request(self) -> None:
        pass


class HttpServer:
    """Binds at once, so that the port is known; start() serves; stop() accepts no more and lets requests finish."""

    def __init__(self, host: str, port: int) -> None:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        listening = socket.socket(family, socket.SOCK_STREAM)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            listening.bind((host, port))
        except OSError as error:
            listening.close()
            raise ConfigError(f"GATEWAY_LISTEN: {host}:{port} cannot be used: {error.strerror}") from error
        listening.listen(BACKLOG)
        self._listening = listening
        self._server: Any = None
        self._under_way = 0
        self._idle = Signal()
        self._idle.set()
        self.port: int = listening.getsockname()[1]

    def start(self, app: WSGIApplication) -> None:
        counted = self._counted(app)
        self._server = WSGIServer(
            self._listening, counted, spawn=MAX_CONNECTIONS, handler_class=_Handler, log=None, error_log=log
        )
        self._server.start()

    def _counted(self, app: WSGIApplication) -> WSGIApplication:
        """pywsgi does not wait for requests at its end; so they are counted."""

        def application(environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
            self._under_way += 1
            self._idle.clear()
            try:
                return app(environ, start_response)
            finally:
                self._under_way -= 1
                if not self._under_way:
                    self._idle.set()

        return application

    def stop(self, grace_s: float) -> None:
        if self._server is None:
            self._listening.close()
            return
        self._server.close()
        if not self._idle.wait(grace_s):
            log.warning("%d requests did not finish within %g s", self._under_way, grace_s)
        self._server.stop(timeout=0)
