"""Calls that we make, on a real FreeSWITCH: to registered phones, and what the stories of calls_out.py leave open."""

from pathlib import Path

from tests.calls_out import RESULT, answering, called, hung_up
from tests.live.sipp import SippCaller
from tests.live.switch import RealSwitch
from tests.stage import NUMBER, Stage
from tests.waiting import wait_for


def test_a_phone_that_is_not_registered(stage: Stage) -> None:
    """No channel is ever there whose end could be told: the job tells it."""
    for name, cause in (("1000", "USER_NOT_REGISTERED"), ("nobody", "SUBSCRIBER_ABSENT")):
        session = called(stage, f"user:{name}")["session_uuid"]
        failed = stage.hears(session, "call.created", "call.failed")
        assert (failed["data"]["error"]["code"], failed["data"]["hangup_cause"]) == ("unreachable", cause)
        assert stage.get(f"sessions/{session}")["status"] == "failed"


def test_a_registered_phone_is_called(stage: Stage, switch: RealSwitch, tmp_path: Path) -> None:
    """ "registered users via `user/NAME@domain` of the internal profile": here it has no ringer, so it fails late."""
    phone = SippCaller(tmp_path, switch.sip_internal_port, "1001", user="1001", password=switch.user_password)
    try:
        assert phone.register() == 200
        session = called(stage, "user:1001", ring_timeout_s=2)["session_uuid"]
        told = stage.hears(session, "call.created", "call.failed")["data"]
        assert told["hangup_cause"] not in ("USER_NOT_REGISTERED", "SUBSCRIBER_ABSENT"), "the phone was dialled"
    finally:
        phone.close()


def test_the_number_that_is_shown(stage: Stage, switch: RealSwitch) -> None:
    """ "caller_id must be a number the app owns": and it is the one that the far end sees."""
    session = called(stage, answering())["session_uuid"]
    stage.hears(session, "call.created", "call.ringing", "call.answered")
    assert switch.api(f"uuid_getvar {session[6:]} sip_from_user").strip() == NUMBER
    hung_up(stage, session)


def test_the_switch_dies_while_calls_are_dialled(stage: Stage, switch: RealSwitch) -> None:
    """A call whose switch is gone ends in a truth, too."""
    ringing = called(stage, "+15550000480")["session_uuid"]
    stage.hears(ringing, "call.created", "call.ringing")
    guest = stage.guest()
    guest.hears("call.created")
    guest.answer()
    leg = guest.command("transfer", {"to": "+15550000480"})["session_uuid"]
    stage.hears(leg, "call.created", "call.ringing")
    switch.kill()
    switch.start()
    for session in (ringing, leg):
        told = stage.hears(session, "call.failed", limit_s=30)["data"]
        assert (told["hangup_cause"], told["error"]["code"]) == ("lost", "unreachable")
    wait_for(lambda: stage.told(guest.id)[-1]["event"] == "call.completed", "the caller's call is over", 30)
    assert stage.told(guest.id)[-2]["event"] == RESULT
