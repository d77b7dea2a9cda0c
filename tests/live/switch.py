"""A real FreeSWITCH for the live tests, run with freeswitch-conf/ on free ports in a folder of its own.

In: a folder. Out: ports and folders, and `api` to ask the switch behind the gateway's back.
"""

import os
import random
import shutil
import signal
import socket
import subprocess
import time
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self

CONFIGURATION = Path(__file__).resolve().parents[2] / "freeswitch-conf"
PREFIXES = ("/usr/local/freeswitch/bin", "/usr/bin", "/opt/freeswitch/bin")
POLL_S = 0.05
START_LIMIT_S = 60.0
STOP_LIMIT_S = 20.0
ATTEMPTS = 3


def find_freeswitch() -> Path | None:
    """The binary: FREESWITCH_BIN (the file or its folder), PATH, then the usual install prefixes."""
    named = os.environ.get("FREESWITCH_BIN")
    if named:
        path = Path(named)
        path = path / "freeswitch" if path.is_dir() else path
        return path if os.access(path, os.X_OK) else None
    found = shutil.which("freeswitch") or shutil.which("freeswitch", path=os.pathsep.join(PREFIXES))
    return Path(found) if found else None


def why_not_live() -> str:
    """Why tests/live cannot run here; empty when they can. The reason pytest shows for the skip."""
    if find_freeswitch() is None:
        return "no FreeSWITCH: set FREESWITCH_BIN or install one (" + ", ".join(PREFIXES) + " are searched)"
    if shutil.which("sipp") is None:
        return "no sipp: install Debian's sip-tester"
    return ""


def free_ports(count: int) -> list[int]:
    """Ports free for TCP and UDP on loopback; all are held until the last is found, so they differ."""
    ports: list[int] = []
    with ExitStack() as held:
        while len(ports) < count:
            tcp = held.enter_context(socket.socket())
            tcp.bind(("127.0.0.1", 0))
            port: int = tcp.getsockname()[1]
            udp = held.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
            try:
                udp.bind(("127.0.0.1", port))
            except OSError:
                continue
            ports.append(port)
    return ports


class RealSwitch:
    """Started by start() (or `with`), ended by stop(), or by kill() as a power cut would."""

    def __init__(self, folder: Path, rtp_ports: int = 2000, esl_password: str = "live-secret") -> None:
        """`rtp_ports`: each call takes two."""
        self.folder = folder
        self.rtp_ports = rtp_ports
        self.esl_password = esl_password
        self.user_password = "phones-secret"
        self.recordings_dir = folder / "recordings"
        self.sounds_dir = folder / "sounds"
        self.log_dir = folder / "log"
        self.esl_port = self.sip_internal_port = self.sip_external_port = 0
        self.trunk_port = free_ports(1)[0]  # where calls out go to: nobody listens there unless a test does
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self.stop()

    @property
    def pid(self) -> int:
        assert self._process is not None, "the switch is not running"
        return self._process.pid

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def start(self) -> None:
        """Returns when the switch is ready for calls. After stop() or kill() it starts again, same ports."""
        fresh = self.esl_port == 0
        for attempt in range(1, ATTEMPTS + 1):
            if fresh:
                self.esl_port, self.sip_internal_port, self.sip_external_port = free_ports(3)
            self._launch()
            if self._came_up():
                return
            self.kill()
            # A port can be lost between our look and the switch's bind: once more, with others.
            assert fresh and attempt < ATTEMPTS, f"FreeSWITCH did not start:\n{self.log()}"

    def stop(self) -> None:
        """Ends this process, by its id, as an operator would; calls are hung up."""
        if self._process is None:
            return
        self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(STOP_LIMIT_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process = None

    def kill(self) -> None:
        """As a power cut: nobody gets a BYE, recordings stay without a header."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def api(self, command: str, limit_s: float = 10.0) -> str:
        """The reply to one `api` command, on a connection of its own."""
        with socket.create_connection(("127.0.0.1", self.esl_port), timeout=limit_s) as connection:
            connection.sendall(f"auth {self.esl_password}\n\napi {command}\n\n".encode())
            with connection.makefile("rb") as frames:
                while True:
                    headers = _headers(frames)
                    body = frames.read(int(headers.get("Content-Length", "0"))).decode()
                    if headers.get("Content-Type") == "api/response":
                        return body
                    if not headers or "-ERR" in headers.get("Reply-Text", ""):
                        raise ConnectionError(f"the switch refused us: {headers} {body}")

    def log(self) -> str:
        """What the switch said, for the message of a failed assertion."""
        files = [self.folder / "output", self.log_dir / "freeswitch.log"]
        return "\n".join(file.read_text(errors="replace")[-5000:] for file in files if file.exists())

    def _launch(self) -> None:
        binary = find_freeswitch()
        assert binary is not None, why_not_live()
        places = {
            "-log": self.log_dir, "-recordings": self.recordings_dir, "-sounds": self.sounds_dir,
            **{f"-{name}": self.folder / name for name in ("db", "run", "certs", "cache", "storage", "temp")},
        }  # fmt: skip
        for place in places.values():
            place.mkdir(parents=True, exist_ok=True)
        words = [str(word) for pair in places.items() for word in pair]
        words += ["-scripts", str(CONFIGURATION / "scripts")]
        with (self.folder / "output").open("wb") as output:
            # -nf: no fork, so that the process we start is the switch and stop() ends exactly it.
            self._process = subprocess.Popen(
                [str(binary), "-np", "-nonat", "-nc", "-nf", "-conf", str(CONFIGURATION), *words],
                stdin=subprocess.DEVNULL, stdout=output, stderr=output, env=self._environment(),
            )  # fmt: skip

    def _environment(self) -> dict[str, str]:
        first = random.randrange(10_000, 32_000 - self.rtp_ports, 2)  # below the ports of outgoing sockets
        return {
            **os.environ,
            "FS_ESL_PORT": str(self.esl_port), "FS_ESL_PASSWORD": self.esl_password,
            "FS_SIP_IP": "127.0.0.1", "FS_USER_PASSWORD": self.user_password,
            "FS_SIP_INTERNAL_PORT": str(self.sip_internal_port),
            "FS_SIP_EXTERNAL_PORT": str(self.sip_external_port),
            "FS_RTP_START": str(first), "FS_RTP_END": str(first + self.rtp_ports),
            "FS_TRUNK_PROXY": f"127.0.0.1:{self.trunk_port}",
            "FS_RECORDINGS_DIR": str(self.recordings_dir), "FS_SOUNDS_DIR": str(self.sounds_dir),
        }  # fmt: skip

    def _came_up(self) -> bool:
        deadline = time.monotonic() + START_LIMIT_S
        while time.monotonic() < deadline and self.running:
            if self._ready():
                return True
            time.sleep(POLL_S)
        return False

    def _ready(self) -> bool:
        try:
            profiles = self.api("sofia status")
            return profiles.count("RUNNING") == 2 and "is ready" in self.api("status")
        except OSError:
            return False


def _headers(frames: BinaryIO) -> dict[str, str]:
    """One header block; empty when the switch closed the connection."""
    headers: dict[str, str] = {}
    while line := frames.readline().decode().strip():
        name, _, value = line.partition(": ")
        headers[name] = value
    return headers
