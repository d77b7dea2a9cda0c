"""FreeSWITCH itself goes away with calls in rooms, and comes back: what the app is told, and that rooms live on."""

from collections.abc import Callable

import pytest

from tests.live.switch import RealSwitch
from tests.scenarios import CREATED, ENDED, JOINED, LEFT, STARTED, seated_guest
from tests.stage import Stage
from tests.waiting import wait_for

BACK_LIMIT_S = 30.0  # the switch starts, the gateway's backoff is at most 5 s, then it reconciles


def _cut_the_power(switch: RealSwitch) -> None:
    switch.kill()


def _shut_down(switch: RealSwitch) -> None:
    switch.api("shutdown now")
    wait_for(lambda: not switch.running, "the switch has shut down", BACK_LIMIT_S)
    switch.stop()


@pytest.mark.parametrize(
    ("end", "reasons"), [(_cut_the_power, {"orphan"}), (_shut_down, {"orphan", "hangup"})], ids=["kill -9", "shutdown"]
)
def test_calls_end_members_leave_and_rooms_live_on(
    stage: Stage, switch: RealSwitch, end: Callable[[RealSwitch], None], reasons: set[str]
) -> None:
    """Contract: "`orphan` (found gone after a gap)"; "A room made by POST lives until DELETE"."""
    room, other = stage.room(), stage.room()
    guests = [seated_guest(stage, room), seated_guest(stage, room), seated_guest(stage, other)]
    parked = stage.guest()
    parked.hears("call.created")
    stage.hears(room, CREATED, STARTED, JOINED, JOINED)
    end(switch)
    switch.start()
    for guest in guests:
        assert guest.hears(LEFT, limit_s=BACK_LIMIT_S)["data"]["reason"] in reasons
    for guest in [*guests, parked]:
        guest.hears("call.completed", limit_s=BACK_LIMIT_S)
        assert stage.get(f"sessions/{guest.id}")["status"] == "completed"
    stage.hears(room, LEFT, LEFT, ENDED)
    assert stage.members(room) == stage.members(other) == {}
    newcomer = seated_guest(stage, room)
    stage.hears(room, STARTED, JOINED)
    assert stage.members(room) == stage.seated(room) == {newcomer.id: True}
    stage.heard_all(room, newcomer.id, *(guest.id for guest in guests))
