"""What all couriers share: limits, the store, slots, settling. Values only; delivery.py fills it in."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from gevent import ssl

from gateway.domain.apps import Endpoint
from gateway.domain.clock import Clock
from gateway.domain.deliveries import Parcel
from gateway.media.names import LookUps
from gateway.store.store import Store
from gateway.webhooks.connections import Refuses, Timeouts
from gateway.webhooks.metrics import Metrics
from gateway.webhooks.settling import Settler
from gateway.webhooks.slots import Slots


class Signs(Protocol):
    """Makes the header lines of one attempt."""

    def headers(self, webhook_id: str, timestamp_s: int, body: bytes) -> str: ...


@dataclass(frozen=True)
class Limits:
    """Named limits of deliveries, each with its unit."""

    in_flight: int = 48
    per_endpoint: int = 48
    timeouts: Timeouts = Timeouts()
    lease_s: float = 15.0
    poll_s: float = 0.5
    keep_s: int = 86_400


@dataclass
class Office:
    """What all couriers share.

    For targets that are no endpoints, `signers` by the id's part before ':' sign, and `refuses(host, port, ip)` says
    where they may not be: documents name them, and may mean our own network.
    """

    store: Store
    endpoint_of: Callable[[str], Endpoint | None]
    clock: Clock
    limits: Limits
    slots: Slots
    settler: Settler
    metrics: Metrics
    refuses: Refuses
    tls: Callable[[], ssl.SSLContext]
    random: Callable[[], float]
    on_disabled: Callable[[str], None]
    lookups: LookUps
    signers: Mapping[str, Callable[[Parcel], Signs]] = field(default_factory=dict)
