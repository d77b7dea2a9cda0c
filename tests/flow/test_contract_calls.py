"""Calls: their webhooks, the list, answer and hangup (contract.md; issue 2)."""

from pathlib import Path

import pytest

from tests.flow.house import House, channel, is_operation_id, ok, refused
from tests.waiting import wait_for


def test_a_call_without_document_is_announced_and_waits(house: House) -> None:
    """contract.md, Answer documents: "A call to a number of an app without answer_url is announced by `call.created`
    and waits for session commands (ring time limit configurable)."
    """
    session = house.call(number="+15550009999", name="Eve")
    told = house.sink.wait_for_event("call.created", session_uuid=session)
    assert told["call"] == {
        "id": session,
        "customer_id": house.app.id,
        "application_id": house.app.id,
        "status": "ringing",
        "direction": "inbound",
        "from": "+15550009999",
        "to": house.app.number,
    }
    assert (told["variables"], told["sequence"]) == ({}, 1)
    assert "room_id" not in told
    assert house.orders_for(session) == [
        f"uuid_transfer {channel(session)} 'park:' inline",
        f"sched_hangup +60 {channel(session)} NO_USER_RESPONSE",
    ]


def test_numbers_are_matched_with_and_without_plus(house: House) -> None:
    """issue 2: "numbers are any digits, matched with or without a leading +; an unknown number is rejected with
    UNALLOCATED_NUMBER."
    """
    plain = f"acW68-{house.switch.call('100', house.app.number.removeprefix('+'), '')}"
    house.sink.wait_for_event("call.created", session_uuid=plain)
    nobody = house.switch.call("100", "+19999999999", "")
    wait_for(lambda: f"uuid_kill {nobody} UNALLOCATED_NUMBER" in house.switch.orders, "it is turned away")
    assert not house.sink.of_session(f"acW68-{nobody}")


def test_answer(house: House) -> None:
    """contract.md, Session commands: "All others answer 202 `{"operation_id", "command_uid", "status": "in_progress",
    "timeout_ms"}` and end with a `command.result` webhook `{command, command_uid, operation_id, status:
    "ok"|"failed"|"timeout", error?}`."
    """
    session = house.call()
    body = ok(house.app.command(session, "answer", {"command_uid": "a1"}), 202)
    operation = body["operation_id"]
    assert is_operation_id(operation)
    assert body == {"operation_id": operation, "command_uid": "a1", "status": "in_progress", "timeout_ms": 10000}
    told = house.sink.wait_for_event("command.result", operation_id=operation)
    assert told["data"] == {"command": "answer", "command_uid": "a1", "operation_id": operation, "status": "ok"}
    assert told["session_uuid"] == session
    answered = house.sink.wait_for_event("call.answered", session_uuid=session)
    assert answered["call"]["status"] == "in-progress"
    call = ok(house.app.get(f"/sessions/{session}"), 200)
    assert call["status"] == "in-progress"
    assert call["answered_at"]
    refused(house.app.command(session, "answer"), 409, "already-answered")
    assert [line for line in house.orders_for(session) if "uuid_answer" in line] == [f"uuid_answer {channel(session)}"]


def test_hangup(house: House) -> None:
    """contract.md, Session commands: hangup ends with command.result ok and call.completed with the cause."""
    session = house.join(house.app.room())
    body = ok(house.app.command(session, "hangup", {"cause": "USER_BUSY"}), 202)
    assert is_operation_id(body["operation_id"])
    assert body["command_uid"], "made up if absent"
    told = house.sink.wait_for_event("call.completed", session_uuid=session)
    assert told["data"]["hangup_cause"] == "USER_BUSY"
    assert told["data"]["duration_ms"] >= told["data"]["billable_ms"] >= 0
    assert told["call"]["status"] == "completed"
    result = house.sink.wait_for_event("command.result", operation_id=body["operation_id"])["data"]
    assert (result["command"], result["status"], result["command_uid"]) == ("hangup", "ok", body["command_uid"])
    assert house.sink.names(session_id=session)[-3:] == ["conference.member.left", "command.result", "call.completed"]
    for command in ("answer", "hangup"):
        refused(house.app.command(session, command), 404, "session-ended")
    assert ok(house.app.get(f"/sessions/{session}"), 200)["hangup_cause"] == "USER_BUSY"


@pytest.mark.parametrize(
    "cause", ["", "BUSY", "user_busy", "USER_BUSY\n", "NORMAL CLEARING", "${x}", None, 16, True, []]
)
def test_causes_that_are_none(house: House, cause: object) -> None:
    """Validation is 400 with `detail.fields`; contract.md, Session commands: "auth, validation, ownership …"."""
    call = "acW68-550e8400-e29b-41d4-a716-446655440000"
    body = refused(house.app.command(call, "hangup", {"cause": cause}), 400, "invalid-input")
    assert list(body["detail"]["fields"]) == ["cause"]


def test_a_hangup_during_an_answer_fails_the_answer(house: House) -> None:
    """contract.md, Session commands: command.result with status "failed" and an error, when the call ends first."""
    session = house.call()
    with house.switch.holding("uuid_answer"):
        body = ok(house.app.command(session, "answer"), 202)
        house.hang_up(session)
    result = house.sink.wait_for_event("command.result", operation_id=body["operation_id"])["data"]
    assert result["status"] == "failed"
    assert result["error"]


def test_the_list_of_calls(house: House) -> None:
    """issue 2: "GET /api/v1/sessions and /sessions/{uuid} … so that an app can act on a call at all." """
    app = house.new_app()
    room = app.room()
    ringing, member, over = house.call(app), house.join(room, app=app), house.call(app)
    house.hang_up(over)
    body = ok(app.get("/sessions"), 200)
    assert [(call["uuid"], call["status"], call["room_id"]) for call in body["sessions"]] == [
        (ringing, "ringing", None),
        (member, "in-progress", room),
        (over, "completed", None),
    ]
    assert body["cursor"] == ""
    for call in body["sessions"]:
        assert ok(app.get(f"/sessions/{call['uuid']}"), 200) == call
        assert (call["direction"], call["from"], call["to"]) == ("inbound", "+15550001111", app.number)
    for status, who in (("ringing", ringing), ("in-progress", member), ("completed", over)):
        assert [call["uuid"] for call in ok(app.get("/sessions", status=status), 200)["sessions"]] == [who]
    first = ok(app.get("/sessions", limit=2), 200)
    rest = ok(app.get("/sessions", limit=2, cursor=first["cursor"]), 200)
    assert [call["uuid"] for call in first["sessions"] + rest["sessions"]] == [ringing, member, over]
    refused(house.other.get(f"/sessions/{member}"), 403, "session-forbidden")
    assert ok(house.new_app().get("/sessions"), 200) == {"sessions": [], "cursor": ""}
    for wrong in ({"status": "busy"}, {"limit": "0"}, {"cursor": "x"}):
        answer = app.get("/sessions", **wrong)
        assert (answer.status_code, list(answer.json()["detail"]["fields"])) == (400, list(wrong))


def test_the_wait_has_an_end(tmp_path: Path) -> None:
    """contract.md, Settings: "GATEWAY_INBOUND_WAIT_S 60 how long a call without answer_url waits for a command"."""
    house = House(tmp_path, inbound_wait_s=1)
    try:
        session = f"acW68-{house.switch.call('100', house.app.number, '')}"
        house.sink.wait_for_event("call.created", session_uuid=session)
        told = house.sink.wait_for_event("call.completed", session_uuid=session)
        assert told["data"]["hangup_cause"] == "NO_USER_RESPONSE"
        house.sink.assert_ordered()
    finally:
        house.stop()
