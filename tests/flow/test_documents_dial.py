"""<Dial>, and MiniVoice's transfer and bridge: who is rung, what the action URL is told, what a restart leaves."""

from typing import Any

import pytest

from tests.flow.house import Client, channel, ok
from tests.flow.led import CALLER, LedHouse, xml
from tests.waiting import wait_for

TO = "+15550002222"
Json = dict[str, Any]


def dialled(led: LedHouse, *targets: str, more: str = "", then: str = "<Wait length='60'/>") -> tuple[Client, str, str]:
    """A caller whose document dials these: the app, the session, the action's path."""
    app = led.house.new_app()
    path = f"/after/{app.number}"
    action = led.page(app, path, xml(then))
    numbers = "".join(f"<Number>{to}</Number>" if to[0] != "s" else f"<User>{to}</User>" for to in targets)
    led.app_document(app, xml(f"<Dial action='{action}' {more}>{numbers}</Dial>"))
    led._update(app, answer_url=led.app_document(app, xml(f"<Dial action='{action}' {more}>{numbers}</Dial>")))
    return app, led.call(app), path


def legs_of(led: LedHouse, app: Client) -> dict[str, Json]:
    """The app's outbound calls by whom they ring."""
    calls = ok(app.get("/sessions"), 200)["sessions"]
    return {call["to"]: call for call in calls if call["direction"] == "outbound"}


def told(led: LedHouse, path: str) -> dict[str, Any]:
    def asked() -> list[dict[str, Any]]:
        return [one.params for one in led.pages.asked if one.path == path]

    wait_for(asked, f"{path} is asked", 10)
    params = asked()[0]
    return {name: params[name] for name in sorted(params) if name.startswith("Dial")}


def talks(led: LedHouse, leg: str) -> None:
    led.house.sink.wait_for_event("call.answered", session_uuid=leg)


def test_a_number_is_dialled_and_the_document_goes_on_behind_it(led: LedHouse) -> None:
    """Plivo, Dial: "If the call is picked up, then the caller and receiver will be connected"; then the action URL."""
    app, session, path = dialled(led, TO, more="timeout='20' timeLimit='90'")
    wait_for(lambda: legs_of(led, app), "the leg is there")
    leg = legs_of(led, app)[TO]["uuid"]
    talks(led, leg)
    assert led.house.sink.names(session_id=leg) == ["call.created", "call.ringing", "call.answered"]
    assert led.executed(session) == [
        "bridge {originate_timeout=20,ignore_early_media=true,origination_caller_id_number=" + CALLER
        + ",origination_caller_id_name=" + CALLER + ",execute_on_answer='sched_hangup +90 ALLOTTED_TIMEOUT'}"
        + f"[origination_uuid={channel(leg)}]sofia/gateway/trunk/{TO}"
    ]  # fmt: skip
    wait_for(lambda: led.house.sink.find("call.answered", session_uuid=session), "the caller's call is answered by it")
    led.house.hang_up(leg)
    assert told(led, path) == {
        "DialStatus": "completed", "DialRingStatus": "true", "DialHangupCause": "NORMAL_CLEARING",
        "DialALegUUID": session, "DialBLegUUID": leg,
    }  # fmt: skip
    wait_for(lambda: led.executed(session)[-1] == "sleep 60000", "the next document runs")
    led.house.hang_up(session)


@pytest.mark.parametrize(
    ("number", "status", "cause", "rang"),
    [
        ("+15550000486", "busy", "USER_BUSY", "false"),
        ("+15550000480", "no-answer", "NO_ANSWER", "true"),
        ("+15550000503", "failed", "NORMAL_TEMPORARY_FAILURE", "false"),
    ],
)
def test_who_does_not_answer(led: LedHouse, number: str, status: str, cause: str, rang: str) -> None:
    """Plivo, Dial: "If the call is not answered, or a busy signal is received …, the Dial element will end"."""
    app, session, path = dialled(led, number, more="timeout='1'")
    assert told(led, path) == {
        "DialStatus": status, "DialRingStatus": rang, "DialHangupCause": cause,
        "DialALegUUID": session, "DialBLegUUID": "",
    }  # fmt: skip
    leg = legs_of(led, app)[number]["uuid"]
    failed = led.house.sink.wait_for_event("call.failed", session_uuid=leg)
    assert failed["data"]["hangup_cause"] == cause
    led.house.hang_up(session)


def test_all_are_rung_at_once_and_the_first_to_answer_is_connected(led: LedHouse) -> None:
    """Plivo, Dial: "Specify multiple Number and User elements for simultaneous dialing"."""
    app, session, path = dialled(led, "+15550000480", TO, "sip:1001@127.0.0.1")
    wait_for(lambda: len(legs_of(led, app)) == 3, "three legs")
    legs = legs_of(led, app)
    assert set(legs) == {"+15550000480", TO, "user:1001"}
    loser = led.house.sink.wait_for_event("call.failed", session_uuid=legs["+15550000480"]["uuid"])
    assert (loser["data"]["hangup_cause"], loser["data"]["error"]["code"]) == ("LOSE_RACE", "canceled")
    assert len(led.executed(session)) == 1
    led.house.hang_up(session)
    assert told(led, path)["DialBLegUUID"] in {legs[TO]["uuid"], legs["user:1001"]["uuid"]}
    wait_for(lambda: all(call["ended_at"] for call in legs_of(led, app).values()), "with the caller all are gone")


def test_a_caller_who_hangs_up_ends_the_ringing(led: LedHouse) -> None:
    """contract.md: action "runs for a caller who hung up, too, its answer ignored"."""
    app, session, path = dialled(led, "+15550000480")
    wait_for(lambda: legs_of(led, app), "the leg is there")
    leg = legs_of(led, app)["+15550000480"]["uuid"]
    led.house.sink.wait_for_event("call.ringing", session_uuid=leg)
    led.house.hang_up(session)
    failed = led.house.sink.wait_for_event("call.failed", session_uuid=leg)
    assert failed["data"]["error"]["code"] == "canceled"
    assert told(led, path)["DialBLegUUID"] == ""


def test_a_caller_id_must_be_the_apps_own(led: LedHouse) -> None:
    app = led.house.new_app()
    own = xml(f"<Dial callerId='{app.number}'><Number>{TO}</Number></Dial>")
    led._update(app, answer_url=led.app_document(app, own))
    session = led.call(app)
    wait_for(lambda: led.executed(session), "it is dialled")
    assert f"origination_caller_id_number={app.number}" in led.executed(session)[0]
    led.house.hang_up(session)
    _app, session = led.dial(xml(f"<Dial callerId='+19998887777'><Number>{TO}</Number></Dial>"))
    assert "is not a number of this application" in led.failed(session)
    led.ended(session)


def test_phones_elsewhere_are_refused_by_name(led: LedHouse) -> None:
    _app, session = led.dial(xml("<Dial><User>sip:anna@evil.example</User></Dial>"))
    assert "sip:anna@evil.example is no phone here" in led.failed(session)
    led.ended(session)


@pytest.mark.parametrize("action", ["transfer", "bridge"])
def test_minivoice_connects_and_is_done(led: LedHouse, action: str) -> None:
    heard, never = f'{{"type": "{action}", "to": "{TO}"}}', '{"type": "say", "text": "never heard"}'
    document = f'{{"actions": [{heard}, {never}]}}'
    app, session = led.dial(document)
    wait_for(lambda: legs_of(led, app), "the leg is there")
    leg = legs_of(led, app)[TO]["uuid"]
    talks(led, leg)
    led.house.hang_up(leg)
    led.ended(session)
    assert [line.partition(" ")[0] for line in led.executed(session)] == ["bridge"]


def test_a_restart_while_it_is_dialled(led: LedHouse) -> None:
    """contract.md: "A step of a document is committed …; at restart `uuid_dump` decides": nobody is rung twice."""
    app, session, path = dialled(led, TO)
    wait_for(lambda: legs_of(led, app), "the leg is there")
    leg = legs_of(led, app)[TO]["uuid"]
    talks(led, leg)
    with led.house.away():
        pass
    led.house.hang_up(leg)
    assert told(led, path)["DialBLegUUID"] == leg
    assert len([line for line in led.executed(session) if line.startswith("bridge ")]) == 1
    led.house.hang_up(session)
