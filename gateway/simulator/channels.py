"""One channel: its state, variables and headers, and the events that every change of state fires."""

from dataclasses import replace

from gateway.simulator.core import Core, epoch, new_uuid, now_us
from gateway.simulator.events import Pair, Part
from gateway.simulator.profiles import CallerProfile
from gateway.simulator.sip_variables import sip_variables

STATE_NUMBERS = {
    "CS_NEW": 0,
    "CS_INIT": 1,
    "CS_ROUTING": 2,
    "CS_SOFT_EXECUTE": 3,
    "CS_EXECUTE": 4,
    "CS_EXCHANGE_MEDIA": 5,
    "CS_PARK": 6,
    "CS_CONSUME_MEDIA": 7,
    "CS_HIBERNATE": 8,
    "CS_RESET": 9,
    "CS_HANGUP": 10,
    "CS_REPORTING": 11,
    "CS_DESTROY": 12,
    "CS_NONE": 13,
}
CALL_STATE_NUMBERS = {
    "DOWN": 0,
    "DIALING": 1,
    "RINGING": 2,
    "EARLY": 3,
    "ACTIVE": 4,
    "HELD": 5,
    "RING_WAIT": 6,
    "HANGUP": 7,
    "UNHELD": 8,
}
BIT_RATES = {"PCMU": "64000", "PCMA": "64000", "L16": "128000"}


class Channel:
    """Data and its events; what runs on the channel is calls.Call."""

    def __init__(
        self, core: Core, name: str, direction: str, profile: CallerProfile, codec: str = "", uuid: str = ""
    ) -> None:
        self.core = core
        self.uuid = uuid or new_uuid()
        self.call_uuid = self.uuid
        self.name, self.direction, self.profile = name, direction, profile
        self.state, self.call_state = "CS_NEW", "DOWN"
        self.answered = self.early = self.hit_dialplan = False
        self.cause = ""
        self.times: dict[str, int] = {"Created": now_us()}
        profile.created_us = self.times["Created"]
        self.first_profile = replace(profile)
        self.created_epoch = epoch()
        self.codec = self.read_codec = codec
        self.shown_destination = profile.destination
        self.other: Channel | None = None
        self.other_type = ""
        self.member_id = 0
        core.counters.sessions += 1
        self.variables: dict[str, str] = {
            "direction": direction,
            "uuid": self.uuid,
            "call_uuid": self.uuid,
            "session_id": str(core.counters.sessions),
            "channel_name": name,
        }
        self._basic: Part | None = None

    # -- headers ------------------------------------------------------------------------------------------------

    def touch(self) -> None:
        """Something that headers show has changed."""
        self._basic = None

    @property
    def up(self) -> bool:
        return not self.cause

    @property
    def answer_state(self) -> str:
        if self.cause:
            return "hangup"
        return "answered" if self.answered else "early" if self.early else "ringing"

    def state_pairs(self) -> list[Pair]:
        pairs = [
            ("Channel-State", self.state),
            ("Channel-Call-State", self.call_state),
            ("Channel-State-Number", str(STATE_NUMBERS[self.state])),
            ("Channel-Name", self.name),
            ("Unique-ID", self.uuid),
            ("Call-Direction", self.direction),
            ("Presence-Call-Direction", self.direction),
            ("Channel-HIT-Dialplan", "true" if self.hit_dialplan else "false"),
            ("Channel-Call-UUID", self.call_uuid),
            ("Answer-State", self.answer_state),
        ]
        if self.cause:
            pairs.append(("Hangup-Cause", self.cause))
        for side, codec in (("Read", self.read_codec), ("Write", self.codec)):
            if codec:
                pairs += [
                    (f"Channel-{side}-Codec-Name", codec),
                    (f"Channel-{side}-Codec-Rate", "8000"),
                    (f"Channel-{side}-Codec-Bit-Rate", BIT_RATES[codec]),
                ]
        return pairs

    def basic(self) -> Part:
        """State and caller headers: what most events carry."""
        if self._basic is None:
            caller = self.profile.pairs("Caller-", self.direction, self.uuid, self.name, self.times)
            self._basic = Part([*self.state_pairs(), *caller, *self._other_leg()])
        return self._basic

    def _other_leg(self) -> list[Pair]:
        if self.other is None:
            return []
        o = self.other
        return [("Other-Type", self.other_type), *o.profile.pairs("Other-Leg-", o.direction, o.uuid, o.name, o.times)]

    def all_variables(self) -> dict[str, str]:
        """With those of the SIP call, which are not kept but made: 20,000 channels hold few of them."""
        inbound = self.direction == "inbound"
        created = self.times["Created"]
        return sip_variables(self.name, self.profile, created, self.codec, self.answered, inbound) | self.variables

    def variable_part(self) -> Part:
        return Part((f"variable_{name}", value) for name, value in self.all_variables().items())

    # -- events -------------------------------------------------------------------------------------------------

    def fire(self, name: str, *pairs: Pair, before: tuple[Pair, ...] = (), variables: bool = True) -> None:
        bus = self.core.bus
        if not bus.wanted(name):
            bus.skip()
            return
        parts = [self.basic()]
        if before:
            parts.insert(0, Part(before))
        if variables:
            parts.append(self.variable_part())
        if pairs:
            parts.append(Part(pairs))
        bus.fire(name, parts)

    def set_state(self, state: str) -> None:
        self.state = state
        self.touch()
        self.fire("CHANNEL_STATE", variables=False)

    def set_call_state(self, call_state: str) -> None:
        if call_state == self.call_state:
            return
        before = (
            ("Original-Channel-Call-State", self.call_state),
            ("Channel-Call-State-Number", str(CALL_STATE_NUMBERS[call_state])),
        )
        self.call_state = call_state
        self.touch()
        self.fire("CHANNEL_CALLSTATE", before=before, variables=False)

    def set_codec(self, read_codec: str) -> None:
        """A conference reads linear audio from its members; leaving it puts the real codec back."""
        if read_codec != self.read_codec:
            self.read_codec = read_codec
            self.touch()

    def set_variable(self, name: str, value: str | None) -> None:
        if value:
            self.variables[name] = value
        else:
            self.variables.pop(name, None)

    def variable(self, name: str) -> str:
        if (value := self.variables.get(name)) is not None:
            return value
        made = self.all_variables().get(name) or self._profile_variables().get(name)
        return made or self.core.global_variables.get(name, "")

    def _profile_variables(self) -> dict[str, str]:
        p = self.profile
        return {
            "caller_id_name": p.caller_name,
            "caller_id_number": p.caller_number,
            "destination_number": p.destination,
            "context": p.context,
            "dialplan": p.dialplan,
            "state": self.state,
            "created_time": str(self.times["Created"]),
        }

    def mark(self, moment: str) -> None:
        self.times[moment] = now_us()
        self.touch()

    def answer(self) -> None:
        if self.answered or not self.up:
            return
        self.answered = True
        self.mark("Answered")
        self.fire("CHANNEL_ANSWER")
        self.set_variable("endpoint_disposition", "ANSWER")
        self.set_call_state("ACTIVE")

    def pre_answer(self) -> None:
        """Early media: what an application that needs audio does to a call that only rings."""
        if self.answered or self.early or not self.up:
            return
        self.early = True
        self.mark("Progress-Media")
        self.fire("CHANNEL_PROGRESS_MEDIA")
        self.set_call_state("EARLY")

    def ring(self) -> None:
        if self.answered or self.early or "Progress" in self.times or not self.up:
            return
        self.mark("Progress")
        self.fire("CHANNEL_PROGRESS")
        self.set_call_state("RINGING")

    def link(self, other: "Channel | None", kind: str = "") -> None:
        self.other, self.other_type = other, kind if other else ""
        self.touch()
