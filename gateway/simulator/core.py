"""What every part of one simulated switch shares: clock, event bus, numbers; one Core per life of a switch."""

import itertools
import time
import uuid
from dataclasses import dataclass, field

from gateway.simulator.clock import Clock
from gateway.simulator.events import EventBus, Identity
from gateway.simulator.options import Options


def new_uuid() -> str:
    return str(uuid.uuid4())


def now_us() -> int:
    return int(time.time() * 1_000_000)


def epoch() -> int:
    return int(time.time())


@dataclass
class Counters:
    """What `status` and HEARTBEAT tell."""

    sessions: int = 0
    peak: int = 0


@dataclass
class Core:
    """Made anew after a shutdown, so that nothing of the old life is left."""

    options: Options
    clock: Clock
    bus: EventBus
    counters: Counters = field(default_factory=Counters)
    global_variables: dict[str, str] = field(default_factory=dict)
    started_at: float = field(default_factory=time.time)
    member_ids: "itertools.count[int]" = field(default_factory=itertools.count)
    presence_events: int = 0

    @property
    def tick_s(self) -> float:
        return self.options.tick_s


def build_core(options: Options, clock: Clock) -> Core:
    core_uuid = new_uuid()
    bus = EventBus(Identity(core_uuid, options.hostname, options.switchname, options.ip_address))
    core = Core(options, clock, bus, member_ids=itertools.count(options.first_member_id))
    core.global_variables.update(
        core_uuid=core_uuid,
        hostname=options.hostname,
        switchname=options.switchname,
        local_ip_v4=options.ip_address,
        domain=options.domain,
    )
    core.global_variables.update(options.global_variables)
    return core
