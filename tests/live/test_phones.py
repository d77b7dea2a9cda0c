"""A phone with a password: it registers with the switch's internal profile and dials in to the app."""

from pathlib import Path

from tests.live.phones import SippPhone
from tests.live.sipp import SippCaller
from tests.live.switch import RealSwitch
from tests.stage import NUMBER, Stage
from tests.waiting import wait_for

USER = "1000"


def _phone(folder: Path, switch: RealSwitch, password: str) -> SippCaller:
    return SippCaller(folder, switch.sip_internal_port, NUMBER, from_number=USER, user=USER, password=password)


def test_a_registered_phone_dials_in_and_joins(stage: Stage, switch: RealSwitch, tmp_path: Path) -> None:
    """Issue 2: "a directory of sample users so that SIP phones register and dial in"."""
    caller = _phone(tmp_path, switch, switch.user_password)
    try:
        assert caller.register() == 200
        guest = stage.announced(SippPhone(caller), USER)
        guest.hears("call.created")
        guest.answer()
        room = stage.room()
        guest.join(room)
        assert stage.members(room) == stage.seated(room) == {guest.id: True}
        guest.phone.hangup()
        guest.hears("conference.member.left", "call.completed")
    finally:
        caller.close()


def test_a_phone_with_a_wrong_password_gets_nowhere(stage: Stage, switch: RealSwitch, tmp_path: Path) -> None:
    """ "calls to the external profile need no registration; internal ones do"."""
    before = len(stage.sink.events)
    caller = _phone(tmp_path, switch, "wrong")
    try:
        assert caller.register() in (401, 403)
        caller.call()
        wait_for(lambda: caller.ended, "the call is refused", 10)
        assert caller.final_status in (401, 403, 407)
        assert stage.sink.events[before:] == []
    finally:
        caller.close()
