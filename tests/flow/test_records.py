"""Billing records through the native API, beside the simulated switch (issue 4)."""

import csv
import io
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from gateway.cli import main
from gateway.domain.clock import iso_ms
from tests.flow.house import House, ok, refused
from tests.waiting import wait_for

Json = dict[str, Any]


def records(house: House, **query: Any) -> list[Json]:
    return list(ok(house.app.get("/records", **query), 200)["records"])


def stayed(house: House) -> tuple[str, str]:
    """A room and a call that was in it, answered, and is over."""
    room = house.app.room()
    session = house.join(room)
    house.command(session, "leave", "conference.member.left")
    house.hang_up(session)
    return room, session


def at(event: Json) -> str:
    return str(event["created_at"])


def test_a_stay_and_its_call(house: House) -> None:
    """ "One row per call leg and one per stay in a room (joined_at, left_at, duration_ms, …, reason)"."""
    room, session = stayed(house)
    stay, call = records(house, session_uuid=session)
    assert (stay["kind"], stay["room_id"], stay["reason"], stay["cause"]) == ("stay", room, "removed", "leave")
    joined = house.sink.wait_for_event("conference.member.joined", session_uuid=session)
    left = house.sink.wait_for_event("conference.member.left", session_uuid=session)
    assert (stay["joined_at"], stay["left_at"]) == (at(joined), at(left)), "the times of the switch's events"
    assert (call["kind"], call["reason"], call["cause"]) == ("call", "hangup", "NORMAL_CLEARING")
    assert call["started_at"] <= call["answered_at"] <= stay["joined_at"] <= stay["left_at"] <= call["ended_at"]
    assert {call["closed_by"], stay["closed_by"]} == {"event"}
    assert 1 <= call["billable_s"] == -(-call["duration_ms"] // 1000)


def test_filters_and_cursor(house: House) -> None:
    """ "GET /api/v1/records with time filters and cursor"."""
    room, session = stayed(house)
    everything = records(house)
    assert [one["kind"] for one in records(house, room_id=room)] == ["stay"]
    assert [one["kind"] for one in records(house, session_uuid=session, kind="call")] == ["call"]
    ended_at = records(house, session_uuid=session, kind="call")[0]["ended_at"]
    assert records(house, session_uuid=session, **{"from": ended_at, "kind": "call"})
    assert not records(house, session_uuid=session, to=ended_at, kind="call")
    first = ok(house.app.get("/records", limit=1), 200)
    rest = ok(house.app.get("/records", limit=200, cursor=first["cursor"]), 200)
    assert first["records"] + rest["records"] == everything and rest["cursor"] == ""
    assert ok(house.other.get("/records"), 200)["records"] == [], "another app's are its own"
    refused(house.app.get("/records", kind="rooms"), 400, "invalid-input")
    refused(house.app.get("/records", cursor="x"), 400, "invalid-cursor")


def test_what_ended_while_no_gateway_was_there_is_closed_at_reconcile(tmp_path: Path) -> None:
    """ "Calls whose end we missed are closed … at reconcile, marked so"."""
    house = House(tmp_path)
    try:
        session = house.join(house.app.room())
        with house.away():
            assert house.switch.api(f"simulator hangup {session[6:]} NORMAL_CLEARING").startswith("+OK")
        wait_for(lambda: len(records(house, session_uuid=session)) == 2, "both are closed", 10)
        for record in records(house, session_uuid=session):
            assert (record["reason"], record["cause"], record["closed_by"]) == ("orphan", "lost", "reconcile")
    finally:
        house.stop()


def test_export(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """ "`gateway records export --csv`": the same, and no caller's number becomes a formula."""
    _, session = stayed(house)
    formula = house.call(number="=1+1")
    house.hang_up(formula)
    monkeypatch.setenv("GATEWAY_DATA_DIR", str(house.directory))
    shown = CliRunner().invoke(main, ["records", "export", "--csv", "--app", house.app.id])
    assert shown.exit_code == 0, shown.output
    rows = list(csv.DictReader(io.StringIO(shown.output)))
    assert len(rows) == len(records(house, limit=200))
    stay, call = (row for row in rows if row["session_uuid"] == session)
    answered = records(house, session_uuid=session)
    assert [int(row["duration_ms"]) for row in (stay, call)] == [one["duration_ms"] for one in answered]
    assert (stay["app_id"], stay["joined_at"], call["from"]) == (
        house.app.id, answered[0]["joined_at"], answered[1]["from"]
    )  # fmt: skip
    assert [row["from"] for row in rows if row["session_uuid"] == formula] == ["'=1+1"]
    later = ["records", "export", "--json", "--app", house.app.id, "--from", iso_ms(house.gateway.clock.now_ms())[:10]]
    assert len(CliRunner().invoke(main, later).output.splitlines()) == len(rows)
    none = CliRunner().invoke(main, ["records", "export", "--app", house.other.id])
    assert len(none.output.splitlines()) == 1, "the names alone"
