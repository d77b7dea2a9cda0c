"""What one app's sounds cost the others: nothing that they would hear."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.flow.house import House, ok
from tests.unit.media.speakers import wav

MANY = 60
ENGINE = """
import os, sys, time
file, text = sys.argv[1:3]
open({log!r}, "a").write(text[:20] + "\\n")
if text.startswith("slow"):
    time.sleep(2)
open(file, "wb").write({wav!r})
"""


@pytest.fixture
def engine_log(tmp_path: Path) -> Path:
    return tmp_path / "rendered"


@pytest.fixture
def house(tmp_path: Path, engine_log: Path) -> Iterator[House]:
    """Texts that begin with `slow` take its one speech engine two seconds each."""
    script = tmp_path / "engine.py"
    script.write_text(ENGINE.format(log=str(engine_log), wav=wav()))
    command = f"python3 {script} {{file}} {{text}}"
    house = House(tmp_path / "data", speech_engine="command", speech_command=command, speech_parallel=1)
    try:
        yield house
    finally:
        house.stop()


def test_an_app_that_speaks_much_leaves_another_its_turn(house: House, engine_log: Path) -> None:
    """speech.py: 120 long texts for one call, all 202 and all rendered; another app's sentence failed behind them."""
    mine, others = house.call(), house.call(house.other)
    for app, session in ((house.app, mine), (house.other, others)):
        ok(app.command(session, "answer"), 202)
        house.sink.wait_for_event("call.answered", session_uuid=session)
    for number in range(MANY):
        ok(house.app.command(mine, "speak", {"text": f"slow {number}"}), 202)
    told = ok(house.other.command(others, "speak", {"text": "hello"}), 202)["operation_id"]
    house.sink.wait_for_event("playback.started", 15.0, operation_id=told)
    assert "hello" in engine_log.read_text().splitlines()
