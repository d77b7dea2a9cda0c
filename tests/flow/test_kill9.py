"""kill -9 of the gateway in a storm of joins and mutes, beside the simulated switch.

Issue 2: "`kill -9` of the gateway in the middle of a storm of joins and mutes, fifty times, restarted each time: state
equals the switch's, every committed row arrives under its one id, every chain is legal". STORM_KILLS=50 for all fifty.
"""

import os
from itertools import count
from pathlib import Path

import gevent
import orjson

from tests.simulator_process import PASSWORD, SimulatedPhones, SimulatorProcess
from tests.stage import NUMBER, Stage
from tests.storm import Storm

KILLS = int(os.environ.get("STORM_KILLS", "8"))
CALLERS = 30
INBOUND_WAIT_S = 8  # short enough that a timer left running ends its call before the storm is over


class SimulatedCrowd:
    """Keeps CALLERS calls in the simulated switch."""

    def __init__(self, switch: SimulatorProcess) -> None:
        self._switch = switch
        self._numbers = count(15552000001)
        self._calling: gevent.Greenlet | None = None

    def start(self) -> None:
        self._calling = gevent.spawn(self._call)

    def rest(self) -> None:
        if self._calling is not None:
            self._calling.kill()

    def _call(self) -> None:
        while True:
            there = orjson.loads(self._switch.api("show channels as json"))["row_count"]
            for _ in range(CALLERS - there):
                self._switch.api(f"simulator call +{next(self._numbers)} {NUMBER}")
            gevent.sleep(0.1)


def test_nothing_committed_is_lost_and_the_state_is_the_switchs(tmp_path: Path) -> None:
    """ "A gateway killed with -9 in a busy room and started again ends with exactly the switch's state"."""
    with SimulatorProcess(tmp_path / "switch") as switch:
        stage = Stage(tmp_path, switch, PASSWORD, SimulatedPhones(switch), inbound_wait_s=INBOUND_WAIT_S)
        crowd = SimulatedCrowd(switch)
        try:
            stage.start()
            print(Storm(stage, crowd).run(KILLS))
        finally:
            crowd.rest()
            stage.stop()
