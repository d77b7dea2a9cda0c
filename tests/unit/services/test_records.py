"""Records whose end was missed are closed from the switch's CDR files."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import orjson
import pytest

from gateway.domain import happenings as told
from gateway.domain.billing import BillingRecord
from gateway.domain.clock import SystemClock
from gateway.domain.room import Room
from gateway.services import records as records_module
from gateway.services.records import Records
from gateway.store import billing as rows
from gateway.store.billing import BillingFilter
from tests.unit.services.test_reactions import JOINED, LEFT, PARKED
from tests.world import APP, CALL, NODE, ROOM, World

CHANNEL = CALL.partition("-")[2]
MISSED = told.CallEnded(CALL, "lost", 90_000, missed=True)


@pytest.fixture
def world(world: World, monkeypatch: pytest.MonkeyPatch) -> World:
    monkeypatch.setattr(records_module, "LOOKED_FOR_MS", SystemClock().now_ms())  # the happenings are of 1970
    world.change(lambda uow: uow.rooms.put(Room(ROOM, APP.id, NODE, "standup", "api", 500)))
    world.happen(PARKED, told.CallAnswered(CALL, 2000), JOINED)
    return world


Close = Callable[[], list[BillingRecord]]


@pytest.fixture
def close(world: World, tmp_path: Path) -> Close:
    """A pass; gives the records after it."""
    (tmp_path / "cdr").mkdir()
    records = Records(world.store, SystemClock(), str(tmp_path / "cdr"))

    def run() -> list[BillingRecord]:
        records.close_from_cdrs(NODE)
        return world.store.read(lambda connection: rows.page(connection, BillingFilter(), None, 9))

    return run


def write(tmp_path: Path, ended_ms: int, answered_ms: int = 2001) -> None:
    times = {"start_uepoch": "1001000", "answer_uepoch": f"{answered_ms}000", "end_uepoch": f"{ended_ms}000"}
    cdr = {"variables": {"uuid": CHANNEL, "hangup_cause": "USER_BUSY", **times}}
    (tmp_path / "cdr" / f"a_{CHANNEL}.cdr.json").write_bytes(orjson.dumps(cdr))


def test_a_stay_and_its_call_are_dated_by_the_file(world: World, close: Close, tmp_path: Path) -> None:
    """issue 4: "Calls whose end we missed are closed from the switch's CDR …, marked so"."""
    world.happen(MISSED)
    assert [one.closed_by for one in close()] == ["reconcile"] * 2, "the file is not there yet"
    write(tmp_path, 7500)
    stay, call = close()
    assert (stay.kind, stay.ended_at, stay.duration_ms, stay.billable_s) == ("stay", 7500, 4500, 5)
    assert (call.started_at, call.answered_at, call.ended_at, call.billable_s) == (1001, 2001, 7500, 6)
    assert {(one.reason, one.cause, one.closed_by) for one in (stay, call)} == {("orphan", "USER_BUSY", "cdr")}
    write(tmp_path, 8000)
    assert close() == [stay, call], "a record is corrected once"


def test_a_stay_that_was_over_before_its_call(world: World, close: Close, tmp_path: Path) -> None:
    world.happen(replace(LEFT, missed=True), MISSED)
    write(tmp_path, 80_000)
    assert [(one.kind, one.ended_at, one.closed_by) for one in close()] == [
        ("stay", 5000, "reconcile"), ("call", 80_000, "cdr")
    ]  # fmt: skip


def test_what_the_switch_told_is_left_alone(world: World, close: Close, tmp_path: Path) -> None:
    world.happen(LEFT, replace(MISSED, missed=False, cause="NORMAL_CLEARING"))
    before = close()
    write(tmp_path, 7500)
    assert close() == before


def test_nobody_answered(world: World, close: Close, tmp_path: Path) -> None:
    world.happen(MISSED)
    write(tmp_path, 7500, answered_ms=0)
    assert [one.billable_s for one in close() if one.kind == "call"] == [0]
