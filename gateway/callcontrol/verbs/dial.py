"""Dial, and MiniVoice's transfer and bridge: rings others, connects the first to answer, tells what became of it."""

from gateway.callcontrol.performer import LedCall, Next, after
from gateway.domain.dial import MAX_RING_S, USER
from gateway.domain.flow import StepResult
from gateway.domain.ids import normalised_number
from gateway.domain.verbs import Dial, Target
from gateway.errors import DocumentError

# Behind a failed dialling, and behind a call that was connected, the caller's document goes on.
VARIABLES = {"continue_on_fail": "true", "hangup_after_bridge": "false"}
SUCCESS = "SUCCESS"
_STATUS = {"USER_BUSY": "busy", "NO_ANSWER": "no-answer", "NO_USER_RESPONSE": "no-answer"}


def dial(call: LedCall, verb: Dial) -> Next:
    dialling, place = call.dials()
    if verb.caller_id and not dialling.owns(call.app, verb.caller_id):
        raise DocumentError(f"<Dial>: callerId {verb.caller_id} is not a number of this application")
    shown = dialling.shown(call.session, verb.caller_id)
    legs = dialling.legs(call.session, place, [address(target) for target in verb.targets])
    argument = dialling.argument(legs, shown, min(verb.timeout_s, MAX_RING_S), verb.time_limit_s)
    dialling.begin(call.session, legs, shown)
    result = call.step("bridge", argument, VARIABLES, after_hangup=True)
    cause = result["originate_disposition"] or "ORIGINATOR_CANCEL"
    became = dialling.over(legs, "LOSE_RACE" if cause == SUCCESS else cause)
    params = parameters(result, cause, call.session.id, became.connected, became.rang)
    if verb.final:
        return Next(hang_up="NORMAL_CLEARING")
    return after(call, verb.action, verb.method, verb.redirect, params, must=True)


def parameters(result: StepResult, cause: str, a_leg: str, b_leg: str, rang: bool) -> dict[str, str]:
    """Those of Plivo's action URL."""
    status = "completed" if b_leg or cause == SUCCESS else _STATUS.get(cause, "failed")
    hangup = result["bridge_hangup_cause"] or result["last_bridge_hangup_cause"]
    return {
        "DialStatus": status,
        "DialRingStatus": "true" if rang else "false",
        "DialHangupCause": (hangup or "NORMAL_CLEARING") if status == "completed" else cause,
        "DialALegUUID": a_leg,
        "DialBLegUUID": b_leg,
    }


def address(target: Target) -> str:
    """As the routes know it: an E.164 number, or a phone by its name."""
    if target.kind == "number":
        return "+" + normalised_number(target.address)
    return USER + target.address.partition(":")[2].partition("@")[0]
