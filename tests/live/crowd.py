"""Many SIP callers of one sipp process. In: a running switch. Out: always `callers` calls there, until rest()."""

import signal
import socket
import subprocess
from pathlib import Path

from tests.live.switch import RealSwitch, free_ports
from tests.stage import NUMBER

SCENARIO = Path(__file__).resolve().parent / "sipp" / "crowd.xml"
STOP_LIMIT_S = 10.0


class SippCrowd:
    """Who ends calls again; rest() lets nobody call anew, close() ends the process whatever it does."""

    def __init__(self, switch: RealSwitch, folder: Path, callers: int, calls_per_s: int = 50) -> None:
        self._switch, self._folder = switch, folder
        self._callers, self._calls_per_s = callers, calls_per_s
        self._process: subprocess.Popen[bytes] | None = None
        # What the switch sends is never read: the port only has to be there.
        self._sound = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._sound.bind(("127.0.0.1", 0))

    def start(self) -> None:
        command = [
            "sipp", f"127.0.0.1:{self._switch.sip_external_port}", "-sf", str(SCENARIO), "-nostdin",
            "-i", "127.0.0.1", "-p", str(free_ports(1)[0]), "-l", str(self._callers), "-r", str(self._calls_per_s),
            "-m", "1000000", "-key", "to", NUMBER, "-key", "rtp_port", str(self._sound.getsockname()[1]),
            "-trace_err", "-error_file", str(self._folder / "crowd.errors"),
        ]  # fmt: skip
        with (self._folder / "crowd.screen").open("wb") as screen:
            self._process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=screen, stderr=screen)

    def rest(self) -> None:
        """SIGUSR1: sipp makes no new calls and ends when the last is over."""
        assert self._process is not None and self._process.poll() is None, self.errors()
        self._process.send_signal(signal.SIGUSR1)

    def close(self) -> None:
        if self._process is not None and self._process.poll() is None:
            self._process.kill()
            self._process.wait(STOP_LIMIT_S)
        self._sound.close()

    def errors(self) -> str:
        files = [self._folder / "crowd.errors", self._folder / "crowd.screen"]
        return "\n".join(file.read_text(errors="replace")[-3000:] for file in files if file.exists())
