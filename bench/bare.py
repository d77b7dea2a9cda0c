# ruff: noqa: E402
"""What bare geventhttpclient posts to a sink, as its README uses it: nothing signed, stored or ordered. A process.

Asked for a `count` of posts; answers with posts a second and the CPU that one took.
"""

from gevent import monkey

monkey.patch_all()

import sys
import time

import gevent.pool
import orjson
from geventhttpclient import HTTPClient

from bench.process import answer

BODY_BYTES = 420  # about what a member's webhook has
IN_FLIGHT = 48


def bare(port: int, count: int, in_flight: int = IN_FLIGHT) -> float:
    """POSTs a second."""
    client = HTTPClient("127.0.0.1", port, concurrency=in_flight)
    body = b"x" * BODY_BYTES

    def one(_number: int) -> None:
        client.request("POST", "/hook", body, {"Content-Type": "application/json"}).read()

    pool = gevent.pool.Pool(in_flight)
    began = time.perf_counter()
    for _ in pool.imap_unordered(one, range(count), maxsize=in_flight):
        pass
    took = time.perf_counter() - began
    client.close()
    return count / took


def main() -> None:
    answer({})
    for line in sys.stdin.buffer:
        question = orjson.loads(line)
        cpu = time.process_time()
        per_s = bare(question["port"], question["count"])
        answer({"per_s": per_s, "cpu_us": (time.process_time() - cpu) / question["count"] * 1e6})


if __name__ == "__main__":
    main()
