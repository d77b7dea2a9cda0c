"""Real SIP callers for the live tests: sipp speaks SIP, the caller's sound comes and goes through our own port.

In: where to dial, as whom. Out: what the wire showed (answered, final_status, ...), read from sipp's message log.
"""

import os
import re
import socket
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.live.sipp_sound import Packet, Sound, key_packets, tone_packets
from tests.live.switch import free_ports

SCENARIOS = Path(__file__).resolve().parent / "sipp"
POLL_S = 0.02
STOP_LIMIT_S = 10.0

_PHONE_PART = re.compile(r"^  <!-- phone begins.*?<!-- phone ends -->\n", re.MULTILINE | re.DOTALL)
_MESSAGE = re.compile(r"^-{40,}.*?\n\w+ message (sent|received) [^\n]*\n\n", re.MULTILINE)


class SippCaller:
    """One caller. call() dials; it stays until hangup(), or until the far end hangs up; close() at the end.

    `name` is the display name, put on the wire letter by letter. A phone gives `user` and `password`.
    """

    def __init__(
        self, folder: Path, port: int, to: str, from_number: str = "+15550001", name: str = "",
        user: str = "", password: str = "",
    ) -> None:  # fmt: skip
        self.to, self.from_number, self.name = to, from_number, name
        self._folder, self._port = folder, port
        self._login = ["-au", user, "-ap", password] if user else []
        self._user = user
        self._sip_port = free_ports(1)[0]
        self._id = f"{os.getpid()}-{self._sip_port}-{time.monotonic_ns()}@127.0.0.1"
        self._process: subprocess.Popen[bytes] | None = None
        self.sound = Sound()

    def __enter__(self) -> Self:
        self.call()
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self.close()

    def register(self, limit_s: float = 10.0) -> int:
        """As a phone does, with user and password; the final SIP status. Calls come to call()'s port."""
        name = f"register-{self._sip_port}"
        process = self._sipp("register.xml", name, {"user": self._user})
        process.wait(limit_s)
        return _final(_messages(self._folder / f"{name}.log"), "REGISTER") or 0

    def call(self) -> None:
        shown = f'"{self.name}" ' if self.name else ""
        words = {"to": self.to, "from": self.from_number, "name": shown, "rtp_port": str(self.sound.port)}
        self._process = self._sipp("call.xml", f"call-{self._sip_port}", words)

    def hangup(self) -> None:
        """BYE in a call, CANCEL before the answer; returns when the call is over."""
        self._steer()
        self.wait(lambda: self.ended, "the call ended after hangup", STOP_LIMIT_S, again=self._steer)

    def close(self) -> None:
        """Nothing of this caller stays: neither the call, nor its process, nor its port."""
        if not self.ended:
            self._steer()
        if self._process is not None:
            try:
                self._process.wait(STOP_LIMIT_S)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        self.sound.close()

    def wait(
        self, condition: Callable[[], object], why: str, limit_s: float = 10.0,
        again: Callable[[], None] | None = None,
    ) -> None:  # fmt: skip
        """Until `condition()`; AssertionError with `why` and what was on the wire. `again` is done each second."""
        start = time.monotonic()
        seconds = 1
        while not condition():
            waited = time.monotonic() - start
            assert waited < limit_s, f"after {limit_s:g} s still not: {why}\n{self.wire()}"
            if again and waited > seconds:
                seconds += 1
                again()
            time.sleep(POLL_S)

    @property
    def statuses(self) -> list[int]:
        """Every SIP status that our INVITE got, in order: [100, 180, 200]."""
        return [status for text in self._received() if (status := _status_for(text, "INVITE"))]

    @property
    def final_status(self) -> int | None:
        """200, or the reason why not: 404 for UNALLOCATED_NUMBER, 503 when no gateway took the call."""
        return _final(self._messages(), "INVITE")

    @property
    def answered(self) -> bool:
        return self.final_status == 200

    @property
    def hung_up(self) -> bool:
        """The far end said BYE."""
        return any(text.startswith("BYE ") for text in self._received())

    @property
    def ended(self) -> bool:
        """Over, whoever ended it: sipp leaves when its one call is done."""
        return self._process is not None and self._process.poll() is not None

    def play_tone(self, seconds: float) -> None:
        """Speaks (1 kHz) for so long; returns at once."""
        self.play(tone_packets(seconds))

    def send_keys(self, keys: str, key_ms: int = 160, gap_ms: int = 100) -> None:
        """Presses keys as a phone does (RFC 2833), one after the other; returns at once."""
        self.play(key_packets(keys, key_ms, gap_ms))

    def play(self, packets: list[Packet]) -> None:
        """One after the other, behind what is being said; returns at once."""
        self.sound.play(self._media_address(), packets)

    def wire(self) -> str:
        """All that was sent and received."""
        return "\n".join(f"--- {direction}\n{text}" for direction, text in self._messages())

    def _messages(self) -> list[tuple[str, str]]:
        return _messages(self._folder / f"call-{self._sip_port}.log")

    def _received(self) -> list[str]:
        return [text for direction, text in self._messages() if direction == "received"]

    def _media_address(self) -> tuple[str, int]:
        for text in reversed(self._received()):
            media = re.search(r"^m=audio (\d+) ", text, re.MULTILINE)
            host = re.search(r"^c=IN IP4 (\S+)", text, re.MULTILINE)
            if media and host:
                return host[1], int(media[1])
        raise AssertionError(f"no media yet: the call is not answered\n{self.wire()}")

    def _steer(self) -> None:
        """The INFO that the scenario takes for "hang up now"."""
        text = (
            "INFO sip:test@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:9;branch=z9hG4bKtest\r\n"
            "From: <sip:test@127.0.0.1>;tag=test\r\nTo: <sip:caller@127.0.0.1>\r\n"
            f"Call-ID: {self._id}\r\nCSeq: 1 INFO\r\nContent-Length: 0\r\n\r\n"
        )
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
            sender.sendto(text.encode(), ("127.0.0.1", self._sip_port))

    def _scenario(self, name: str) -> Path:
        """The file for sipp: a trunk's caller has no password, so that part goes."""
        text = (SCENARIOS / name).read_text()
        path = self._folder / f"{self._sip_port}-{name}"
        path.write_text(text if self._user else _PHONE_PART.sub("", text))
        return path

    def _sipp(self, scenario: str, name: str, words: dict[str, str]) -> subprocess.Popen[bytes]:
        keys = [part for key, value in words.items() for part in ("-key", key, value)]
        command = [
            "sipp", f"127.0.0.1:{self._port}", "-sf", str(self._scenario(scenario)), "-m", "1", "-nostdin",
            "-i", "127.0.0.1", "-p", str(self._sip_port), "-cid_str", self._id, *self._login, *keys,
            "-trace_msg", "-message_file", str(self._folder / f"{name}.log"),
            "-trace_err", "-error_file", str(self._folder / f"{name}.errors"),
        ]  # fmt: skip
        with (self._folder / f"{name}.screen").open("wb") as screen:
            return subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=screen, stderr=screen)


def _messages(log: Path) -> list[tuple[str, str]]:
    """sipp's message log: (sent or received, text) in order."""
    if not log.exists():
        return []
    parts = _MESSAGE.split(log.read_text(errors="replace").replace("\r\n", "\n"))
    return list(zip(parts[1::2], parts[2::2], strict=True))


def _status_for(text: str, method: str) -> int | None:
    """The status of a response to `method`, None for anything else."""
    status = re.match(r"SIP/2\.0 (\d{3}) ", text)
    answers = re.search(rf"^CSeq: \d+ {method}\s*$", text, re.MULTILINE)
    return int(status[1]) if status and answers else None


def _final(messages: list[tuple[str, str]], method: str) -> int | None:
    """The last final status; the demand for a password (401, 407) counts when nothing came after it."""
    statuses = [_status_for(text, method) for direction, text in messages if direction == "received"]
    final = [status for status in statuses if status is not None and status >= 200]
    return final[-1] if final else None
