"""Events of calls that we make, as the switch tells them (measured on 1.10.12)."""

from typing import Any

import pytest

from gateway.domain import happenings as told
from gateway.intake.translate import translate
from tests.world import CALL, CALL2, NODE, ROOM

CHANNEL, OTHER = CALL.partition("-")[2], CALL2.partition("-")[2]


def event(name: str, **more: str) -> dict[str, Any]:
    return {"Event-Name": name, "Event-Date-Timestamp": "9000000", "Unique-ID": CHANNEL, **more}


@pytest.mark.parametrize("name", ["CHANNEL_PROGRESS", "CHANNEL_PROGRESS_MEDIA"])
def test_only_calls_that_we_make_ring(name: str) -> None:
    """Our own 180 to a caller fires the same event."""
    assert translate(event(name, **{"Call-Direction": "outbound"}), NODE) == told.CallRinging(CALL, 9000)
    assert translate(event(name, **{"Call-Direction": "inbound"}), NODE) is None


def test_a_job_that_failed_ends_its_leg() -> None:
    """A phone that is not registered has no channel whose end could be told."""
    job = {"Job-UUID": CHANNEL, "Job-Command": "originate", "_body": "-ERR USER_NOT_REGISTERED\n"}
    assert translate(event("BACKGROUND_JOB", **job), NODE) == told.CallEnded(CALL, "USER_NOT_REGISTERED", 9000)
    for other in (
        {"_body": f"+OK {CHANNEL}\n"}, {"_body": "-ERR some words\n"}, {"_body": ""}, {"Job-UUID": "x"},
        {"Job-Command": "conference"},
    ):  # fmt: skip
        assert translate(event("BACKGROUND_JOB", **{**job, **other}), NODE) is None


def test_two_calls_are_bridged() -> None:
    bridge = {"Bridge-A-Unique-ID": CHANNEL, "Bridge-B-Unique-ID": OTHER}
    assert translate(event("CHANNEL_BRIDGE", **bridge), NODE) == told.CallsBridged(CALL, CALL2, 9000)
    assert translate(event("CHANNEL_BRIDGE"), NODE) is None


@pytest.mark.parametrize(("state", "hung_up"), [("hangup", True), ("answered", False)])
def test_a_join_ends_with_the_call_or_without(state: str, hung_up: bool) -> None:
    """golden/kick_hup_caller_hangs_up.jsonl and golden/full_locked_and_join_only_rooms.jsonl have both."""
    ended = {"Application": "conference", "Application-Data": f"{ROOM}@gateway+flags{{mute}}", "Answer-State": state}
    assert translate(event("CHANNEL_EXECUTE_COMPLETE", **ended), NODE) == told.JoinEnded(CALL, ROOM, 9000, hung_up)
