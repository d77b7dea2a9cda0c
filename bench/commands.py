"""Bench 1: mute and unmute over HTTP, beside a Flask app that only says 202, and beside a raw `api` round trip.

Cooldowns are on: no member is asked twice within one. Where there are fewer members than two seconds need, rounds
are short and wait for each other.
"""

import statistics
import time
import uuid
from itertools import cycle, islice
from pathlib import Path
from typing import Any

import orjson

from bench.process import Helper, cpu_s
from bench.report import Row, at_least, below
from bench.stage import Call, Stage, stage, until
from bench.switches import Esl, Switch
from tests.gateway_process import NODE

COOLDOWN_S = 2.0
CONNECTIONS = 16
LIMIT_S = 60.0
BARE_S = 2.0
SINGLE = 300
LEAST_ROUNDS = 4  # even: all are muted again


class Members:
    """All members in turn, alternately to be unmuted and muted; `rest` waits until the first may be asked again."""

    def __init__(self, calls: list[Call]) -> None:
        self._calls = calls
        self._word = "unmute"
        self._asked_at = 0.0

    def paths(self) -> list[str]:
        """One for each member."""
        time.sleep(max(0.0, self._asked_at + COOLDOWN_S + 0.1 - time.monotonic()))
        paths = [f"/api/v1/sessions/{call.session}/commands/conference/{self._word}" for call in self._calls]
        self._word = "mute" if self._word == "unmute" else "unmute"
        self._asked_at = time.monotonic()
        return paths

    def asked(self) -> None:
        self._asked_at = time.monotonic()


def run(folder: Path, switch: Switch, rooms: int, rounds: int) -> list[Row]:
    bare, plain = Helper("flask_202"), Helper("flask_202", "pywsgi")
    with bare, plain, stage(folder, switch, rooms, 200) as here, Helper("load") as load:
        here.join_all()
        least = _least(here, folder, bare, load)
        here.gateway.start()
        here.wait_told(rooms * 200, "conference.member.joined")
        added = _added_ms(here, load, Members(here.calls[:SINGLE]))
        members = Members(here.calls[SINGLE:] or here.calls)
        ours, theirs, on_pywsgi, cpu = [], [], [], []
        for _ in range(rounds):
            theirs.append(_load(load, bare.greeting["port"], _bare_paths(here), {}, BARE_S)["per_s"])
            on_pywsgi.append(_load(load, plain.greeting["port"], _bare_paths(here), {}, BARE_S)["per_s"])
            before = cpu_s(here.gateway.pid)
            result = _round(here, load, members)
            here.wait_quiet()
            ours.append(result["per_s"])
            cpu.append((cpu_s(here.gateway.pid) - before) / result["count"] * 1e6)
        check = here.sink.ask(what="check", secret=here.keys.webhook_secret, event="mute")
    name = f"commands, {switch.name}"
    ratio = statistics.median(one / other for one, other in zip(ours, theirs, strict=True))
    return [
        Row(name, "mute and unmute at 16 connections", statistics.median(ours), "/s"),
        Row(name, "bare Flask 202 at 16 connections", statistics.median(theirs), "/s"),
        at_least(name, "ratio", ratio, 0.4),
        Row(name, "bare Flask 202 on pywsgi as it comes", statistics.median(on_pywsgi), "/s"),
        Row(name, "ratio to that", statistics.median(a / b for a, b in zip(ours, on_pywsgi, strict=True)), ""),
        Row(name, "ratio of the least pipeline on this stack to a bare Flask 202 (bench/least.py)", least, ""),
        Row(name, "CPU of the gateway a command, with its webhook", statistics.median(cpu), "us"),
        below(name, "added p50 at 1 connection", added, 2, "ms"),
        below(name, "webhooks unsigned, twice or out of order", check["faults"], 1, f"of {check['count']}"),
    ]


def _least(here: Stage, folder: Path, bare: Helper, load: Helper) -> float:
    """The same requests to what does the least that a mute can be: what is asked of the gateway is judged by it."""
    until(lambda: len(_seats(here)) == len(here.calls), "all are in their rooms")
    seats = folder / "seats.txt"
    seats.write_text("\n".join(_seats(here)))
    words = (here.switch.port, here.switch.password, here.sink.greeting["port"], NODE)
    members = Members(here.calls)
    ratios: list[float] = []
    with Helper("least", folder / "least.db", seats, *words) as least:
        for _ in range(LEAST_ROUNDS):
            reference = _load(load, bare.greeting["port"], _bare_paths(here), {}, BARE_S)["per_s"]
            paths = members.paths()
            result = _load(load, least.greeting["port"], paths, here.keys.headers, LIMIT_S)
            members.asked()
            here.wait_quiet()
            ratios.append(result["per_s"] / reference)
    here.sink.ask(what="clear")
    return statistics.median(ratios)


def _seats(here: Stage) -> list[str]:
    """Who is in, as lines of session, room and number."""
    listed = here.esl.command("api conference json_list")
    rooms = [] if listed.startswith("-ERR") else orjson.loads(listed)
    return [
        f"{NODE}-{member['uuid']} {room['conference_name']} {member['id']}"
        for room in rooms
        for member in room["members"]
    ]


def _bare_paths(here: Stage) -> list[str]:
    path = f"/api/v1/sessions/{here.calls[0].session}/commands/conference/mute"
    return list(islice(cycle([path]), 100_000))


def _round(here: Stage, load: Helper, members: Members) -> dict[str, Any]:
    paths = members.paths()
    result: dict[str, Any] = _load(load, here.gateway.port, paths, here.keys.headers, LIMIT_S)
    members.asked()
    if set(result["statuses"]) != {"202"} or result["count"] != len(paths):
        raise RuntimeError(f"not all of {len(paths)} were taken: {result['statuses']}\n{here.gateway.log()}")
    return result


def _load(
    load: Helper, port: int, paths: list[str], headers: dict[str, str], limit_s: float, connections: int = CONNECTIONS
) -> Any:
    return load.ask(port=port, paths=paths, headers=headers, limit_s=limit_s, connections=connections)


def _added_ms(here: Stage, load: Helper, members: Members) -> float:
    """p50 of a mute over HTTP less p50 of a mute by `api`, in a room that is none of the gateway's."""
    esl = Esl(here.switch)
    channel, room = uuid.uuid4(), "bench"
    esl.command(f"api originate {{origination_uuid={channel}}}null/x 'conference:{room}@gateway,park:' inline")
    time.sleep(1.0)
    member = esl.command(f"api conference {room} list").partition(";")[0].split()[-1]
    raw = []
    for word in islice(cycle(("mute", "unmute")), SINGLE):
        began = time.perf_counter()
        esl.command(f"api conference {room} {word} {member}")
        raw.append(time.perf_counter() - began)
    esl.command(f"api uuid_kill {channel}")
    esl.close()
    result = _load(load, here.gateway.port, members.paths(), here.keys.headers, LIMIT_S, connections=1)
    members.asked()
    here.wait_quiet()
    added: float = result["p50_ms"] - statistics.median(raw) * 1000
    return added
