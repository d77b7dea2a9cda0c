"""Two gateways at one PostgreSQL and one switch: commands to both, one is killed, one stands still for a while."""

import os
import random
import signal
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import gevent
import orjson
import pytest
import requests

from tests.chains import seats_told
from tests.gateway_process import NODE, GatewayProcess
from tests.simulator_process import PASSWORD, SimulatorProcess
from tests.sink import Sink
from tests.waiting import wait_for

pytestmark = pytest.mark.postgres
NUMBER = "15551230002"
FINE = (200, 201, 202, 404, 409)
WORKERS = 12


class Pair:
    """Replicas 0 and 1, an app, its rooms and its callers."""

    def __init__(self, folder: Path, url: str) -> None:
        self.sink = Sink()
        self.sink.start()
        self.switch = SimulatorProcess(folder / "switch")
        self.switch.start()
        settings = {"database_url": url, "lease_s": 3, "reconcile_interval_s": 5, "cooldowns": False}
        self.gateways = [GatewayProcess(folder / n, self.switch.esl_port, PASSWORD, **settings) for n in "ab"]
        for gateway in self.gateways:
            gateway.start()
        self.keys = self.gateways[0].add_app("demo", self.sink.url("/app"), NUMBER)
        self.sink.trust("/app", self.keys.webhook_secret)
        self.rooms = [self.room(number % 2, f"room{number}") for number in range(4)]
        self.sessions = [self.call(f"c{number}") for number in range(20)]
        self.odd: list[str] = []

    def close(self) -> None:
        for gateway in self.gateways:
            if gateway.running:
                os.kill(gateway.pid, signal.SIGCONT)
            gateway.close()
        self.switch.stop()
        self.sink.stop()

    def ask(self, which: int, method: str, path: str, body: Any = None) -> requests.Response:
        url = f"{self.gateways[which].url}/api/v1{path}"
        return requests.request(method, url, json=body, headers=self.keys.headers, timeout=30)

    def room(self, which: int, name: str) -> str:
        return str(self.ask(which, "POST", "/conferences", {"name": name}).json()["room_id"])

    def call(self, name: str) -> str:
        return f"{NODE}-{self.switch.api(f'simulator call 1555 {NUMBER} {name}').split()[-1]}"

    def storm(self, seconds: float, alive: list[int], seed: int) -> None:
        """Many apps' greenlets at once; whatever is answered beyond refusals is odd."""
        until = time.monotonic() + seconds

        def work(number: int) -> None:
            dice = random.Random(seed * 100 + number)
            while time.monotonic() < until:
                which = dice.choice(alive)
                try:
                    if dice.random() < 0.05:
                        self._replace_room(which, dice)
                    else:
                        self._command(which, dice)
                except requests.RequestException as error:
                    self.odd.append(repr(error))

        gevent.joinall([gevent.spawn(work, number) for number in range(WORKERS)])

    def _replace_room(self, which: int, dice: random.Random) -> None:
        at = dice.randrange(len(self.rooms))
        self._note(self.ask(which, "DELETE", f"/conferences/{self.rooms[at]}"))
        self.rooms[at] = self.room(which, f"room-{dice.getrandbits(60)}")

    def _command(self, which: int, dice: random.Random) -> None:
        room = dice.choice(self.rooms)
        session = f"/sessions/{dice.choice(self.sessions)}/commands/conference"
        path, body = dice.choice(
            [
                (f"{session}/join", {"room_id": room}),
                (f"{session}/join", {"room_id": room}),
                (f"{session}/leave", {}),
                (f"{session}/mute", {}),
                (f"{session}/unmute", {}),
                (f"/conferences/{room}/play", {"urls": ["http://127.0.0.1:1/x.wav"]}),
                (f"/conferences/{room}/stop", {}),
                (f"/conferences/{room}/volume", {"volume": 1}),
            ]
        )
        self._note(self.ask(which, "POST", path, body))

    def _note(self, answer: requests.Response) -> None:
        if answer.status_code not in FINE:
            self.odd.append(f"{answer.request.method} {answer.url}: {answer.status_code} {answer.text[:300]}")

    def at_the_switch(self) -> dict[str, dict[str, bool]]:
        """room -> session -> muted, as seats_told tells it."""
        listed = self.switch.api("conference json_list")
        found = {
            room["conference_name"]: {
                f"{NODE}-{member['uuid']}": not member["flags"]["can_speak"]
                for member in room["members"]
                if "uuid" in member
            }
            for room in (orjson.loads(listed) if listed.startswith("[") else [])
        }
        return {room: members for room, members in found.items() if members}

    def settle(self) -> None:
        wait_for(lambda: seats_told(self.sink.events) == self.at_the_switch(), "what was told is what is", 40)
        self.sink.assert_ordered()
        assert self.odd == []


@pytest.fixture
def pair(tmp_path: Path, postgres_url: str) -> Iterator[Pair]:
    pair = Pair(tmp_path, postgres_url)
    yield pair
    pair.close()


def test_two_gateways_share_a_switch_and_a_database(pair: Pair) -> None:
    """contract: "id order is commit order in each lane", "Cooldown groups hold across replicas": one world is told.

    Both are commanded; then the one that listens is killed; then the other stands still, and comes back.
    """
    pair.storm(4, [0, 1], 1)
    pair.settle()
    pair.gateways[0].kill9()
    pair.storm(5, [1], 2)
    pair.settle()
    pair.gateways[0].start()
    os.kill(pair.gateways[1].pid, signal.SIGSTOP)
    pair.storm(5, [0], 3)
    os.kill(pair.gateways[1].pid, signal.SIGCONT)
    pair.storm(3, [0, 1], 4)
    pair.settle()


def test_a_name_is_taken_once_whichever_gateway_is_asked(pair: Pair) -> None:
    """contract: "(app, name) is unique among living rooms"."""
    asked = gevent.joinall(
        [gevent.spawn(pair.ask, n % 2, "POST", "/conferences", {"name": f"same{n // 8}"}) for n in range(32)]
    )
    assert Counter(one.value.status_code for one in asked) == {201: 4, 409: 28}
