"""Deliveries put together. In: settings, the store, the directory. Out: a Deliverer that can be started."""

from ipaddress import ip_address

from prometheus_client import CollectorRegistry

from gateway.config import Settings
from gateway.domain.clock import Clock
from gateway.media.addresses import policy_of
from gateway.media.names import LookUps
from gateway.services.directory import Directory
from gateway.store.store import Store
from gateway.webhooks import callbacks
from gateway.webhooks.connections import Timeouts
from gateway.webhooks.delivery import Deliverer
from gateway.webhooks.office import Limits


def open_deliverer(
    settings: Settings,
    store: Store,
    directory: Directory,
    owner: str,
    clock: Clock,
    registry: CollectorRegistry,
    lookups: LookUps,
) -> Deliverer:
    """Endpoints may be where the operator says; callbacks, which documents name, only where the settings allow."""
    callbacks_to = policy_of(settings)
    limits = Limits(
        in_flight=settings.webhook_in_flight,
        per_endpoint=settings.webhook_in_flight,
        timeouts=Timeouts(total_s=settings.webhook_timeout_s),
        lease_s=settings.lease_s,
        keep_s=settings.webhook_keep_s,
    )
    return Deliverer(
        store,
        directory.endpoint,
        owner,
        clock,
        refuses=lambda host, port, address: not callbacks_to.admits(host, port, ip_address(address)),
        limits=limits,
        registry=registry,
        on_disabled=lambda _endpoint_id: directory.invalidate(),
        signers={callbacks.KIND: callbacks.callback_signer(directory.webhook_secret)},
        lookups=lookups,
    )
