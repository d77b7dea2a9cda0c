"""Commands that make calls and connect them: originate, uuid_bridge."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from gateway.domain.dial import MAX_RING_S
from gateway.switch import arguments
from gateway.switch.commands.base import Command, Kind


@dataclass(frozen=True)
class Originate(Command):
    """Dials; the leg is parked once it is answered. Ring and talk limits are kept by the switch.

    The job has the channel's uuid, so that a failure that no channel ever tells of (a phone that is not registered,
    a trunk that is not there) names its leg all the same. `caller_id` is a number of ours.
    """

    kind: ClassVar[Kind] = Kind.TASK
    channel: str
    route: str
    caller_id: str
    ring_timeout_s: int
    time_limit_s: int

    @property
    def job_uuid(self) -> str:
        return self.channel

    def _words(self) -> tuple[str, ...]:
        limit = arguments.whole(self.time_limit_s, 1, 10**6)
        caller_id = arguments.dialled(self.caller_id)
        variables = {
            "origination_uuid": arguments.channel(self.channel),
            "originate_timeout": arguments.whole(self.ring_timeout_s, 1, MAX_RING_S),
            "ignore_early_media": "true",
            "origination_caller_id_number": caller_id,
            "origination_caller_id_name": caller_id,
            "hangup_after_conference": "false",
            "execute_on_answer": f"'sched_hangup +{limit} ALLOTTED_TIMEOUT'",
        }
        given = ",".join(f"{name}={value}" for name, value in variables.items())
        return ("originate", f"{{{given}}}{arguments.route(self.route)}", "'park:'", "inline")


@dataclass(frozen=True)
class Bridge(Command):
    """Two answered calls leave what they are in and hear each other."""

    channel: str
    other: str

    def _words(self) -> tuple[str, ...]:
        return ("uuid_bridge", arguments.channel(self.channel), arguments.channel(self.other))


def bridge_argument(legs: Mapping[str, str], caller_id: str, ring_timeout_s: int, time_limit_s: int) -> str:
    """Of the application `bridge`: channel uuids and their routes, rung at once; who answers first is connected.

    Sounds from before an answer are not passed on: the first to play some would win.
    """
    limit = arguments.whole(time_limit_s, 1, 10**6)
    shown = arguments.dialled(caller_id)
    variables = {
        "originate_timeout": arguments.whole(ring_timeout_s, 1, MAX_RING_S),
        "ignore_early_media": "true",
        "origination_caller_id_number": shown,
        "origination_caller_id_name": shown,
        "execute_on_answer": f"'sched_hangup +{limit} ALLOTTED_TIMEOUT'",
    }
    given = ",".join(f"{name}={value}" for name, value in variables.items())
    rung = (f"[origination_uuid={arguments.channel(leg)}]{arguments.route(route)}" for leg, route in legs.items())
    return f"{{{given}}}{','.join(rung)}"
