"""kill -9 of the gateway in a storm of joins and mutes, beside a real FreeSWITCH with SIP callers.

Issue 2: "`kill -9` of the gateway in the middle of a storm of joins and mutes, fifty times, restarted each time: state
equals the switch's, every committed row arrives under its one id, every chain is legal". STORM_KILLS=50 for all fifty.
"""

import os
from pathlib import Path

from tests.live.crowd import SippCrowd
from tests.live.phones import SippPhones
from tests.live.switch import RealSwitch
from tests.stage import Stage
from tests.storm import Storm

KILLS = int(os.environ.get("STORM_KILLS", "12"))
CALLERS = 30
INBOUND_WAIT_S = 8  # short enough that a timer left running ends its call before the storm is over


def test_nothing_committed_is_lost_and_the_state_is_the_switchs(tmp_path: Path) -> None:
    """ "A gateway killed with -9 in a busy room and started again ends with exactly the switch's state"."""
    with RealSwitch(tmp_path / "switch") as switch:
        stage = Stage(
            tmp_path, switch, switch.esl_password, SippPhones(switch, tmp_path), inbound_wait_s=INBOUND_WAIT_S
        )
        crowd = SippCrowd(switch, tmp_path, CALLERS)
        try:
            stage.start()
            print(Storm(stage, crowd).run(KILLS))
        finally:
            crowd.close()
            stage.stop()
