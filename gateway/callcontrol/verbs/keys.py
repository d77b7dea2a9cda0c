"""GetDigits, GetInput, gather: keys collected. DTMF, send_digits: keys sent."""

from gateway.callcontrol.performer import LedCall, Next, after
from gateway.callcontrol.verbs.sound import FAULTS, sounds_of
from gateway.domain.values import replace
from gateway.domain.verbs import Gather, SendDigits
from gateway.services import announcements, legs


def gather(call: LedCall, verb: Gather) -> Next:
    """With digits the action is called; without any the flow goes on, as at Plivo. Without an action: a webhook."""
    call.answer()
    prompt, failed = sounds_of(call, verb.prompts)
    if verb.play_beep:
        prompt.append(legs.BEEP)
    argument = legs.keys_argument(_keys(verb), prompt, _invalid_sound(call, verb))
    result = call.step("play_and_get_digits", argument)
    digits = legs.gathered(result)
    if not verb.action:
        reason = "digits" if digits else "timeout"
        told = announcements.call_gathered(call.session, digits, reason, call.now_ms())
        return Next(events=(*failed, told))
    if not digits:
        return Next(events=failed)
    following = after(call, verb.action, verb.method, verb.redirect, {"Digits": digits, "InputType": "dtmf"})
    return replace(following, events=failed)


def _keys(verb: Gather) -> legs.Keys:
    return legs.Keys(
        verb.min_digits,
        min(verb.max_digits, 99),
        verb.tries,
        verb.timeout_s * 1000,
        verb.digit_timeout_s * 1000,
        verb.finish_on_key,
        verb.valid_digits,
    )


def _invalid_sound(call: LedCall, verb: Gather) -> str:
    try:
        return call.playable(verb.invalid_digits_sound) if verb.invalid_digits_sound else ""
    except FAULTS:
        return ""


def send_digits(call: LedCall, verb: SendDigits) -> Next:
    call.answer()
    if verb.pause_before_ms:
        call.step("sleep", str(verb.pause_before_ms))
    call.once("send_digits", lambda: call.leg().send_digits(call.session, verb.digits))
    if not verb.background:
        call.step("sleep", str(legs.keys_ms(verb.digits)))
    return Next()
