"""A WSGI application as a helper of the bench, on the gateway's own server class; its port is what it prints first."""

from typing import Any

from bench.process import answer, serve_until_closed
from gateway.api.server import HttpServer


def serve(app: Any) -> None:
    """Until stdin ends."""
    server = HttpServer("127.0.0.1", 0)
    server.start(app)
    answer({"port": server.port})
    serve_until_closed()
    server.stop(1.0)
