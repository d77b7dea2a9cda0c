"""The far end of the trunk for live tests: a sipp that answers, is busy, rings, or fails by the number that is dialled.

In: a folder and a port. Out: a carrier there until close().
"""

import subprocess
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.waiting import wait_for

SCENARIO = Path(__file__).resolve().parent / "sipp" / "trunk.xml"
STOP_LIMIT_S = 10.0
START_LIMIT_S = 5.0


class Trunk:
    def __init__(self, folder: Path, port: int) -> None:
        self._folder, self._port = folder, port
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        command = [
            "sipp", "-sf", str(SCENARIO), "-i", "127.0.0.1", "-p", str(self._port), "-nostdin", "-trace_err",
            "-error_file", str(self._folder / "trunk.errors"),
        ]  # fmt: skip
        with (self._folder / "trunk.screen").open("wb") as screen:
            self._process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=screen, stderr=screen)
        wait_for(self._is_there, "the carrier listens", START_LIMIT_S)
        return self

    def _is_there(self) -> bool:
        assert self._process is not None
        assert self._process.poll() is None, (self._folder / "trunk.screen").read_text(errors="replace")
        # Asked of the kernel: a datagram would be a call, and a socket of ours at that port could be in its way.
        return any(f":{self._port:04X} " in line for line in Path("/proc/net/udp").read_text().splitlines())

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        if self._process is not None:
            self._process.terminate()
            try:
                self._process.wait(STOP_LIMIT_S)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
