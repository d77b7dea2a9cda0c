"""A call's pause or resume whose reply was lost can be taken back."""

import pytest

from tests.flow.house import House, ok, refused
from tests.flow.recorded import answered, result_of, told
from tests.waiting import wait_for


@pytest.mark.parametrize("lost", ["pause", "resume"])
def test_a_lost_reply_can_be_taken_back(house: House, lost: str) -> None:
    """contract.md, Errors: "504 … then the caller is told that the command may have run": so its opposite may be asked.

    The switch tells nobody of a call's pause, and its lists do not show it: were resume refused until a pause is
    known, what follows would be missing from the file though the app did all it could.
    """
    session = answered(house)
    recording = ok(house.app.command(session, "record/start", {"format": "wav"}), 202)["recording_id"]
    house.sink.wait_for_event("recording.started", recording_id=recording)
    if lost == "resume":
        ok(house.app.command(session, "record/pause"), 202)
    house.switch.fault("hang on")
    try:
        refused(house.app.command(session, f"record/{lost}"), 504, "switch-timeout")
    finally:
        house.switch.fault("none")
    wait_for(lambda: not house.gateway.why_not_ready(), "the switch answers again", 10)
    back = {"pause": "resume", "resume": "pause"}[lost]
    answer = ok(house.app.command(session, f"record/{back}"), 202)
    assert result_of(house, answer["operation_id"])["status"] == "ok"
    refused(
        house.app.command(session, f"record/{back}"), 409, f"recording-not-{'paused' if lost == 'pause' else 'running'}"
    )
    ok(house.app.command(session, "record/stop"), 202)
    house.sink.wait_for_event("recording.completed", recording_id=recording)
    between = ["recording.paused"] if lost == "resume" else []
    assert told(house, recording) == ["recording.started", *between, "recording.completed"]
