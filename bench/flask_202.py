# ruff: noqa: E402
"""The reference for commands: a Flask app that answers 202 and does nothing, on the gateway's own server class.

With the word `pywsgi` on gevent's as it comes, but for TCP_NODELAY.
"""

from gevent import monkey

monkey.patch_all()

import socket
import sys

from flask import Flask, Response
from gevent.pywsgi import WSGIServer

from bench.process import answer, serve_until_closed
from bench.serving import serve


def make_app() -> Flask:
    app = Flask("bare")

    @app.post("/<path:_path>")
    def accepted(_path: str) -> Response:
        return Response(b'{"status":"muted"}', 202, content_type="application/json")

    return app


def main() -> None:
    if "pywsgi" in sys.argv:
        listening = socket.create_server(("127.0.0.1", 0), backlog=1024)
        listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        plain = WSGIServer(listening, make_app(), log=None)
        plain.start()
        answer({"port": listening.getsockname()[1]})
        serve_until_closed()
        plain.stop()
        return
    serve(make_app())


if __name__ == "__main__":
    main()
