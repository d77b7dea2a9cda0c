"""Deliveries as an app or an operator sees them: listed, shown, sent again."""

import base64
import binascii
import re
from collections.abc import Callable
from dataclasses import dataclass

from gateway.domain.clock import Clock
from gateway.domain.deliveries import Delivery
from gateway.errors import InvalidInput, NotFound
from gateway.store import outbox, outbox_sweep
from gateway.store.outbox import DeliveryFilter
from gateway.store.store import Store

MAX_PAGE = 200
DEFAULT_PAGE = 50
RESENT_AT_ONCE = 1000
PURGED_AT_ONCE = 1000
_EVENT_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")


@dataclass(frozen=True)
class DeliveryPage:
    """Newest first. `next_cursor` is empty on the last page; it survives deletions: it names an id, no position."""

    deliveries: list[Delivery]
    next_cursor: str


class Deliveries:
    """`app_id` None is the operator, who sees every app's. `woken` tells the deliverer that rows became pending."""

    def __init__(self, store: Store, clock: Clock, woken: Callable[[], None] = lambda: None) -> None:
        self._store = store
        self._clock = clock
        self._woken = woken

    def page(
        self,
        app_id: str | None = None,
        state: str = "",
        endpoint_id: str = "",
        event: str = "",
        cursor: str = "",
        limit: int = DEFAULT_PAGE,
    ) -> DeliveryPage:
        if state and state not in outbox.STATES:
            raise _invalid("state", f"must be one of {', '.join(outbox.STATES)}")
        if not 1 <= limit <= MAX_PAGE:
            raise _invalid("limit", f"must be from 1 to {MAX_PAGE}")
        wanted = DeliveryFilter(app_id or "", state, endpoint_id, event, _decoded(cursor))
        found = self._store.read(lambda connection: outbox.listed(connection, wanted, limit + 1))
        page = found[:limit]
        return DeliveryPage(page, _encoded(page[-1].id) if len(found) > limit else "")

    def show(self, key: str, app_id: str | None = None) -> list[Delivery]:
        """By a delivery's own number, or by an event's id (then one for each endpoint). With bodies."""
        number = int(key) if _is_number(key) else 0
        if not _EVENT_ID.fullmatch(key):
            raise NotFound("There is no such delivery.", "delivery-not-found")
        found = self._store.read(
            lambda connection: outbox.shown(connection, app_id or "", number, "" if number else key)
        )
        if not found:
            raise NotFound("There is no such delivery.", "delivery-not-found")
        return found

    def resend(self, key: str, app_id: str | None = None) -> int:
        """One delivery, or all of an event. What is still pending is left as it is; returns how many became so."""
        return self._again([delivery.id for delivery in self.show(key, app_id)])

    def resend_dead(self, endpoint_id: str, app_id: str | None = None) -> int:
        """All dead letters of an endpoint, in their old order, each once: some may be dead again meanwhile."""
        wanted = DeliveryFilter(app_id or "", outbox.DEAD, endpoint_id)
        count = last = 0
        while ids := self._dead_after(wanted, last):
            count, last = count + self._again(ids), ids[-1]
        return count

    def purge_dead(self, before_ms: int, app_id: str | None = None, endpoint_id: str = "") -> int:
        """Dead letters given up before then are forgotten for good, in small pieces; returns how many."""
        return sum(
            self._purge(before_ms, each, endpoint_id)
            for each in ([app_id] if app_id else self._store.read(outbox.apps_dead))
        )

    def _purge(self, before_ms: int, app_id: str, endpoint_id: str) -> int:
        count, found = 0, [(0, 0)]
        while found := self._dead_rows(app_id, endpoint_id, found[-1][0]):
            old = [row_id for row_id, ended_at in found if ended_at < before_ms]
            if old:
                count += self._store.write(lambda uow, old=old: outbox_sweep.forget(uow, old, outbox.DEAD))  # type: ignore[misc]
        return count

    def _dead_rows(self, app_id: str, endpoint_id: str, after_id: int) -> list[tuple[int, int]]:
        return self._store.read(
            lambda connection: outbox.dead_rows(connection, app_id, endpoint_id, after_id, PURGED_AT_ONCE)
        )

    def _dead_after(self, wanted: DeliveryFilter, row_id: int) -> list[int]:
        return self._store.read(lambda connection: outbox.ids_of(connection, wanted, RESENT_AT_ONCE, row_id))

    def _again(self, ids: list[int]) -> int:
        now = self._clock.now_ms()
        count = self._store.write(lambda uow: outbox.resend(uow, ids, now))
        self._woken()
        return count


def _is_number(key: str) -> bool:
    return key.isascii() and key.isdigit() and len(key) < 19


def _encoded(row_id: int) -> str:
    return base64.urlsafe_b64encode(b"d%d" % row_id).decode().rstrip("=")


def _decoded(cursor: str) -> int:
    if not cursor:
        return 0
    try:
        text = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode()
    except (binascii.Error, ValueError) as error:
        raise _invalid("cursor", "is not one of ours", "invalid-cursor") from error
    if not text.startswith("d") or not _is_number(text[1:]):
        raise _invalid("cursor", "is not one of ours", "invalid-cursor")
    return int(text[1:])


def _invalid(name: str, problem: str, error_id: str | None = None) -> InvalidInput:
    return InvalidInput(f"{name} {problem}.", error_id, {"fields": {name: [problem]}})
