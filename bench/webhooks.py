"""`python -m bench.webhooks`: deliveries a second, beside what bare geventhttpclient posts to the same sink; JSON."""
# ruff: noqa: E402, I001 - gevent must patch before anything else is imported

from gevent import monkey

monkey.patch_all()

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import gevent

from bench.bare import BODY_BYTES, bare
from gateway.domain.apps import Endpoint
from gateway.domain.clock import SystemClock
from gateway.domain.events import Event, Outgoing
from gateway.domain.ids import new_event_id
from gateway.store import outbox, tables
from gateway.store.engine import open_engine
from gateway.store.store import Store
from gateway.store.unit_of_work import Needs, UnitOfWork
from gateway.webhooks.delivery import Deliverer
from gateway.domain.ids import new_webhook_secret

SINK = Path(__file__).with_name("plain_sink.py")


def _compose(event: Event, sequence: int | None, _room_sequence: int | None) -> Outgoing:
    return Outgoing(new_event_id(), f"{sequence}".encode().ljust(BODY_BYTES, b"x"), ("ep_bench",))


def ours(port: int, count: int, rooms: int, database_url: str) -> dict[str, float]:
    """Rows are committed in groups while the deliverer runs; the clock stops when the last is settled."""
    engine = open_engine(database_url)
    tables.metadata.drop_all(engine)
    tables.metadata.create_all(engine)
    clock = SystemClock()
    store = Store(engine, _compose, clock)
    endpoint = Endpoint("ep_bench", "app_bench", f"http://127.0.0.1:{port}/hook", 0, None, [new_webhook_secret()])
    deliverer = Deliverer(store, {"ep_bench": endpoint}.get, "bench", clock, refuses=lambda _host, _port, _ip: False)
    store.on_commit = lambda _effects, written: deliverer.wake(written) if written else None
    deliverer.start()

    def lanes(start: int) -> list[tuple[str, str]]:
        return [(f"room{n % rooms}", f"session{n % (rooms * 200)}") for n in range(start, min(start + 200, count))]

    def emit(uow: UnitOfWork, start: int) -> None:
        for room, session in lanes(start):
            uow.emit(Event("conference.member.muted", "app_bench", uow.now, {}, session, room))

    began = time.perf_counter()
    for start in range(0, count, 200):
        needs = Needs(tuple({room for room, _ in lanes(start)}), tuple({session for _, session in lanes(start)}))
        store.write(lambda uow, start=start: emit(uow, start), needs)  # type: ignore[misc]
        gevent.sleep(0)
    committed = time.perf_counter() - began
    while store.read(outbox.endpoints_pending):
        gevent.sleep(0.02)
    took = time.perf_counter() - began
    deliverer.stop()
    store.stop()
    return {"per_s": count / took, "committed_s": committed, "settled_s": took}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=10_000)
    parser.add_argument("--rooms", type=int, default=50)
    parser.add_argument("--in-flight", type=int, default=48)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--database-url", default="", help="default: SQLite in a temporary directory, synchronous=FULL")
    options = parser.parse_args()
    with (
        tempfile.TemporaryDirectory() as directory,
        subprocess.Popen([sys.executable, str(SINK)], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as sink,
    ):
        assert sink.stdin and sink.stdout
        port = int(sink.stdout.readline())
        rounds = []
        for number in range(options.rounds):
            url = options.database_url or f"sqlite:///{os.path.join(directory, f'bench{number}.db')}"
            reference = bare(port, options.count, options.in_flight)
            result = ours(port, options.count, options.rooms, url)
            rounds.append({"bare_per_s": round(reference), **{k: round(v, 3) for k, v in result.items()}})
            rounds[-1]["ratio"] = round(result["per_s"] / reference, 3)
        sink.stdin.close()
        received = int(sink.stdout.readline())
    ratio = statistics.median(each["ratio"] for each in rounds)
    print(json.dumps({"rounds": rounds, "median_ratio": ratio, "sink_requests": received}))


if __name__ == "__main__":
    main()
