"""The simulated switch against the recordings of a real one: ../shared/tools/replay.py says whether each holds."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SHARED = ROOT.parent / "shared"
REPLAY, GOLDEN = SHARED / "tools" / "replay.py", SHARED / "golden"
RECORDINGS = sorted(GOLDEN.glob("*.jsonl")) if REPLAY.exists() else []
SOUNDS_PORT = 9300  # the recordings name it
AT_ONCE = 10  # replays wait far more than they work
LIMIT_S = 300

pytestmark = pytest.mark.skipif(not RECORDINGS, reason=f"{SHARED} is not there: it is no part of a clone")


def length_s(recording: Path) -> float:
    return float(json.loads(recording.read_text().splitlines()[-1])["t"])


def shares(recordings: list[Path]) -> list[list[Path]]:
    """The long ones first, each to whoever has least to do."""
    out: list[list[Path]] = [[] for _ in range(AT_ONCE)]
    for recording in sorted(recordings, key=length_s, reverse=True):
        min(out, key=lambda share: sum(map(length_s, share))).append(recording)
    return [share for share in out if share]


@contextmanager
def simulator() -> Iterator[str]:
    """A switch of its own process; where it listens."""
    command = [sys.executable, "-m", "gateway.simulator", "--listen", "127.0.0.1:0"]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        assert line.startswith("listening on "), f"the simulator said {line!r}"
        yield line.removeprefix("listening on ").strip()
    finally:
        process.kill()
        process.communicate()


@contextmanager
def sounds() -> Iterator[None]:
    """Served here for all: a replay stops serving them when it is through, another still needs them."""
    where = ["--bind", "127.0.0.1", "--directory", str(GOLDEN / "sounds"), str(SOUNDS_PORT)]
    process = subprocess.Popen(
        [sys.executable, "-m", "http.server", *where], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        yield
    finally:
        process.kill()
        process.communicate()


@pytest.fixture(scope="module")
def verdicts() -> dict[str, str]:
    """Recording -> what the replay says of it, with each difference."""
    with ExitStack() as stack:
        stack.enter_context(sounds())
        replays = []
        for share in shares(RECORDINGS):
            address = stack.enter_context(simulator())
            command = [sys.executable, str(REPLAY), "--esl", address, "-v", *map(str, share)]
            replays.append(subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True))
        said = "".join(replay.communicate(timeout=LIMIT_S)[0] for replay in replays)
    out: dict[str, str] = {}
    name = ""
    for line in said.splitlines():
        if not line.startswith(" "):
            name = line.partition(":")[0]
        out[name] = f"{out.get(name, '')}{line}\n"
    return out


@pytest.mark.parametrize("recording", [recording.stem for recording in RECORDINGS])
def test_recording_holds(recording: str, verdicts: dict[str, str]) -> None:
    assert verdicts.get(recording, "the replay did not come to it") == f"{recording}: holds\n"
