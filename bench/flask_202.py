# ruff: noqa: E402
"""The reference for commands: a Flask app that answers 202 and does nothing, on the gateway's own server class."""

from gevent import monkey

monkey.patch_all()

from flask import Flask, Response

from bench.process import answer, serve_until_closed
from gateway.api.server import HttpServer


def make_app() -> Flask:
    app = Flask("bare")

    @app.post("/<path:_path>")
    def accepted(_path: str) -> Response:
        return Response(b'{"status":"muted"}', 202, content_type="application/json")

    return app


def main() -> None:
    server = HttpServer("127.0.0.1", 0)
    server.start(make_app())
    answer({"port": server.port})
    serve_until_closed()
    server.stop(1.0)


if __name__ == "__main__":
    main()
