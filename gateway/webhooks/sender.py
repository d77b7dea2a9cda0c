"""One endpoint's POSTs on the wire. In: a parcel. Out: an Attempt. Keeps its sockets and its signing keys."""

import time
from functools import partial

from gateway.domain.apps import Endpoint
from gateway.domain.deliveries import Parcel
from gateway.webhooks.connections import Connections, Origin
from gateway.webhooks.office import Office, Signs
from gateway.webhooks.retry import Attempt
from gateway.webhooks.signature import Signer, valid_secrets

MAX_ORIGINS = 16  # callbacks may name many URLs; an endpoint has one


def kind_of(endpoint_id: str) -> str:
    """'' for an endpoint of an app; the part before ':' for other targets, which says who signs."""
    return endpoint_id.partition(":")[0] if ":" in endpoint_id else ""


def _trusted(_host: str, _port: int, _address: str) -> bool:
    """Endpoints are the operator's own words."""
    return False


class Sender:
    def __init__(self, endpoint_id: str, office: Office) -> None:
        self._endpoint_id = endpoint_id
        self._kind = kind_of(endpoint_id)
        self._office = office
        self._connections: dict[str, tuple[Origin, Connections]] = {}
        self._signer: tuple[tuple[str, ...], Signer] | None = None

    def close(self) -> None:
        for _, connections in self._connections.values():
            connections.close()
        self._connections.clear()

    def prune(self) -> None:
        """Sockets that the other side has closed."""
        for _, connections in self._connections.values():
            connections.prune()

    def send(self, parcel: Parcel, lease_until: float) -> Attempt:
        """ValueError or MediaError for a URL or a secret that cannot be used. The lease bounds how long it may take."""
        office = self._office
        now = office.clock.now_ms()
        url = parcel.url
        if self._kind:
            signer: Signs = office.signers[self._kind](parcel)
        else:
            endpoint = office.endpoint_of(self._endpoint_id)
            if endpoint is None:
                return Attempt(error="the endpoint is gone")
            url = url or endpoint.url
            signer = self._endpoint_signer(endpoint, now)
        key = f"{parcel.method} {url}"
        origin, connections = self._connections.get(key) or self._connect(key, url, parcel)
        request = (
            f"{origin.opening}User-Agent: switch-gateway\r\nContent-Type: {parcel.content_type}\r\n"
            f"Content-Length: {len(parcel.body)}\r\n{signer.headers(parcel.event_id, now // 1000, parcel.body)}\r\n"
        )
        office.metrics.in_flight += 1
        try:
            return connections.post(request.encode("latin-1") + parcel.body, lease_until - time.monotonic())
        finally:
            office.metrics.in_flight -= 1

    def _connect(self, key: str, url: str, parcel: Parcel) -> tuple[Origin, Connections]:
        office = self._office
        if len(self._connections) >= MAX_ORIGINS:
            self.close()
        origin = Origin.of(url, parcel.method)
        refuses = office.refuses if self._kind else _trusted
        names = office.lookups.callbacks if self._kind else office.lookups.endpoints
        # One endpoint's trouble delays no other's, not of the same app either; a document may name any host.
        find = partial(names.find, owner=parcel.app_id if self._kind else self._endpoint_id)
        made = (origin, Connections(origin, office.limits.timeouts, refuses, office.tls, find))
        self._connections[key] = made
        return made

    def _endpoint_signer(self, endpoint: Endpoint, now: int) -> Signer:
        secrets = tuple(valid_secrets(endpoint.secrets, endpoint.old_secret_expires_at, now))
        if self._signer is None or self._signer[0] != secrets:
            self._signer = (secrets, Signer.of(secrets))
        return self._signer[1]
