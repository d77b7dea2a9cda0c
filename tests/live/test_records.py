"""Billing records of real calls on a real FreeSWITCH, held against its own CDR files."""

from datetime import datetime
from pathlib import Path
from typing import Any

import orjson
import pytest

from gateway.domain.ids import channel_of
from tests.calls_out import answering, called, hung_up
from tests.live.phones import SippPhones
from tests.live.switch import RealSwitch
from tests.stage import Stage
from tests.waiting import wait_for

Json = dict[str, Any]
EXACT_MS = 20


def records(stage: Stage, session: str) -> list[Json]:
    return list(stage.get(f"records?session_uuid={session}")["records"])


def cdr(switch: RealSwitch, session: str) -> Json:
    file = switch.log_dir / "json_cdr" / f"a_{channel_of(session)}.cdr.json"
    wait_for(lambda: file.exists() and file.read_bytes().rstrip().endswith(b"}"), f"the switch wrote {file}")
    variables: Json = orjson.loads(file.read_bytes())["variables"]
    return variables


def told_ms(iso: str) -> int:
    return round(datetime.fromisoformat(iso).timestamp() * 1000)


def agree(call: Json, told: Json) -> None:
    for ours, theirs in (("started_at", "start"), ("answered_at", "answer"), ("ended_at", "end")):
        assert abs(told_ms(call[ours]) - int(told[f"{theirs}_uepoch"]) // 1000) <= EXACT_MS, (call, told)
    assert abs(call["duration_ms"] - int(told["mduration"])) <= EXACT_MS
    assert call["billable_s"] == -(-int(told["billmsec"]) // 1000)


def test_a_call_and_its_stay_are_exact(stage: Stage, switch: RealSwitch) -> None:
    """issue 4: "exact to 20 ms against the switch's own timestamps"."""
    guest = stage.guest()
    guest.hears("call.created")
    guest.answer()
    room = stage.room()
    guest.join(room)
    play = stage.post(f"conferences/{room}/play", {"urls": [stage.audio(1.2)]})
    stage.sink.wait_for_event("conference.play.finished", operation_id=play["operation_id"])
    guest.phone.hangup()
    wait_for(lambda: len(records(stage, guest.id)) == 2, "both are over")
    stay, call = records(stage, guest.id)
    told = cdr(switch, guest.id)
    agree(call, told)
    assert abs(told_ms(stay["left_at"]) - int(told["end_uepoch"]) // 1000) <= EXACT_MS
    joined = next(event for event in stage.told(guest.id) if event["event"] == "conference.member.joined")
    assert stay["joined_at"] == joined["created_at"] and stay["duration_ms"] >= 1200
    assert (stay["reason"], stay["closed_by"], call["closed_by"]) == ("hangup", "event", "event")


def test_calls_that_we_make(stage: Stage, switch: RealSwitch) -> None:
    """ "One row per call leg": answered, and not; "billable seconds" of a call that nobody answered are none."""
    answered = called(stage, answering())["session_uuid"]
    stage.hears(answered, "call.created", "call.ringing", "call.answered")
    hung_up(stage, answered)
    (call,) = records(stage, answered)
    assert (call["direction"], call["room_id"]) == ("outbound", None)
    agree(call, cdr(switch, answered))
    ringing = called(stage, "+15550000480", ring_timeout_s=1)["session_uuid"]
    stage.hears(ringing, "call.created", "call.ringing", "call.failed")
    (call,) = records(stage, ringing)
    told = cdr(switch, ringing)
    assert (call["answered_at"], call["billable_s"], call["cause"]) == (None, 0, told["hangup_cause"])
    assert abs(call["duration_ms"] - int(told["mduration"])) <= EXACT_MS


@pytest.mark.parametrize("has_files", [True, False])
def test_an_end_that_was_missed(has_files: bool, switch: RealSwitch, tmp_path: Path) -> None:
    """issue 4: "Calls whose end we missed are closed from the switch's CDR or at reconcile, marked so"."""
    files = {"cdr_dir": switch.log_dir / "json_cdr"} if has_files else {}
    stage = Stage(tmp_path, switch, switch.esl_password, SippPhones(switch, tmp_path), **files)
    try:
        stage.start()
        guest = stage.guest()
        guest.hears("call.created")
        guest.answer()
        guest.join(stage.room())
        stage.gateway.kill9()
        guest.phone.hangup()
        told = cdr(switch, guest.id)
        stage.gateway.start()
        by = "cdr" if has_files else "reconcile"
        wait_for(lambda: [one["closed_by"] for one in records(stage, guest.id)] == [by, by], f"both closed by {by}", 20)
        found = {one["kind"]: one for one in records(stage, guest.id)}
        assert found["call"]["reason"] == found["stay"]["reason"] == "orphan"
        if has_files:
            agree(found["call"], told)
            assert abs(told_ms(found["stay"]["left_at"]) - int(told["end_uepoch"]) // 1000) <= EXACT_MS
        else:
            assert told_ms(found["call"]["ended_at"]) >= int(told["end_uepoch"]) // 1000
    finally:
        stage.stop()
