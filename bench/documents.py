"""Bench 5: calls that documents lead, 100 a second: from park to the join command, less the app's own answer time.

Both times are the switch's own: of CHANNEL_PARK, and of CHANNEL_EXECUTE of the application `conference`.
"""

import statistics
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.process import Helper
from bench.report import Row, below
from bench.stage import Stage, stage
from bench.switches import Esl, Switch
from gateway.bootstrap import open_store
from gateway.config import load
from gateway.services.apps import Apps
from tests.live.crowd import SippCrowd
from tests.stage import NUMBER

CALLERS, A_SECOND = 1000, 100
REAL_CALLERS = 300  # a thousand phones and their sound would leave nothing of two cores to measure
ANSWER_MS = 20
P99_MS = 150.0
LIMIT_S = 90.0


def run(folder: Path, switch: Switch) -> list[Row]:
    callers = REAL_CALLERS if switch.real else CALLERS
    with Helper("answers", ANSWER_MS) as answers, stage(folder, switch, 0, 0) as here:
        _point(folder, here, f"http://127.0.0.1:{answers.greeting['port']}/answer")
        here.gateway.start()
        here.wait_quiet()
        watching = Esl(switch)
        watching.command("event json CHANNEL_PARK CHANNEL_EXECUTE")
        with _arriving(folder, switch, callers):
            waits = sorted(_waits(watching, callers))
        watching.close()
    if len(waits) < callers:
        raise RuntimeError(f"only {len(waits)} of {callers} calls came into their rooms")
    name = f"documents, {switch.name}"
    p99 = waits[int(len(waits) * 0.99)]
    return [
        Row(
            name,
            f"{callers} calls at {A_SECOND}/s: p50 from park to join, less the answer",
            statistics.median(waits),
            "ms",
        ),
        below(name, "p99 from park to join, less the app's answer time", p99, P99_MS, "ms"),
    ]


def _point(folder: Path, here: Stage, url: str) -> None:
    store = open_store(load({"GATEWAY_DATA_DIR": str(folder)}))
    apps = Apps(store)
    apps.update_app(here.keys.app_id, answer_url=url)
    apps.add_number(NUMBER, here.keys.app_id)
    store.stop()


@contextmanager
def _arriving(folder: Path, switch: Switch, callers: int) -> Iterator[None]:
    if switch.real is not None:
        crowd = SippCrowd(switch.real, folder, callers, A_SECOND)
        crowd.start()
        try:
            yield
        finally:
            crowd.close()
        return
    calling = threading.Thread(target=_call, args=(Esl(switch), callers))
    calling.start()
    yield
    calling.join()


def _call(esl: Esl, callers: int) -> None:
    began = time.monotonic()
    for number in range(callers):
        esl.command(f"api simulator call +1555{number:07d} {NUMBER} caller")
        time.sleep(max(0.0, began + (number + 1) / A_SECOND - time.monotonic()))
    esl.close()


def _waits(watching: Esl, callers: int) -> Iterator[float]:
    """Of each call, ms."""
    parked: dict[str, int] = {}
    for event in watching.events(LIMIT_S):
        channel, at = event["Unique-ID"], int(event["Event-Date-Timestamp"])
        if event["Event-Name"] == "CHANNEL_PARK":
            parked.setdefault(channel, at)
        elif event.get("Application") == "conference" and channel in parked:
            yield (at - parked.pop(channel)) / 1000 - ANSWER_MS
            callers -= 1
            if not callers:
                return
