"""Helpers of the bench are processes of their own, asked by lines on stdin. In: a module. Out: JSON objects."""

import os
import subprocess
import sys
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import gevent
import orjson

_TICKS = os.sysconf("SC_CLK_TCK")


class Helper:
    """`python -m bench.MODULE WORDS…`: its first line says how to reach it, each `ask` is answered by one more."""

    def __init__(self, module: str, *words: object) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", f"bench.{module}", *map(str, words)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        self.greeting = self._read()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self.close()

    @property
    def pid(self) -> int:
        return self._process.pid

    def ask(self, **question: Any) -> Any:
        assert self._process.stdin
        self._process.stdin.write(orjson.dumps(question) + b"\n")
        self._process.stdin.flush()
        return self._read()

    def close(self) -> None:
        """It ends when its stdin does."""
        assert self._process.stdin and self._process.stdout
        self._process.stdin.close()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process.stdout.close()

    def _read(self) -> Any:
        assert self._process.stdout
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"{self._process.args!r} ended by itself")
        return orjson.loads(line)


def answer(body: object) -> None:
    """What a helper prints: one line."""
    sys.stdout.buffer.write(orjson.dumps(body) + b"\n")
    sys.stdout.buffer.flush()


def cpu_s(pid: int) -> float:
    """Seconds of CPU that a process has used so far: less moved by what others do on the machine than wall time."""
    words = Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()
    return (int(words[11]) + int(words[12])) / _TICKS


def memory_mib(pid: int) -> dict[str, float]:
    """VmRSS now and VmHWM, the most so far."""
    found = {}
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        name, _, value = line.partition(":")
        if name in ("VmRSS", "VmHWM"):
            found[name] = int(value.split()[0]) / 1024
    return found


def serve_until_closed() -> None:
    """For helpers on gevent: others run meanwhile, which a plain read of stdin would not let them."""
    gevent.get_hub().threadpool.apply(sys.stdin.buffer.read)
