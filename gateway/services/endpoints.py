"""Managing the endpoints that get an app's webhooks. In: what an operator asks. Out: values, and secrets told once."""

import re
from collections.abc import Callable, Sequence

from gateway.domain import ids
from gateway.domain.apps import Endpoint
from gateway.domain.urls import url_fault
from gateway.domain.values import replace
from gateway.errors import Conflict, InvalidInput, NotFound
from gateway.store import apps as rows
from gateway.store import outbox
from gateway.store.store import Store
from gateway.store.unit_of_work import UnitOfWork

NO_URL = "no URL set"  # the disabled_reason of a primary endpoint that waits for one
MAX_PATTERNS = 64
BURIED_AT_ONCE = 100_000  # what more waits for a removed endpoint, delivery buries as it meets it
_PATTERN = re.compile(r"[a-z_.*]{1,100}")


class Endpoints:
    """Each method is one transaction."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def add(self, app_id: str, url: str, patterns: Sequence[str] = ()) -> Endpoint:
        """One more endpoint with a secret of its own; no patterns means everything but talking_*."""
        checked_url("url", url)
        kept = _checked_patterns(patterns)

        def work(uow: UnitOfWork) -> Endpoint:
            if rows.find_app(uow.connection, app_id, lock=True) is None:
                raise NotFound(f"There is no app with the id {app_id!r}.")
            secret = ids.new_webhook_secret()
            endpoint = Endpoint(ids.new_endpoint_id(), app_id, url, uow.now, kept, [secret])
            rows.insert(uow, endpoint)
            return endpoint

        return self._store.write(work)

    def list_endpoints(self, app_id: str) -> list[Endpoint]:
        return self._store.read(lambda connection: rows.endpoints_of(connection, app_id))

    def update(self, endpoint_id: str, url: str | None = None, patterns: Sequence[str] | None = None) -> Endpoint:
        """What is None stays; an empty list of patterns means everything but talking_*."""
        if url is not None:
            checked_url("url", url)
        kept = None if patterns is None else _checked_patterns(patterns)

        def change(endpoint: Endpoint, now_ms: int) -> Endpoint:
            if url is not None:
                endpoint = pointed_at(endpoint, url, now_ms)
            return endpoint if patterns is None else replace(endpoint, patterns=kept)

        return self._change(endpoint_id, change)

    def rotate_secret(self, endpoint_id: str, overlap_s: int) -> Endpoint:
        """A new secret, the first of `secrets`; for `overlap_s` webhooks carry the old one's signature too."""
        if overlap_s < 0:
            raise InvalidInput("overlap_s must not be negative.", detail={"fields": {"overlap_s": ["< 0"]}})

        def change(endpoint: Endpoint, now_ms: int) -> Endpoint:
            fresh = ids.new_webhook_secret()
            if overlap_s == 0:
                return replace(endpoint, secrets=[fresh], old_secret_expires_at=None)
            # The one before the last ends here: it has had its overlap, and one end is kept for one old secret.
            return replace(
                endpoint,
                secrets=[fresh, endpoint.secrets[0]],
                old_secret_expires_at=now_ms + overlap_s * 1000,
            )

        return self._change(endpoint_id, change)

    def enable(self, endpoint_id: str) -> Endpoint:
        def change(endpoint: Endpoint, _now_ms: int) -> Endpoint:
            if not endpoint.url:
                raise Conflict("This endpoint has no URL yet: set one first.", "endpoint-without-url")
            return replace(endpoint, disabled_at=None, disabled_reason="")

        return self._change(endpoint_id, change)

    def disable(self, endpoint_id: str, reason: str) -> Endpoint:
        """It gets no new events. An endpoint that is disabled already keeps its first reason."""

        def change(endpoint: Endpoint, now_ms: int) -> Endpoint:
            if endpoint.disabled_at is not None:
                return endpoint
            return replace(endpoint, disabled_at=now_ms, disabled_reason=reason)

        return self._change(endpoint_id, change)

    def remove(self, endpoint_id: str) -> None:
        """What waits for it goes to the dead letters. The primary endpoint holds the app's secret and stays."""

        def work(uow: UnitOfWork) -> None:
            endpoint = _locked(uow, endpoint_id)
            if endpoint.id == ids.primary_endpoint_id(endpoint.app_id):
                raise Conflict(
                    "This endpoint holds the app's webhook_secret and stays: disable it instead.",
                    "primary-endpoint",
                )
            outbox.bury(uow, endpoint.id, "endpoint removed", uow.now, BURIED_AT_ONCE)
            rows.delete(uow, endpoint)

        self._store.write(work)

    def _change(self, endpoint_id: str, change: Callable[[Endpoint, int], Endpoint]) -> Endpoint:
        def work(uow: UnitOfWork) -> Endpoint:
            before = _locked(uow, endpoint_id)
            after = change(before, uow.now)
            if after != before:
                rows.update(uow, after)
            return after

        return self._store.write(work)


def pointed_at(endpoint: Endpoint, url: str, now_ms: int) -> Endpoint:
    """The endpoint with this URL. Without one it is disabled; the first URL it gets enables it."""
    if not url:
        return replace(endpoint, url="", disabled_at=now_ms, disabled_reason=NO_URL)
    if endpoint.disabled_reason == NO_URL:
        return replace(endpoint, url=url, disabled_at=None, disabled_reason="")
    return replace(endpoint, url=url)


def checked_url(name: str, url: str) -> str:
    if fault := url_fault(url):
        raise InvalidInput(f"{name} {fault}.", detail={"fields": {name: [fault]}})
    return url


def _locked(uow: UnitOfWork, endpoint_id: str) -> Endpoint:
    endpoint = rows.find_endpoint(uow.connection, endpoint_id, lock=True)
    if endpoint is None:
        raise NotFound(f"There is no endpoint with the id {endpoint_id!r}.")
    return endpoint


def _checked_patterns(patterns: Sequence[str]) -> list[str] | None:
    kept = list(dict.fromkeys(pattern.strip() for pattern in patterns))
    wrong = [pattern for pattern in kept if not _PATTERN.fullmatch(pattern)]
    if wrong or len(kept) > MAX_PATTERNS:
        raise InvalidInput(
            f"patterns: at most {MAX_PATTERNS} names of events, in which * stands for anything"
            + (f": {wrong[0]!r} is none." if wrong else "."),
            detail={"fields": {"patterns": ["Not a pattern."]}},
        )
    return kept or None
