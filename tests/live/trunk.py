"""The far end of the trunk for live tests: a sipp that answers, is busy, rings, or fails by the number that is dialled.

In: a folder and a port. Out: a carrier there until close().
"""

import subprocess
import time
from pathlib import Path
from types import TracebackType
from typing import Self

SCENARIO = Path(__file__).resolve().parent / "sipp" / "trunk.xml"
STOP_LIMIT_S = 10.0
START_S = 0.3


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
        time.sleep(START_S)
        assert self._process.poll() is None, (self._folder / "trunk.screen").read_text(errors="replace")
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        if self._process is not None:
            self._process.terminate()
            try:
                self._process.wait(STOP_LIMIT_S)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
