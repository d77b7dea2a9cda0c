"""The storm: an app drives many calls as fast as it can while its gateway is killed, again and again.

In: a stage, a crowd of callers. Out: figures; AssertionError where the gateway's state, what it told, or what it
owed is not right at the end.
"""

import random
import time
from collections import Counter
from typing import Any, Protocol

import gevent
import orjson
import requests

from tests.chains import chain_faults, seats_told
from tests.gateway_process import NODE
from tests.ledger import Ledger
from tests.stage import PATH, Stage, all_seats
from tests.waiting import wait_for

Json = dict[str, Any]
ROOMS = 5
WORKERS = 8
SETTLE_LIMIT_S = 90.0  # a webhook refused twice comes again after 30 s
COMMANDS = {"join": 40, "unmute": 20, "mute": 16, "leave": 12, "answer": 7, "hangup": 3, "delete": 1, "play": 1}


class Crowd(Protocol):
    """Callers who call again when their call has ended, until rest()."""

    def start(self) -> None: ...

    def rest(self) -> None: ...


class Storm:
    """run() kills the gateway `kills` times. `dice` makes the choices: two runs differ by timing all the same."""

    def __init__(self, stage: Stage, crowd: Crowd, seed: int = 0) -> None:
        self.stage = stage
        self.crowd = crowd
        self.dice = random.Random(seed)
        self.ledger = Ledger(stage.gateway.database)
        self.answers: Counter[str] = Counter()
        self.meanwhile: Counter[str] = Counter()
        self.settled_after_s = 0.0
        self._rooms: list[str] = []
        self._alive: list[str] = []
        self._read = 0
        self._touched: set[str] = set()
        self._over = False

    def run(self, kills: int) -> str:
        """The figures."""
        started_at = time.monotonic()
        self.crowd.start()
        wait_for(self._known, "callers are announced", 30)
        workers = [gevent.spawn(self._work) for _ in range(WORKERS)]
        try:
            for _ in range(kills):
                self._round()
                assert not any(worker.ready() for worker in workers), "a worker of the storm failed"
        finally:
            self._over = True
            gevent.joinall(workers, timeout=30)
        self.crowd.rest()
        self._settle()
        self.stage.gateway.terminate()
        self._judge()
        return self._figures(kills, time.monotonic() - started_at)

    def _round(self) -> None:
        self._make_rooms()
        if self.dice.random() < 0.2:  # a row that waits for its second attempt outlives the kill, too
            self.stage.sink.answer(503, times=1, path=PATH)
        gevent.sleep(self.dice.uniform(0.1, 1.5))  # anywhere in the storm
        self.stage.gateway.kill9()
        self.ledger.note()
        for _ in range(self.dice.randint(2, 8)):
            self._do_at_the_switch()
        self.stage.gateway.start()

    # -- the app

    def _work(self) -> None:
        with requests.Session() as http:
            http.headers.update(self.stage.keys.headers)
            while not self._over:
                try:
                    self._command(http)
                except requests.RequestException:
                    self.answers["no answer"] += 1
                    gevent.sleep(0.02)

    def _command(self, http: requests.Session) -> None:
        what = self.dice.choices(list(COMMANDS), list(COMMANDS.values()))[0]
        room = self.dice.choice(self._rooms) if self._rooms else ""
        if not (room and self._known()):
            gevent.sleep(0.02)
            return
        session = self.dice.choice(self._alive)
        base = f"{self.stage.gateway.url}/api/v1"
        if what == "delete":
            answer = http.delete(f"{base}/conferences/{room}", timeout=10)
            self._rooms = [other for other in self._rooms if other != room]
            self._add_room(http)
        elif what == "play":
            body = {"urls": [self.stage.audio(0.5), self.stage.audio(2)]}
            answer = http.post(f"{base}/conferences/{room}/play", json=body, timeout=10)
        elif what in ("answer", "hangup"):
            answer = http.post(f"{base}/sessions/{session}/commands/{what}", timeout=10)
        else:
            asked = {"room_id": room} if what == "join" else None
            answer = http.post(f"{base}/sessions/{session}/commands/conference/{what}", json=asked, timeout=10)
        self.answers[f"{what} {answer.status_code}"] += 1
        if answer.status_code == 202 and what in ("join", "answer"):
            self._touched.add(session)
        assert answer.status_code in (200, 202, 404, 409, 503, 504), answer.text

    def _known(self) -> list[str]:
        """The calls that the app was told of and that have not ended."""
        accepted = self.stage.sink.accepted
        while self._read < len(accepted):
            event = accepted[self._read].event
            self._read += 1
            if event["event"] == "call.created":
                self._alive.append(event["session_uuid"])
            elif event["event"] == "call.completed" and event["session_uuid"] in self._alive:
                self._alive.remove(event["session_uuid"])
        return self._alive

    def _make_rooms(self) -> None:
        with requests.Session() as http:
            http.headers.update(self.stage.keys.headers)
            self._rooms = [room["room_id"] for room in self._listed("conferences")]
            while len(self._rooms) < ROOMS:
                self._add_room(http)

    def _add_room(self, http: requests.Session) -> None:
        name = f"storm-{self.dice.getrandbits(64):x}"
        answer = http.post(f"{self.stage.gateway.url}/api/v1/conferences", json={"name": name}, timeout=10)
        if answer.status_code == 201:  # 503 until the switch is connected
            self._rooms.append(answer.json()["room_id"])

    # -- the switch, by itself

    def _do_at_the_switch(self) -> None:
        """Members hang up, press *6, are kicked, put out, or put into a room, and nobody tells the gateway."""
        seats = [(room, who) for room, members in all_seats(self.stage.switch).items() for who in members]
        if not seats:
            return
        (room, session), (other, _) = self.dice.choice(seats), self.dice.choice(seats)
        channel = session.removeprefix(f"{NODE}-")
        deeds = {
            "hangup": f"uuid_kill {channel}",
            "keys": f"uuid_recv_dtmf {channel} *6",
            "park": f"uuid_transfer {channel} 'park:' inline",
            "kick all": f"conference {room} kick all",
            "mute all": f"conference {room} mute all",
            "unmute all": f"conference {room} unmute all",
            "move": f"uuid_transfer {channel} 'conference:{other}@gateway+flags{{mute}},park:' inline",
        }
        name = self.dice.choices(list(deeds), [6, 6, 4, 1, 1, 1, 3])[0]
        self.stage.switch.api(deeds[name])
        self.meanwhile[name] += 1

    # -- the end

    def _settle(self) -> None:
        """Until the gateway's state is the switch's, and nothing is owed."""
        started_at = time.monotonic()
        try:
            wait_for(self._is_settled, "settled", SETTLE_LIMIT_S)
        except AssertionError as error:
            told = {who: self._chain(who) for who in self._differing()}
            raise AssertionError(f"{self._differences()}\nowed: {self.ledger.pending()}\n{told}") from error
        self.settled_after_s = time.monotonic() - started_at

    def _is_settled(self) -> bool:
        """What was told ends in the switch's state, too."""
        if self._differences() or self.ledger.pending():
            return False
        there = {room: members for room, members in all_seats(self.stage.switch).items() if members}
        return there == seats_told(received.event for received in self.stage.sink.accepted)

    def _differences(self) -> list[str]:
        return [f"{who}: the switch {there}, the gateway {here}" for who, there, here in self._compared()]

    def _differing(self) -> list[str]:
        return [who for who, _, _ in self._compared()]

    def _compared(self) -> list[tuple[str, object, object]]:
        """(subject, as the switch has it, as the gateway has it) where the two differ."""
        seats = all_seats(self.stage.switch)
        reply = orjson.loads(self.stage.switch.api("show channels as json"))
        states = {"RINGING": "ringing", "EARLY": "ringing", "ACTIVE": "in-progress"}
        calls = {
            f"{NODE}-{row['uuid']}": states.get(row["callstate"], row["callstate"]) for row in reply.get("rows", [])
        }
        where = {who: room for room, members in seats.items() for who in members}
        there: dict[str, object] = {who: (state, where.get(who)) for who, state in calls.items()}
        there |= {room: members for room, members in seats.items() if members}
        sessions = [s for s in self._listed("sessions") if s["status"] != "completed"]
        here: dict[str, object] = {s["uuid"]: (s["status"], s["room_id"]) for s in sessions}
        for room in self._listed("conferences"):
            members = self.stage.members(room["room_id"])
            if members or room["members"]:
                here[room["room_id"]] = members if len(members) == room["members"] else (room["members"], members)
        names = sorted(there.keys() | here.keys())
        return [(name, there.get(name), here.get(name)) for name in names if there.get(name) != here.get(name)]

    def _listed(self, what: str) -> list[Json]:
        found: list[Json] = []
        cursor = ""
        while True:
            page = self.stage.get(f"{what}?limit=200&cursor={cursor}")
            found += page[what]
            cursor = page["cursor"]
            if not cursor:
                return found

    def _chain(self, subject: str) -> list[str]:
        return [event["event"] for event in self.stage.told(subject)][-12:]

    def _judge(self) -> None:
        self.ledger.note()
        faults = self.ledger.compared(self.stage.sink)
        faults += chain_faults(received.event for received in self.stage.sink.accepted)
        faults += [f"{who} was wanted, and yet the timer for unwanted calls ended it" for who in self._timed_out()]
        assert not faults, "\n".join(faults[:40])

    def _timed_out(self) -> list[str]:
        ended = (received.event for received in self.stage.sink.accepted if received.event["event"] == "call.completed")
        unwanted = {event["session_uuid"] for event in ended if event["data"]["hangup_cause"] == "NO_USER_RESPONSE"}
        return sorted(unwanted & self._touched)

    def _figures(self, kills: int, took_s: float) -> str:
        sink = self.stage.sink
        taken = sum(count for answer, count in self.answers.items() if answer.endswith((" 202", " 200")))
        return (
            f"{kills} kills in {took_s:.0f} s: {taken} commands taken of {sum(self.answers.values())}, "
            f"{len(sink.accepted)} events in {len(sink.received)} attempts, owed at the kills {sum(self.ledger.owed)}, "
            f"settled after {self.settled_after_s:.1f} s; {dict(self.answers)}; at the switch {dict(self.meanwhile)}"
        )
