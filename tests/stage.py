"""Where the stories of scenarios.py play: a switch with phones, a gateway process, an app that drives it by HTTP.

In: a switch, simulated or real. Out: guests (callers that the app knows), rooms, and what the app was told.
"""

import math
import struct
import wave
from collections.abc import Callable
from dataclasses import dataclass
from io import BytesIO
from itertools import count
from pathlib import Path
from typing import Any, Protocol

import orjson
import requests
from gevent.pywsgi import WSGIServer

from tests.gateway_process import NODE, GatewayProcess, Keys
from tests.sink import Sink
from tests.waiting import wait_for

Json = dict[str, Any]
NUMBER = "+15551230002"
# floor-change comes for a silent, muted first member too, or does not: no story is about it.
BESIDE_THE_POINT = ("conference.floor_changed",)
PATH = "/webhooks"


class Phone(Protocol):
    """One caller. `final_status` is SIP's: 200, or why not."""

    @property
    def ended(self) -> bool: ...

    @property
    def answered(self) -> bool: ...

    @property
    def final_status(self) -> int | None: ...

    def hangup(self) -> None: ...

    def press(self, keys: str) -> None: ...

    def close(self) -> None: ...


class Phones(Protocol):
    def dial(self, to: str, from_number: str, name: str) -> Phone: ...


class Switch(Protocol):
    """`api` asks the switch behind the gateway's back."""

    @property
    def esl_port(self) -> int: ...

    def api(self, command: str) -> str: ...


class Stage:
    """start(), then any number of stories, then stop(), which holds all that was told to be legal."""

    def __init__(self, folder: Path, switch: Switch, password: str, phones: Phones, **settings: object) -> None:
        self.switch = switch
        self.gateway = GatewayProcess(folder / "gateway", switch.esl_port, password, cooldowns=False, **settings)
        self.sink = Sink()
        self.keys = Keys("", "", "")
        self._phones = phones
        self._dialled: list[Phone] = []
        self._heard: dict[str, list[str]] = {}
        self._callers = count(15550000001)
        self._names = count(1)
        self._audio = WSGIServer(("127.0.0.1", 0), _serve_tone, log=None)
        self._http = requests.Session()

    def start(self) -> None:
        self.sink.start()
        self._audio.start()
        self.gateway.start()
        self.keys = self.gateway.add_app("demo", self.sink.url(PATH), NUMBER)
        self.sink.trust(PATH, self.keys.webhook_secret)

    def stop(self) -> None:
        try:
            for phone in self._dialled:
                phone.close()
            self.gateway.terminate()
            self.sink.assert_ordered()
        finally:
            self.gateway.close()
            self._http.close()
            self._audio.stop(timeout=1)
            self.sink.stop()

    def audio(self, seconds: float) -> str:
        """A URL of a tone of this length."""
        return f"http://127.0.0.1:{self._audio.server_port}/{seconds:g}.wav"

    # -- callers and rooms

    def dial(self, to: str = NUMBER, name: str = "", number: str = "") -> tuple[Phone, str]:
        """A phone rings the switch; (phone, its number)."""
        number = number or f"+{next(self._callers)}"
        phone = self._phones.dial(to, number, name)
        self._dialled.append(phone)
        return phone, number

    def guest(self, name: str = "", number: str = "") -> "Guest":
        """A caller of whom the app was told."""
        phone, number = self.dial(name=name, number=number)
        return self.announced(phone, number)

    def announced(self, phone: Phone, number: str, limit_s: float = 20.0) -> "Guest":
        def told() -> list[Json]:
            return [e for e in self.sink.events if e["event"] == "call.created" and e["call"]["from"] == number]

        wait_for(told, f"call.created from {number}; log: {self.gateway.log()[-1500:]}", limit_s)
        assert len(told()) == 1
        return Guest(self, phone, told()[0]["session_uuid"], number)

    def room(self, name: str = "") -> str:
        """A new room's id."""
        return str(self.post("conferences", {"name": name or f"room-{next(self._names)}"}, 201)["room_id"])

    def members(self, room: str) -> dict[str, bool]:
        """As the gateway says: session -> muted."""
        members = self.get(f"conferences/{room}/members?limit=1000")["members"]
        return {member["uuid"]: member["muted"] for member in members}

    def seated(self, room: str) -> dict[str, bool]:
        """As the switch says: session -> muted."""
        return seats(self.switch, room)

    # -- HTTP

    def get(self, path: str, status: int = 200) -> Json:
        return self._ask("GET", path, None, status)

    def post(self, path: str, body: Json | None = None, status: int = 202) -> Json:
        return self._ask("POST", path, body, status)

    def delete(self, path: str, status: int = 200) -> Json:
        return self._ask("DELETE", path, None, status)

    def _ask(self, method: str, path: str, body: Json | None, status: int) -> Json:
        url = f"{self.gateway.url}/api/v1/{path}"
        answer = self._http.request(method, url, json=body, headers=self.keys.headers, timeout=30)
        assert answer.status_code == status, f"{method} {path}: {answer.status_code} {answer.text}"
        result: Json = answer.json()
        return result

    # -- what the app was told

    def told(self, subject: str) -> list[Json]:
        """Of a session or a room, in order."""
        about = (e for e in self.sink.events if subject in (e.get("session_uuid"), e.get("room_id")))
        return [event for event in about if event["event"] not in BESIDE_THE_POINT]

    def hears(self, subject: str, *events: str, limit_s: float = 10.0) -> Json:
        """The app is told exactly these next of a session or a room, in this order; returns the last of them."""
        expected = self._heard.get(subject, []) + list(events)

        def names() -> list[str]:
            return [event["event"] for event in self.told(subject)]

        try:
            wait_for(lambda: names()[: len(expected)] == expected, f"{subject} told {events}", limit_s)
        except AssertionError as error:
            raise AssertionError(f"{error}; told: {names()}\n{self.gateway.log()[-3000:]}") from error
        self._heard[subject] = expected
        return self.told(subject)[len(expected) - 1]

    def heard_all(self, *subjects: str) -> None:
        """Nothing was told of them beside what hears() waited for."""
        for subject in subjects:
            names = [event["event"] for event in self.told(subject)]
            assert names == self._heard.get(subject, []), f"{subject}: {names}"


@dataclass
class Guest:
    """A caller whom the app knows by `id`; `channel` is the switch's name for it."""

    stage: Stage
    phone: Phone
    id: str
    number: str

    @property
    def channel(self) -> str:
        return self.id.removeprefix(f"{NODE}-")

    def command(self, path: str, body: Json | None = None, status: int = 202) -> Json:
        return self.stage.post(f"sessions/{self.id}/commands/{path}", body, status)

    def hears(self, *events: str, limit_s: float = 10.0) -> Json:
        return self.stage.hears(self.id, *events, limit_s=limit_s)

    def answer(self) -> None:
        self.command("answer")
        self.hears("call.answered", "command.result")
        wait_for(lambda: self.phone.answered, "the phone is answered")

    def join(self, room: str) -> Json:
        """The webhook of the join."""
        asked = self.command("conference/join", {"room_id": room})
        assert asked == {"status": "joining", "room_id": room}
        return self.hears("conference.member.joined")

    @property
    def parked(self) -> bool:
        return self.stage.switch.api(f"uuid_getvar {self.channel} current_application").strip() == "park"

    def stays_parked(self) -> None:
        """ "The call is NOT lost": it waits in park, in no room, and the app can still use it."""
        wait_for(lambda: self.parked, f"{self.id} is parked")
        session = self.stage.get(f"sessions/{self.id}")
        assert session["room_id"] is None and session["status"] != "completed", session
        assert not self.phone.ended


def seats(switch: Switch, room: str) -> dict[str, bool]:
    """The members of a room as the switch lists them: session -> muted."""
    return all_seats(switch).get(room, {})


def all_seats(switch: Switch) -> dict[str, dict[str, bool]]:
    reply = switch.api("conference json_list").strip()
    return {
        conference["conference_name"]: {
            f"{NODE}-{member['uuid']}": not member["flags"]["can_speak"]
            for member in conference["members"]
            if "uuid" in member
        }
        for conference in (orjson.loads(reply) if reply.startswith("[") else [])
    }


def _serve_tone(environ: Json, respond: Callable[[str, list[tuple[str, str]]], Any]) -> list[bytes]:
    """/1.5.wav is a tone of 1.5 s; what is not a length is not there."""
    try:
        seconds = float(environ["PATH_INFO"].strip("/").removesuffix(".wav"))
    except ValueError:
        respond("404 Not Found", [("Content-Length", "0")])
        return []
    body = _tone(seconds)
    respond("200 OK", [("Content-Type", "audio/wav"), ("Content-Length", str(len(body)))])
    return [] if environ["REQUEST_METHOD"] == "HEAD" else [body]


def _tone(seconds: float) -> bytes:
    samples = (round(8000 * math.sin(math.tau * 440 * at / 8000)) for at in range(round(8000 * seconds)))
    file = BytesIO()
    with wave.open(file, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(8000)
        sound.writeframes(b"".join(struct.pack("<h", sample) for sample in samples))
    return file.getvalue()
