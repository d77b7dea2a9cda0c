"""Programs run beside the event loop. In: an argument list, a time limit. Out: exit code and output; never a shell.

A program that overruns is killed with all it started. It sees none of the gateway's settings.
"""

import os
import signal
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryFile

from gevent import subprocess

_TAIL_BYTES = 500
_KILL_WAIT_S = 5.0


@dataclass(frozen=True)
class Finished:
    code: int
    output: bytes
    complaint: str  # the end of what it wrote to standard error, one line


def run(argv: Sequence[str], timeout_s: float, directory: Path, given: bytes = b"") -> Finished:
    """`given` is its standard input. TimeoutError when it had to be killed, OSError when it cannot be started."""
    with TemporaryFile() as stdin, TemporaryFile() as stdout, TemporaryFile() as stderr:
        stdin.write(given)
        stdin.seek(0)
        process = subprocess.Popen(
            list(argv),
            stdin=stdin,
            stdout=stdout,
            stderr=stderr,
            cwd=directory,
            env=_environment(),
            start_new_session=True,
        )
        try:
            code = int(process.wait(timeout_s))
        except subprocess.TimeoutExpired:
            raise TimeoutError(f"not done after {timeout_s:g} s") from None
        finally:
            # Also when the waiting greenlet itself is killed.
            if process.poll() is None:
                _kill(process)
        stdout.seek(0)
        return Finished(code, stdout.read(), _tail(stderr.fileno()))


def _kill(process: subprocess.Popen) -> None:
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        return
    process.wait(_KILL_WAIT_S)


def _environment() -> dict[str, str]:
    """Keys and passwords stay here."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("GATEWAY_")}
    return {"LC_ALL": "C.UTF-8", **kept}


def _tail(descriptor: int) -> str:
    size = os.fstat(descriptor).st_size
    text = os.pread(descriptor, _TAIL_BYTES, max(0, size - _TAIL_BYTES)).decode("utf-8", "replace")
    return " ".join("".join(char if char.isprintable() else " " for char in text).split())
