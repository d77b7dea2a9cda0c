"""Bench 4: 10,000 rooms and 20,000 members: what the gateway's process takes, reconcile included."""

import time
from pathlib import Path

import requests

from bench.process import cpu_s, memory_mib
from bench.report import Row, below
from bench.stage import stage
from bench.switches import Switch

RECONCILE_S = 5.0
WATCH_S = 16.0


def run(folder: Path, switch: Switch, rooms: int, in_each: int = 2) -> list[Row]:
    with stage(folder, switch, rooms, in_each, reconcile_interval_s=RECONCILE_S) as here:
        here.join_all()
        began = time.monotonic()
        here.gateway.start()
        here.wait_told(rooms * in_each, "conference.member.joined")
        caught_up_s = time.monotonic() - began
        before = cpu_s(here.gateway.pid)
        stall = _longest_stall(here.gateway.url, WATCH_S)
        used = (cpu_s(here.gateway.pid) - before) / WATCH_S
        memory = memory_mib(here.gateway.pid)
        check = here.sink.ask(what="check", secret=here.keys.webhook_secret, event="member.joined")
    faults = check["faults"] + rooms * in_each - check["chosen"]
    name = f"memory, {switch.name}"
    return [
        below(name, f"VmRSS, {rooms:,} rooms and {rooms * in_each:,} members", memory["VmRSS"], 250, "MiB"),
        below(name, "VmHWM: the most, through start and reconcile", memory["VmHWM"], 250, "MiB"),
        Row(name, "start to the last webhook of all joins found", caught_up_s, "s"),
        Row(name, f"longest stall of /healthz, reconcile every {RECONCILE_S:g} s", stall * 1000, "ms"),
        Row(name, "CPU, reconcile and that watch", used * 100, "%"),
        below(name, "missing, unsigned, twice or out of order", faults, 1, ""),
    ]


def _longest_stall(url: str, watch_s: float) -> float:
    """How long a request had to wait for the loop, at most."""
    longest, deadline = 0.0, time.monotonic() + watch_s
    with requests.Session() as http:
        while time.monotonic() < deadline:
            began = time.monotonic()
            http.get(f"{url}/healthz", timeout=30)
            longest = max(longest, time.monotonic() - began)
            time.sleep(0.005)
    return longest
