# ruff: noqa: E402
"""An app's answer URL in a process of its own: each call gets a document with one Conference verb, after `delay_ms`."""

import sys
from itertools import count

from gevent import monkey

monkey.patch_all()

import gevent

from bench.process import answer, serve_until_closed
from gateway.api.server import HttpServer

MOST_IN_A_ROOM = 20  # maxMembers' own bound


def main() -> None:
    delay_s, numbers = int(sys.argv[1]) / 1000, count()

    def app(environ: dict[str, object], start: object) -> list[bytes]:
        gevent.sleep(delay_s)
        room = next(numbers) // MOST_IN_A_ROOM
        body = f"<Response><Conference>room-{room}</Conference></Response>".encode()
        start("200 OK", [("Content-Type", "application/xml"), ("Content-Length", str(len(body)))])  # type: ignore[operator]
        return [body]

    server = HttpServer("127.0.0.1", 0)
    server.start(app)
    answer({"port": server.port})
    serve_until_closed()
    server.stop(1.0)


if __name__ == "__main__":
    main()
