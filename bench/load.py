"""The load generator, a process: POSTs over kept-alive connections, each sends its next when the last is answered.

Asked with a port, a number of connections, headers, paths and a `limit_s`; the requests that fit into it are sent.
Answers with requests a second, latencies and statuses.
"""

import asyncio
import sys
import time
from collections import Counter
from collections.abc import Iterator
from typing import Any

import orjson

from bench.process import answer


class Client(asyncio.Protocol):
    """`requests` is shared by all connections."""

    def __init__(self, requests: Iterator[bytes], round_: "Round") -> None:
        self._requests = requests
        self._round = round_
        self._buffer = b""
        self._began = 0.0
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._next()

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        end = self._buffer.find(b"\r\n\r\n")
        if end < 0:
            return
        at = self._buffer.lower().find(b"content-length:", 0, end)
        length = int(self._buffer[at + 15 : self._buffer.find(b"\r\n", at)])
        if len(self._buffer) < end + 4 + length:
            return
        self._round.done(self._buffer[9:12].decode(), time.perf_counter() - self._began)
        self._buffer = b""
        self._next()

    def connection_lost(self, error: Exception | None) -> None:
        self._round.closed()

    def _next(self) -> None:
        assert self._transport is not None
        request = next(self._requests, None)
        self._began = time.perf_counter()
        if request is None or self._began >= self._round.deadline:
            self._transport.close()
        else:
            self._transport.write(request)


class Round:
    def __init__(self, connections: int, limit_s: float) -> None:
        self.began = time.perf_counter()
        self.deadline = self.began + limit_s
        self.statuses: Counter[str] = Counter()
        self.latencies: list[float] = []
        self.ended = 0.0
        self.over = asyncio.Event()
        self._open = connections

    def done(self, status: str, took: float) -> None:
        self.statuses[status] += 1
        self.latencies.append(took)
        self.ended = time.perf_counter()

    def closed(self) -> None:
        self._open -= 1
        if not self._open:
            self.over.set()

    def result(self) -> dict[str, Any]:
        ranked = sorted(self.latencies)
        return {
            "count": len(ranked),
            "per_s": len(ranked) / (self.ended - self.began),
            "p50_ms": ranked[len(ranked) // 2] * 1000,
            "p99_ms": ranked[len(ranked) * 99 // 100] * 1000,
            "statuses": dict(self.statuses),
        }


async def run(question: dict[str, Any]) -> dict[str, Any]:
    lines = "".join(f"{name}: {value}\r\n" for name, value in question["headers"].items())
    head = f"HTTP/1.1\r\nHost: 127.0.0.1\r\n{lines}Content-Type: application/json\r\nContent-Length: 2\r\n\r\n{{}}"
    requests = iter([f"POST {path} {head}".encode() for path in question["paths"]])
    round_ = Round(question["connections"], question["limit_s"])
    loop = asyncio.get_running_loop()
    for _ in range(question["connections"]):
        await loop.create_connection(lambda: Client(requests, round_), "127.0.0.1", question["port"])
    await round_.over.wait()
    return round_.result()


async def main() -> None:
    loop = asyncio.get_running_loop()
    answer({})
    while line := await loop.run_in_executor(None, sys.stdin.readline):
        answer(await run(orjson.loads(line)))


if __name__ == "__main__":
    asyncio.run(main())
