"""Rows of one endpoint that get no further attempt become dead letters. In: why, or how long it is ill. Out: how many.

An ill endpoint gets one POST at a time, so the attempts that end a row would not come for years where it has many
rows: there the time ends them that the schedule would take.
"""

import logging
import time

from gateway.store import outbox
from gateway.store.unit_of_work import UnitOfWork
from gateway.webhooks.office import Office
from gateway.webhooks.retry import SCHEDULE_MOST_S

BURIED_AT_ONCE = 2000
SETTLED_WITHIN_S = 10.0
LOOK_EVERY_S = 60.0
OVERDUE = "gave up: the endpoint took nothing for longer than all attempts take"
log = logging.getLogger(__name__)


class Burial:
    """To be called while no POST is under way: what one has achieved must not be called dead."""

    def __init__(self, endpoint_id: str, office: Office) -> None:
        self._endpoint_id = endpoint_id
        self._office = office
        self._next_at = 0.0  # monotonic
        self._looked_to = 0

    def everything(self, reason: str, disabled_for: str) -> bool:
        """The endpoint gets nothing more; True when none is left. `disabled_for`: it asked for that itself."""
        office, endpoint_id = self._office, self._endpoint_id
        office.settler.flush(SETTLED_WITHIN_S)
        now = office.clock.now_ms()

        def work(uow: UnitOfWork) -> int:
            if disabled_for and outbox.disable_endpoint(uow, endpoint_id, disabled_for, now):
                log.warning("endpoint %s is disabled: %s", endpoint_id, disabled_for)
            return outbox.bury(uow, endpoint_id, reason, now, BURIED_AT_ONCE)

        buried = office.store.write(work)
        if disabled_for:
            office.on_disabled(endpoint_id)
        office.metrics.dead += buried
        if buried < BURIED_AT_ONCE:
            log.warning("endpoint %s: %s; its pending deliveries are dead letters now", endpoint_id, reason)
        return buried < BURIED_AT_ONCE

    def overdue(self, ill_for_s: float) -> bool:
        """Some of the rows that are due for so long; True when more of them are to be looked at.

        Both must have lasted as long as all attempts take: the illness, as seen here (a gateway that was off itself
        has tried nothing), and the wait of the row since it was due (a dead letter that is sent again is due anew).
        """
        if ill_for_s < SCHEDULE_MOST_S or time.monotonic() < self._next_at:
            return False
        office, endpoint_id, after = self._office, self._endpoint_id, self._looked_to
        office.settler.flush(SETTLED_WITHIN_S)
        now = office.clock.now_ms()
        before = now - int(SCHEDULE_MOST_S * 1000)
        buried, self._looked_to = office.store.write(
            lambda uow: outbox.bury_overdue(uow, endpoint_id, OVERDUE, now, before, after, BURIED_AT_ONCE)
        )
        office.metrics.dead += buried
        if buried:
            log.warning("endpoint %s: %d deliveries are dead letters: %s", endpoint_id, buried, OVERDUE)
        if not self._looked_to:
            self._next_at = time.monotonic() + LOOK_EVERY_S
        return self._looked_to > 0
