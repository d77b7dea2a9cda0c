"""hold, resume, mute, unmute: what is done to the sound of the caller's leg while the flow goes on."""

from gateway.callcontrol.performer import GO_ON, LedCall, Next
from gateway.domain.verbs import Hold, Mute, Resume, Unmute, Verb


def hold(call: LedCall, verb: Hold) -> Next:
    call.answer()
    call.once("hold", lambda: call.leg().hold(call.session))
    return GO_ON


def resume(call: LedCall, verb: Resume) -> Next:
    call.answer()
    call.once("resume", lambda: call.leg().resume(call.session))
    return GO_ON


def mute(call: LedCall, verb: Mute) -> Next:
    call.answer()
    call.once("mute", lambda: call.leg().mute(call.session, verb.direction, True))
    return GO_ON


def unmute(call: LedCall, verb: Unmute) -> Next:
    call.answer()
    call.once("unmute", lambda: call.leg().mute(call.session, verb.direction, False))
    return GO_ON


def ends_on_hold(verbs: tuple[Verb, ...]) -> bool:
    """MiniVoice: "The call is placed on hold until a later action resumes or redirects the flow"."""
    return next((isinstance(verb, Hold) for verb in reversed(verbs) if not isinstance(verb, Mute | Unmute)), False)
