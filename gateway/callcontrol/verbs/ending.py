"""Redirect and Hangup: where the document ends."""

from gateway.callcontrol.performer import GO_ON, LedCall, Next
from gateway.domain.flow import Ask
from gateway.domain.verbs import Hangup, Redirect

CAUSES = {"": "NORMAL_CLEARING", "rejected": "CALL_REJECTED", "busy": "USER_BUSY"}


def redirect(call: LedCall, verb: Redirect) -> Next:
    params = call.parameters(Event="Redirect")
    return Next(ask=Ask(verb.url, verb.method, params, max_redirects=verb.max_redirects))


def hangup(call: LedCall, verb: Hangup) -> Next:
    delay_s = verb.schedule_s
    if delay_s is None:
        return Next(hang_up=CAUSES[verb.reason])
    call.once("schedule_hangup", lambda: call.leg().schedule_hangup(call.session, delay_s))
    return GO_ON
