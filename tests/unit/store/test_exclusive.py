"""store/exclusive.py: only one `serve` uses an embedded database."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from gateway.errors import ConfigError
from gateway.store.exclusive import ProcessLock, process_lock

HOLDER = """
import sys
from gateway.store.exclusive import ProcessLock
lock = ProcessLock(sys.argv[1])
lock.take()
print("held", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def path(tmp_path: Path) -> str:
    return str(tmp_path / "data" / "gateway.db.lock")


def test_a_second_serve_is_told_who_holds_the_database(path: str) -> None:
    first, second = ProcessLock(path), ProcessLock(path)
    first.take()
    with pytest.raises(ConfigError, match=f"process {os.getpid()}.*already serves"):
        second.take()
    first.release()
    second.take()
    second.release()


def test_kill_9_leaves_nothing_to_clean_up(path: str) -> None:
    """A gateway killed with -9 is simply started again."""
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDER, path], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert holder.stdout is not None
    assert holder.stdin is not None
    with holder, holder.stdout, holder.stdin:
        assert holder.stdout.readline() == "held\n"
        mine = ProcessLock(path)
        with pytest.raises(ConfigError, match=f"process {holder.pid}"):
            mine.take()
        holder.send_signal(signal.SIGKILL)
        holder.wait(timeout=10)
    mine.take()
    mine.release()


def test_postgresql_may_be_shared(tmp_path: Path) -> None:
    assert process_lock("postgresql+psycopg://gateway@127.0.0.1/gateway") is None
    assert process_lock(f"sqlite:///{tmp_path}/gateway.db") is not None
