# ruff: noqa: E402
"""An app's answer URL in a process of its own: each call gets a document with one Conference verb, after `delay_ms`."""

import sys
from itertools import count

from gevent import monkey

monkey.patch_all()

import gevent

from bench.serving import serve

MOST_IN_A_ROOM = 20  # maxMembers' own bound


def main() -> None:
    delay_s, numbers = int(sys.argv[1]) / 1000, count()

    def app(environ: dict[str, object], start: object) -> list[bytes]:
        gevent.sleep(delay_s)
        room = next(numbers) // MOST_IN_A_ROOM
        body = f"<Response><Conference>room-{room}</Conference></Response>".encode()
        start("200 OK", [("Content-Type", "application/xml"), ("Content-Length", str(len(body)))])  # type: ignore[operator]
        return [body]

    serve(app)


if __name__ == "__main__":
    main()
