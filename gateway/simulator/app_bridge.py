"""The application `bridge`: dials, joins the two calls, and goes on with the first one when the second ends."""

from gateway.simulator.calls import HANGUP, Application, Call
from gateway.simulator.core import Core
from gateway.simulator.endpoints import Endpoints
from gateway.simulator.events import Pair
from gateway.simulator.originate import SUCCESS, Attempt

DIAL_STATUS = {"USER_BUSY": "BUSY", "NO_ANSWER": "NOANSWER", "ORIGINATOR_CANCEL": "CANCEL", SUCCESS: SUCCESS}


class Bridge(Application):
    def __init__(self, core: Core, endpoints: Endpoints, call: Call, name: str, data: str, uuid: str) -> None:
        super().__init__(call, name, data, uuid)
        self._core, self._endpoints = core, endpoints
        self._attempt: Attempt | None = None
        self._partner: Call | None = None
        self._call_state = call.call_state
        self._over = False

    def begin(self) -> None:
        said = self.call.variable("call_timeout")
        timeout_s = float(said) if said.isdigit() else 60.0
        self.call.set_call_state("RING_WAIT")
        self._attempt = Attempt(self._core, self._endpoints, self.data, timeout_s, self.call, self._dialled)
        self._attempt.start()

    def _dialled(self, partner: Call | None, cause: str) -> None:
        call = self.call
        if self._over:
            return
        self._attempt = None
        call.set_variable("originate_disposition", cause)
        call.set_variable("DIALSTATUS", DIAL_STATUS.get(cause, cause))
        if partner is None:
            self._failed(cause)
            return
        self._partner = partner
        call.answer()
        call.set_call_state("ACTIVE")
        call.link(partner, "originatee")
        call.mark("Bridged")
        call.set_variable("signal_bond", partner.uuid)
        partner.set_variable("signal_bond", call.uuid)
        partner.set_state("CS_EXCHANGE_MEDIA")
        partner.on_hangup.append(self._partner_hung_up)
        call.fire("CHANNEL_BRIDGE", before=_both(self.call, partner))

    def _failed(self, cause: str) -> None:
        call = self.call
        call.set_variable("last_bridge_hangup_cause", cause)
        call.set_variable("originate_failed_cause", cause)
        call.set_call_state(self._call_state)
        if not call.up:
            return
        continues = call.variable("continue_on_fail").lower()
        if continues != "true" and cause.lower() not in continues.split(","):
            call.hangup(cause)
        self.done()

    def _partner_hung_up(self, partner: Call) -> None:
        self._core.clock.after(self._core.tick_s, self._unbridge, partner)

    def _unbridge(self, partner: Call) -> None:
        if self._partner is not partner:
            return
        call = self.call
        self._partner = None
        call.set_variable("last_bridge_to", partner.uuid)
        call.set_variable("bridge_uuid", partner.uuid)
        call.set_variable("last_bridge_hangup_cause", partner.cause)
        call.set_variable("bridge_hangup_cause", partner.cause)
        call.fire("CHANNEL_UNBRIDGE", before=_both(self.call, partner))
        if call.variable("hangup_after_bridge") == "true":
            call.hangup(partner.cause or "NORMAL_CLEARING")
        self.done()

    def interrupt(self, why: str) -> None:
        self._over = True
        if self._attempt is not None:
            attempt, self._attempt = self._attempt, None
            attempt.cancel()
        partner = self._partner
        if partner is not None:
            self._partner = None
            partner.hangup(self.call.cause if why == HANGUP else "NORMAL_CLEARING")
            self.call.fire("CHANNEL_UNBRIDGE", before=_both(self.call, partner))
        self.done()


class Joined(Application):
    """One side of a uuid_bridge; its end is told by CHANNEL_UNBRIDGE alone, and both calls end with it."""

    tells_its_end = False

    def __init__(self, call: Call, partner: Call, leads: bool) -> None:
        super().__init__(call, "uuid_bridge", partner.uuid)
        self._partner: Call | None = partner
        self._leads = leads
        partner.on_hangup.append(self._partner_hung_up)

    def _partner_hung_up(self, partner: Call) -> None:
        self.call.core.clock.after(self.call.core.tick_s, self.interrupt, HANGUP)

    def interrupt(self, why: str) -> None:
        partner, self._partner = self._partner, None
        if partner is not None:
            if self._leads:
                self.call.fire("CHANNEL_UNBRIDGE", before=_both(self.call, partner))
            partner.hangup("NORMAL_CLEARING")
        self.done()


def join(first: Call, second: Call) -> None:
    """uuid_bridge: two calls that are there already leave what they were in and hear each other."""
    if not (first.up and second.up):
        return
    for call in (second, first):
        call.leave_applications()
    for call, partner, kind in ((first, second, "originatee"), (second, first, "originator")):
        call.answer()
        call.link(partner, kind)
        call.stack.append(side := Joined(call, partner, leads=call is first))
        call.fire("CHANNEL_EXECUTE", *side.headers(), ("Application-UUID", side.uuid))
    second.set_state("CS_EXCHANGE_MEDIA")
    first.fire("CHANNEL_BRIDGE", before=_both(first, second))


def _both(first: Call, second: Call) -> tuple[Pair, Pair]:
    return ("Bridge-A-Unique-ID", first.uuid), ("Bridge-B-Unique-ID", second.uuid)
