"""Bench 2: a burst of member events (mute all in rooms of 200) to webhooks, signed and in order, beside bare posts.

What the gateway has not read yet stands in the kernel's socket buffers, both ends; while they have room, the switch's
own queue is empty.
"""

import statistics
import threading
import time
from collections.abc import Iterator
from itertools import cycle, islice
from pathlib import Path

from bench.process import Helper, cpu_s
from bench.report import Row, at_least, below
from bench.stage import Stage, metric, stage, until
from bench.switches import Switch

EVENTS = 10_000
IN_ROOM = 200
WATCH_EVERY_S = 0.01
WATCHED_ROUNDS = 2  # apart: the kernel's list of sockets every 10 ms takes a third of a core, our metrics some, too
EVENT_BYTES = 2000  # about; a smaller one makes the bound stricter


class Unread:
    """The most bytes that waited in the sockets between the switch and its listeners."""

    def __init__(self, port: int) -> None:
        self._port = f":{port:04X}"
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch)
        self.most = 0

    def __enter__(self) -> "Unread":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._over.wait(WATCH_EVERY_S):
            waiting = 0
            for line in Path("/proc/net/tcp").read_text().splitlines()[1:]:
                words = line.split()
                if words[3] == "01" and (words[1].endswith(self._port) or words[2].endswith(self._port)):
                    sent, _, received = words[4].partition(":")
                    # What the switch's end has sent and not got acknowledged, and what our end has not read.
                    waiting += int(sent, 16) if words[1].endswith(self._port) else int(received, 16)
            self.most = max(self.most, waiting)


def run(folder: Path, switch: Switch, rooms: int, rounds: int) -> list[Row]:
    with stage(folder, switch, rooms, IN_ROOM) as here, Helper("bare") as bare:
        here.join_all()
        here.gateway.start()
        here.wait_told(rooms * IN_ROOM, "conference.member.joined")
        here.wait_quiet()
        words = cycle(("unmute", "mute"))
        ours, theirs, unread, committed, cpu, faults = [], [], [], [], [], 0
        for _ in range(WATCHED_ROUNDS):
            here.sink.ask(what="clear")
            with Unread(switch.port) as watch:
                committed.append(EVENTS / _committed_s(here, rooms, words))
            here.wait_told(EVENTS, "conference.member.")
            unread.append(watch.most / EVENT_BYTES)
            faults += _faults(here)
        for _ in range(rounds):
            theirs.append(bare.ask(port=here.sink.greeting["port"], count=EVENTS)["per_s"])
            here.sink.ask(what="clear")
            before = cpu_s(here.gateway.pid)
            began = _burst(here, rooms, words)
            ours.append(EVENTS / (here.wait_told(EVENTS, "conference.member.") - began))
            cpu.append((cpu_s(here.gateway.pid) - before) / EVENTS * 1e6)
            faults += _faults(here)
    name = f"events, {switch.name}"
    ratio = statistics.median(one / other for one, other in zip(ours, theirs, strict=True))
    total = EVENTS * (rounds + WATCHED_ROUNDS)
    return [
        Row(name, f"{EVENTS} events, from the order to the last webhook", statistics.median(ours), "/s"),
        Row(name, "bare geventhttpclient to the same sink", statistics.median(theirs), "/s"),
        at_least(name, "ratio", ratio, 0.5),
        Row(name, "CPU of the gateway an event", statistics.median(cpu), "us"),
        Row(name, "read and committed, while the sockets are watched", statistics.median(committed), "/s"),
        below(name, "unread in the sockets, most", max(unread), min(committed), "events"),
        below(name, "webhooks missing, unsigned, twice or out of order", faults, 1, f"of {total}"),
    ]


def _burst(here: Stage, rooms: int, words: Iterator[str]) -> float:
    """Orders all the events; returns when it began."""
    names = sorted({call.room for call in here.calls})
    turns = EVENTS // (rooms * IN_ROOM)
    began = time.time()
    for word in islice(words, turns):
        for room in names:  # as api: bgapi's threads would overtake each other, and a mute that meets a mute is none
            here.esl.command(f"api conference {room} {word} all")
    return began


def _committed_s(here: Stage, rooms: int, words: Iterator[str]) -> float:
    """Seconds from the order until all were committed."""
    applied = metric(here.gateway, "gateway_happenings_applied_total")
    began = _burst(here, rooms, words)
    until(
        lambda: metric(here.gateway, "gateway_happenings_applied_total") - applied >= EVENTS, "all events are committed"
    )
    return time.time() - began


def _faults(here: Stage) -> int:
    check = here.sink.ask(what="check", secret=here.keys.webhook_secret, event="mute")
    return int(check["faults"]) + abs(int(check["chosen"]) - EVENTS)
