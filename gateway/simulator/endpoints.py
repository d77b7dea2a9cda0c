"""Outbound legs: one dial string in, a call that rings, answers or fails out."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from gateway.simulator.calls import ApplicationTable, Call
from gateway.simulator.core import Core
from gateway.simulator.dialplan import FAIL, RING, outcome_of, steps_for
from gateway.simulator.events import Part
from gateway.simulator.profiles import CallerProfile
from gateway.simulator.wire import split_arguments

SOFIA_PROFILES = ("external", "internal")
OUTBOUND = "Outbound Call"


class DialFailed(Exception):
    """No leg was made; the argument is the cause."""


@dataclass
class Leg:
    """One dial string with its variables."""

    endpoint: str
    rest: str
    variables: dict[str, str] = field(default_factory=dict)


def parse_variables(text: str, brackets: str) -> tuple[dict[str, str], str]:
    """`{a=b,c='d e'}rest`, once or several times."""
    variables: dict[str, str] = {}
    while text.startswith(brackets[0]) and brackets[1] in text:
        inside, text = text[1:].split(brackets[1], 1)
        separator = ","
        if inside.startswith("^^") and len(inside) > 2:
            separator, inside = inside[2], inside[3:]
        for item in split_arguments(inside, separator):
            name, found, value = item.partition("=")
            if found:
                variables[name.strip()] = value
        text = text.lstrip(" ")
    return variables, text


def parse_dial_string(text: str) -> list[list[Leg]]:
    """`{all}[one]sofia/…,[two]sofia/…|next` -> groups tried one after the other, each of legs tried at once."""
    common, rest = parse_variables(text.strip(), "{}")
    groups = []
    for group in rest.split("|"):
        legs = []
        for item in group.split(","):
            own, target = parse_variables(item.strip(), "[]")
            endpoint, _, remainder = target.partition("/")
            legs.append(Leg(endpoint, remainder, {**common, **own}))
        groups.append(legs)
    return groups


class Endpoints:
    """Makes the legs and lets them run."""

    def __init__(self, core: Core, applications: ApplicationTable, register: Callable[[Call], None]) -> None:
        self._core, self._applications, self._register = core, applications, register
        self._makers: Mapping[str, Callable[[Leg, CallerProfile], Call]] = {
            "sofia": self._sofia,
            "user": self._user,
            "null": self._null,
            "loopback": self._loopback,
            "error": self._error,
        }

    def create(self, leg: Leg, originator: Call | None) -> Call:
        """The leg with its first events; launch() lets it ring."""
        maker = self._makers.get(leg.endpoint)
        if maker is None:
            raise DialFailed("CHAN_NOT_IMPLEMENTED")
        call = maker(leg, self._profile(leg, originator))
        for name, value in leg.variables.items():
            call.set_variable(name, value)
        call.set_variable("is_outbound", "true")
        call.set_variable("originate_early_media", "true")
        call.set_variable("originate_endpoint", leg.endpoint)
        if originator is not None:
            call.call_uuid = originator.uuid
            call.link(originator, "originator")
        if leg.variables.get("origination_uuid"):
            call.fire("CHANNEL_UUID", before=(("Old-Unique-ID", call.uuid),))
        call.state = "CS_NONE"
        call.fire("CHANNEL_OUTGOING", variables=False)
        self._register(call)
        if call.peer is not None:
            self._register(call.peer)
        call.set_state("CS_INIT")
        call.fire("CHANNEL_CREATE")
        call.fire("CHANNEL_ORIGINATE")
        return call

    def launch(self, call: Call, leg: Leg) -> None:
        if not call.up:
            return
        call.set_state("CS_ROUTING")
        call.set_state("CS_CONSUME_MEDIA")
        if leg.endpoint == "null":
            call.answer()
        elif call.peer is not None:
            self._run_far_half(call.peer)
        else:
            self._ring(call)

    def _profile(self, leg: Leg, originator: Call | None) -> CallerProfile:
        v = leg.variables
        if originator is not None:
            profile = replace(originator.profile, transfer_source="", rdnis="", index=1)
        else:
            profile = CallerProfile("", caller_number="0000000000", context="default")
        profile.caller_name = v.get("origination_caller_id_name", profile.caller_name)
        profile.caller_number = v.get("origination_caller_id_number", profile.caller_number)
        profile.original_name, profile.original_number = profile.caller_name, profile.caller_number
        profile.ani = profile.caller_number
        profile.callee_name = v.get("origination_callee_id_name", OUTBOUND)
        return profile

    def _call(self, name: str, direction: str, profile: CallerProfile, codec: str, uuid: str = "") -> Call:
        call = Call(self._core, self._applications, name, direction, profile, codec, uuid)
        call.dialplan = steps_for
        return call

    def _sofia(self, leg: Leg, profile: CallerProfile) -> Call:
        where, _, target = leg.rest.partition("/")
        if where == "gateway":
            target, where = target.partition("/")[2], "external"
        if where not in SOFIA_PROFILES:
            self._core.bus.fire("CHANNEL_DESTROY", [Part((("Channel-Name", "N/A"),))])
            raise DialFailed("INVALID_PROFILE")
        profile.destination = profile.callee_number = target.partition("@")[0]
        profile.source = "mod_sofia"
        return self._call(f"sofia/{where}/{target}", "outbound", profile, "", leg.variables.get("origination_uuid", ""))

    def _user(self, leg: Leg, profile: CallerProfile) -> Call:
        return self._sofia(Leg("sofia", f"internal/{leg.rest}", leg.variables), profile)

    def _null(self, leg: Leg, profile: CallerProfile) -> Call:
        profile.destination = profile.callee_number = leg.rest
        profile.source = "mod_loopback"
        return self._call(f"null/{leg.rest}", "outbound", profile, "L16", leg.variables.get("origination_uuid", ""))

    def _loopback(self, leg: Leg, profile: CallerProfile) -> Call:
        number, _, context = leg.rest.partition("/")
        profile.destination, profile.context = number, context.partition("/")[0] or "default"
        profile.callee_number, profile.dialplan, profile.source = profile.context, "xml", "mod_loopback"
        near = self._call(f"loopback/{number}-a", "outbound", profile, "L16", leg.variables.get("origination_uuid", ""))
        far = self._call(f"loopback/{number}-b", "inbound", replace(profile), "L16")
        near.peer, far.peer = far, near
        for call, other, side in ((near, far, "A"), (far, near, "B")):
            call.set_variable("other_loopback_leg_uuid", other.uuid)
            call.set_variable("loopback_leg", side)
            call.on_hangup.append(_hang_up_peer)
        far.on_answer.append(lambda c: near.answer())
        return near

    def _error(self, leg: Leg, profile: CallerProfile) -> Call:
        raise DialFailed(leg.rest.upper() or "NORMAL_UNSPECIFIED")

    def _run_far_half(self, far: Call) -> None:
        far.set_state("CS_INIT")
        far.fire("CHANNEL_CREATE")
        far.set_call_state("RINGING")
        far.route(steps_for(far, far.profile.destination, "XML"))

    def _ring(self, call: Call) -> None:
        """A SIP phone: what it does depends on the number."""
        outcome = outcome_of(call.profile.destination)
        if outcome.kind == FAIL:
            call.hangup(outcome.cause)
            return
        call.codec = call.read_codec = "PCMU"
        call.ring()
        if outcome.kind != RING:
            self._core.clock.after(self._core.options.answer_after_s, call.answer)


def _hang_up_peer(call: Call) -> None:
    if call.peer is not None:
        call.peer.hangup(call.cause)
