"""<Dial> on a real FreeSWITCH: a sipp calls in, its document rings another through the trunk (contract.md; Plivo)."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.document_app import DocumentApp
from tests.live.phones import SippPhones
from tests.live.switch import RealSwitch
from tests.live.test_document_rooms import caller
from tests.live.trunk import Trunk
from tests.stage import NUMBER, Guest, Stage
from tests.waiting import wait_for

LIMIT_S = 15.0


@pytest.fixture(scope="module")
def documents() -> Iterator[DocumentApp]:
    documents = DocumentApp()
    yield documents
    documents.stop()


@pytest.fixture(scope="module")
def led(switch: RealSwitch, documents: DocumentApp, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    folder: Path = tmp_path_factory.mktemp("dialled")
    stage = Stage(folder, switch, switch.esl_password, SippPhones(switch, folder))
    with Trunk(folder, switch.trunk_port):
        try:
            stage.start()
            stage.gateway.cli("apps", "update", stage.keys.app_id, "--answer-url", documents.url("/answer"))
            documents.secret = stage.keys.webhook_secret
            yield stage
        finally:
            stage.stop()
    assert not documents.problems


def dialled(
    led: Stage, documents: DocumentApp, to: str, more: str = "timeout='2'", number: str = ""
) -> tuple[Guest, str]:
    """A caller whose document dials this, and waits behind it; the leg's session.

    Of several legs: that to `number`, for the webhooks of two sessions come in any order.
    """
    action = documents.put("/after", "<Response><Wait length='60'/></Response>")
    documents.asked.clear()
    documents.default = f"<Response><Dial action='{action}' {more}>{to}</Dial></Response>"
    known = {event["session_uuid"] for event in led.sink.events if "session_uuid" in event}
    guest = led.guest()

    def legs() -> list[str]:
        calls = [event for event in led.sink.events if event["event"] == "call.created"]
        new = [event for event in calls if event["session_uuid"] not in known | {guest.id}]
        return [event["session_uuid"] for event in new if event["call"]["to"].endswith(number)]

    wait_for(legs, "the leg was told of", LIMIT_S)
    return guest, legs()[0]


def dial_parameters(documents: DocumentApp, guest: Guest) -> dict[str, str]:
    told = documents.wait_for("/after", CallUUID=guest.id)
    return {name: value for name, value in told.items() if name.startswith("Dial")}


def test_two_phones_talk_and_the_document_goes_on(led: Stage, documents: DocumentApp) -> None:
    guest, leg = dialled(led, documents, "<Number>15557770001</Number>")
    led.hears(leg, "call.created", "call.ringing", "call.answered", limit_s=LIMIT_S)
    guest.hears("call.created", "call.answered")
    assert guest.phone.answered, "answered by the one who was dialled"
    led.post(f"sessions/{leg}/commands/hangup")
    led.hears(leg, "command.result", "call.completed")
    assert dial_parameters(documents, guest) == {
        "DialStatus": "completed", "DialRingStatus": "true", "DialHangupCause": "NORMAL_CLEARING",
        "DialALegUUID": guest.id, "DialBLegUUID": leg,
    }  # fmt: skip
    assert not guest.phone.ended
    guest.phone.hangup()
    guest.hears("call.completed")


@pytest.mark.parametrize(
    ("to", "status", "cause", "rang"),
    [
        ("<Number>+15550000486</Number>", "busy", "USER_BUSY", "false"),
        ("<Number>+15550000480</Number>", "no-answer", "NO_ANSWER", "true"),
        ("<Number>+15550000503</Number>", "failed", "NORMAL_TEMPORARY_FAILURE", "false"),
        ("<User>sip:1009@127.0.0.1</User>", "failed", "USER_NOT_REGISTERED", "false"),
    ],
)
def test_nobody_answers(led: Stage, documents: DocumentApp, to: str, status: str, cause: str, rang: str) -> None:
    guest, leg = dialled(led, documents, to)
    assert dial_parameters(documents, guest) == {
        "DialStatus": status, "DialRingStatus": rang, "DialHangupCause": cause,
        "DialALegUUID": guest.id, "DialBLegUUID": "",
    }  # fmt: skip
    wait_for(lambda: led.told(leg)[-1]["event"] == "call.failed", "the leg's end is told")
    assert led.told(leg)[-1]["data"]["hangup_cause"] == cause
    guest.phone.hangup()


def test_the_first_to_answer_wins_and_the_time_limit_ends_it(led: Stage, documents: DocumentApp) -> None:
    both = "<Number>+15550000480</Number><Number>+15557770002</Number>"
    guest, other = dialled(led, documents, both, more="timeout='20' timeLimit='2'", number="15550000480")
    told = dial_parameters(documents, guest)
    assert (told["DialStatus"], told["DialHangupCause"]) == ("completed", "ALLOTTED_TIMEOUT")
    assert told["DialBLegUUID"] and told["DialBLegUUID"] != other
    wait_for(lambda: led.told(other)[-1]["event"] == "call.failed", "the other was given up")
    assert led.told(other)[-1]["data"]["hangup_cause"] == "LOSE_RACE"
    guest.phone.hangup()


def test_a_gateway_killed_while_two_talk(led: Stage, documents: DocumentApp) -> None:
    """contract.md: at restart "`uuid_dump` decides whether it is over: verbs run at most once"."""
    guest, leg = dialled(led, documents, "<Number>15557770003</Number>")
    led.hears(leg, "call.created", "call.ringing", "call.answered", limit_s=LIMIT_S)
    led.gateway.kill9()
    led.gateway.start()
    led.post(f"sessions/{leg}/commands/hangup")
    told = dial_parameters(documents, guest)
    assert (told["DialStatus"], told["DialBLegUUID"]) == ("completed", leg)
    guest.phone.hangup()


def test_a_caller_who_hangs_up_ends_the_ringing(led: Stage, documents: DocumentApp) -> None:
    """contract.md: action "runs for a caller who hung up, too, its answer ignored"."""
    guest, leg = dialled(led, documents, "<Number>+15550000480</Number>", more="timeout='30'")
    led.hears(leg, "call.created", "call.ringing")
    guest.phone.hangup()
    assert led.hears(leg, "call.failed")["data"]["hangup_cause"] == "ORIGINATOR_CANCEL"
    assert dial_parameters(documents, guest)["DialBLegUUID"] == ""


def test_the_caller_id_of_a_dialled_leg(led: Stage, documents: DocumentApp, switch: RealSwitch) -> None:
    """The caller's own number, unless the document names one of the app's."""
    for more, shown in (("", ""), (f"callerId='{NUMBER}'", NUMBER)):
        guest, leg = dialled(led, documents, "<Number>+15557770004</Number>", more=more)
        led.hears(leg, "call.created", "call.ringing", "call.answered", limit_s=LIMIT_S)
        assert switch.api(f"uuid_getvar {leg[6:]} sip_from_user").strip() == (shown or guest.number)
        guest.phone.hangup()
        led.hears(leg, "call.completed")


@pytest.mark.parametrize("action", ["transfer", "bridge"])
def test_minivoice(led: Stage, documents: DocumentApp, action: str) -> None:
    """The caller is connected, and with the end of that his call is over."""
    guest, leg = connected(led, documents, f'{{"type": "{action}", "to": "+15557770005"}}')
    led.post(f"sessions/{leg}/commands/hangup")
    guest.hears("call.completed")


@pytest.mark.parametrize("action", ["transfer", "bridge"])
def test_who_is_on_hold_is_connected(led: Stage, documents: DocumentApp, switch: RealSwitch, action: str) -> None:
    """The two talk, and neither hears the tone of a call on hold any more."""
    gather = '{"gather": {"num_digits": 1, "timeout_seconds": 1}}'
    guest, leg = connected(led, documents, f'{{"hold": {{}}}}, {gather}, {{"type": "{action}", "to": "+15557770006"}}')
    led.hears(leg, "call.created", "call.ringing", "call.answered", limit_s=LIMIT_S)
    other = f"uuid_getvar {guest.id.partition('-')[2]} bridge_uuid"
    wait_for(lambda: switch.api(other).strip() == leg.partition("-")[2], "the two are connected", LIMIT_S)
    sound = caller(guest).sound
    heard, until = sound.loud_packets_heard, time.monotonic() + 6  # a tone comes every 5 s
    wait_for(lambda: time.monotonic() > until, "as long as from tone to tone", LIMIT_S)
    assert sound.loud_packets_heard == heard
    led.post(f"sessions/{leg}/commands/hangup")
    guest.hears("call.gathered", "call.completed")


def connected(led: Stage, documents: DocumentApp, actions: str) -> tuple[Guest, str]:
    """A caller whom these actions of MiniVoice connect to another, whose session it gives."""
    documents.put("/json", f'{{"actions": [{actions}]}}', "application/json")
    led.gateway.cli("apps", "update", led.keys.app_id, "--answer-url", documents.url("/json"))
    try:
        known = {event["session_uuid"] for event in led.sink.events if "session_uuid" in event}
        guest = led.guest()

        def legs() -> list[str]:
            created = [event["session_uuid"] for event in led.sink.events if event["event"] == "call.created"]
            return [session for session in created if session not in known | {guest.id}]

        guest.hears("call.created", "call.answered", limit_s=LIMIT_S)
        wait_for(legs, "the leg was told of", LIMIT_S)
        return guest, legs()[0]
    finally:
        led.gateway.cli("apps", "update", led.keys.app_id, "--answer-url", documents.url("/answer"))
