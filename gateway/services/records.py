"""Billing records: their pages for apps; and ends that nobody saw, set right from the switch's own CDR files."""

import logging
from itertools import groupby
from pathlib import Path
from typing import Any

from gateway.domain.apps import App
from gateway.domain.billing import CALL, CDR, BillingRecord
from gateway.domain.clock import Clock
from gateway.domain.values import replace
from gateway.schemas.billing import record_shape
from gateway.services.paging import Page
from gateway.store import billing as rows
from gateway.store.billing import BillingFilter
from gateway.store.store import Store
from gateway.store.unit_of_work import UnitOfWork
from gateway.switch import cdr

log = logging.getLogger(__name__)
LOOKED_FOR_MS = 24 * 3600 * 1000  # a file may come late from another machine
MAX_A_PASS = 500
MAX_CDR_BYTES = 8_388_608


class Records:
    """`cdr_dir`: where the switches' CDR files are seen from here; '' when nowhere."""

    def __init__(self, store: Store, clock: Clock, cdr_dir: str = "") -> None:
        self._store = store
        self._clock = clock
        self._cdr_dir = Path(cdr_dir) if cdr_dir else None

    def page(self, app: App, page: Page, wanted: BillingFilter) -> dict[str, Any]:
        after = page.after(int, int)
        mine = replace(wanted, app_id=app.id)
        found = self._store.read(lambda connection: rows.page(connection, mine, after, page.limit + 1))
        shown, cursor = page.cut(found, lambda record: (record.ended_at, record.id))
        return {"records": [record_shape(record) for record in shown], "cursor": cursor}

    def close_from_cdrs(self, node_id: str) -> None:
        """After each reconcile of a node: what it closed as of now is dated by the file that the switch wrote.

        Nothing is lost while no gateway runs: the files wait. A file that is not there (yet) is looked for again.
        """
        if self._cdr_dir is None:
            return
        since = self._clock.now_ms() - LOOKED_FOR_MS
        missed = self._store.read(lambda connection: rows.missed_on(connection, node_id, since, MAX_A_PASS))
        corrected: list[BillingRecord] = []
        by_session = sorted(missed, key=lambda record: record.session_id)
        for session_id, records in groupby(by_session, key=lambda record: record.session_id):
            found = _find(self._cdr_dir, session_id.partition("-")[2])
            if found is not None:
                corrected += [better for record in records if (better := _as_told(record, found)) is not None]
        if not corrected:
            return

        def work(uow: UnitOfWork) -> None:
            for record in corrected:
                rows.correct(uow, record)

        self._store.write(work)
        log.info("node %s: %d billing records closed from the switch's CDR files", node_id, len(corrected))


def _find(directory: Path, channel_uuid: str) -> cdr.Cdr | None:
    for name in cdr.file_names(channel_uuid):
        try:
            with (directory / name).open("rb") as file:
                content = file.read(MAX_CDR_BYTES + 1)
        except FileNotFoundError:
            continue
        except OSError as error:
            log.warning("a CDR cannot be read: %s", error)
            continue
        if len(content) <= MAX_CDR_BYTES and (found := cdr.read(content, channel_uuid)) is not None:
            return found
    return None


def _as_told(record: BillingRecord, found: cdr.Cdr) -> BillingRecord | None:
    """None for a stay that was over before its call: of its end the CDR says nothing."""
    if record.kind == CALL:
        times = {"started_at": found.began_at, "answered_at": found.answered_at, "ended_at": found.hung_up_at}
        return replace(record, **times, cause=found.cause, closed_by=CDR)
    if found.hung_up_at > record.ended_at:
        return None
    return replace(record, ended_at=max(record.started_at, found.hung_up_at), cause=found.cause, closed_by=CDR)
