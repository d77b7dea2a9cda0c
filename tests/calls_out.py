"""Stories of calls that we make and of transfers, told like those of scenarios.py to both kinds of switch.

The far end does what the last four digits say: 0486 is busy, 0480 rings for ever, 0503 and 0404 fail, others answer.
"""

from itertools import count
from typing import Any

from tests.scenarios import CREATED, JOINED, LEFT, STARTED, Story
from tests.stage import NUMBER, Guest, Stage
from tests.waiting import wait_for

Json = dict[str, Any]
_numbers = count(100)
RESULT = "command.result"
# number -> (code, hangup cause, status) of the call that nobody answers
UNANSWERED = {
    "+15550000486": ("busy", "USER_BUSY", "busy"),
    "+15550000480": ("no_answer", "NO_ANSWER", "no-answer"),
    "+15550000503": ("unreachable", "NORMAL_TEMPORARY_FAILURE", "failed"),
    "+15550000404": ("unreachable", "UNALLOCATED_NUMBER", "failed"),
}


def answering() -> str:
    """A number that answers."""
    return f"+1555777{next(_numbers):04d}"


def called(stage: Stage, to: str, **more: Any) -> Json:
    """The answer to POST /sessions."""
    return stage.post("sessions", {"to": to, "from": NUMBER, **more}, 201)


def hung_up(stage: Stage, session: str) -> Json:
    stage.post(f"sessions/{session}/commands/hangup")
    return stage.hears(session, RESULT, "call.completed")


def answered_call(stage: Stage) -> None:
    """ "originate (POST /api/v1/sessions: to, from, answer_url or room_id, ring_timeout_s, time_limit_s …)"."""
    to = answering()
    body = called(stage, to, command_uid="o-1")
    session = body["session_uuid"]
    assert body == {
        "session_uuid": session, "status": "queued", "direction": "outbound", "from": NUMBER, "to": to,
        "command_uid": "o-1",
    }  # fmt: skip
    created = stage.hears(session, "call.created")
    assert (created["call"]["direction"], created["call"]["status"]) == ("outbound", "queued")
    assert (created["call"]["from"], created["call"]["to"]) == (NUMBER, to)
    assert stage.hears(session, "call.ringing")["call"]["status"] == "ringing"
    answered = stage.hears(session, "call.answered")
    assert (answered["call"]["status"], answered["data"]["command_uid"]) == ("in-progress", "o-1")
    wait_for(lambda: stage.get(f"sessions/{session}")["status"] == "in-progress", "it is in progress")
    again = called(stage, to, command_uid="o-1")
    assert again == body, "the same uid, the same answer"
    assert hung_up(stage, session)["data"]["hangup_cause"] == "NORMAL_CLEARING"
    stage.heard_all(session)


def unanswered_calls(stage: Stage) -> None:
    """ "call.failed (busy, no answer, unreachable with the hangup cause)"; the ringing ends by the switch's clock."""
    for to, (code, cause, status) in UNANSWERED.items():
        session = called(stage, to, ring_timeout_s=2)["session_uuid"]
        stage.hears(session, "call.created", *(["call.ringing"] if code == "no_answer" else []))
        failed = stage.hears(session, "call.failed")
        assert (failed["data"]["error"]["code"], failed["data"]["hangup_cause"]) == (code, cause), to
        assert failed["call"]["status"] == stage.get(f"sessions/{session}")["status"] == status
        stage.heard_all(session)


def time_limit(stage: Stage) -> None:
    """ "ring timeout and time limit kept by the switch (sched_hangup, originate_timeout)"."""
    session = called(stage, answering(), time_limit_s=2)["session_uuid"]
    stage.hears(session, "call.created", "call.ringing", "call.answered")
    assert stage.hears(session, "call.completed")["data"]["hangup_cause"] == "ALLOTTED_TIMEOUT"


def called_into_a_room(stage: Stage) -> None:
    """ "with room_id it joins the room"; "dial (call a number into the room)" ends with a command.result."""
    room = stage.room()
    session = called(stage, answering(), room_id=room)["session_uuid"]
    stage.hears(session, "call.created", "call.ringing", "call.answered", JOINED)
    asked = stage.post(f"conferences/{room}/dial", {"to": answering(), "from": NUMBER, "muted": True})
    second = asked["session_uuid"]
    assert asked["status"] == "in_progress"
    result = stage.hears(second, "call.created", "call.ringing", "call.answered", JOINED, RESULT)["data"]
    assert (result["operation_id"], result["status"]) == (asked["operation_id"], "ok")
    assert stage.members(room) == stage.seated(room) == {session: False, second: True}
    stage.hears(room, CREATED, STARTED, JOINED, JOINED)
    busy = stage.post(f"conferences/{room}/dial", {"to": "+15550000486", "from": NUMBER})
    stage.hears(busy["session_uuid"], "call.created", RESULT, "call.failed")
    result = stage.told(busy["session_uuid"])[1]["data"]
    assert (result["command"], result["status"], result["error"].partition(":")[0]) == ("dial", "failed", "busy")
    stage.post(f"sessions/{session}/commands/conference/leave")
    stage.hears(session, LEFT)
    wait_for(lambda: stage.switch.api(f"uuid_getvar {session[6:]} current_application").strip() == "park", "it parks")
    for call in (session, second):
        stage.post(f"sessions/{call}/commands/hangup")
    stage.hears(session, RESULT, "call.completed")
    stage.hears(second, LEFT, RESULT, "call.completed")


def in_a_room(stage: Stage) -> tuple[Guest, str]:
    """A guest in a room, unmuted."""
    guest, room = stage.guest(), stage.room()
    guest.hears("call.created")
    guest.answer()
    guest.join(room)
    guest.command("conference/unmute")
    guest.hears("conference.member.unmuted")
    return guest, room


def blind_transfer(stage: Stage) -> None:
    """ "The original call ends when transfer completes": with the new leg's end, the caller is hung up."""
    guest, room = in_a_room(stage)
    asked = guest.command("transfer", {"to": answering(), "caller_id": NUMBER})
    leg = asked["session_uuid"]
    stage.hears(leg, "call.created", "call.ringing", "call.answered")
    left = guest.hears(LEFT)["data"]
    assert (left["reason"], left["cause"]) == ("removed", "transfer")
    result = guest.hears(RESULT)["data"]
    assert (result["command"], result["status"], result["operation_id"]) == ("transfer", "ok", asked["operation_id"])
    assert stage.seated(room) == {}
    stage.post(f"sessions/{leg}/commands/hangup")
    stage.hears(leg, RESULT, "call.completed")
    guest.hears("call.completed")
    wait_for(lambda: guest.phone.ended, "the caller was hung up")
    stage.heard_all(guest.id, leg)


def caller_leaves_a_transfer(stage: Stage) -> None:
    """Whoever of the two hangs up, the other's call ends, too; while it rings, the new leg is given up."""
    guest, _room = in_a_room(stage)
    leg = guest.command("transfer", {"to": answering()})["session_uuid"]
    guest.hears(LEFT, RESULT)
    guest.phone.hangup()
    guest.hears("call.completed")
    stage.hears(leg, "call.created", "call.ringing", "call.answered", "call.completed")
    guest, _room = in_a_room(stage)
    leg = guest.command("transfer", {"to": "+15550000480"})["session_uuid"]
    stage.hears(leg, "call.created", "call.ringing")
    guest.phone.hangup()
    assert stage.hears(leg, "call.failed")["data"]["error"]["code"] == "canceled"
    guest.hears(LEFT, RESULT, "call.completed")
    assert stage.told(guest.id)[-2]["data"]["status"] == "failed"


def failed_transfers(stage: Stage) -> None:
    """ "a failed transfer brings the caller back to where it was, room included": busy, no answer, unreachable."""
    guest, room = in_a_room(stage)
    for to, (code, cause, _status) in UNANSWERED.items():
        asked = guest.command("transfer", {"to": to, "ring_timeout_s": 2})
        result = guest.hears(RESULT)["data"]
        assert (result["status"], result["operation_id"]) == ("failed", asked["operation_id"])
        assert result["error"].startswith(f"{code}: ")
        rings = ["call.ringing"] if code == "no_answer" else []
        failed = stage.hears(asked["session_uuid"], "call.created", *rings, "call.failed")
        assert failed["data"]["hangup_cause"] == cause
        assert stage.members(room) == stage.seated(room) == {guest.id: False}, "in its room, unmuted as before"
    assert not guest.phone.ended
    stage.heard_all(guest.id)


def attended_transfer(stage: Stage) -> None:
    """ "attended: consult, complete, cancel"."""
    guest, room = in_a_room(stage)
    path = f"sessions/{guest.id}/commands/transfer"
    refused = stage.post(f"{path}/complete", {}, 409)
    assert refused["error_id"] == "no-transfer"
    first = guest.command("transfer/consult", {"to": answering()})["session_uuid"]
    assert guest.hears(RESULT)["data"]["status"] == "ok"
    stage.hears(first, "call.created", "call.ringing", "call.answered")
    assert stage.post(path, {"to": answering()}, 409)["error_id"] == "transfer-in-progress"
    guest.command("transfer/cancel")
    assert guest.hears(RESULT)["data"]["command"] == "transfer/cancel"
    stage.hears(first, "call.completed")
    assert stage.seated(room) == {guest.id: False}
    second = guest.command("transfer/consult", {"to": answering()})["session_uuid"]
    guest.hears(RESULT)
    guest.command("transfer/complete")
    guest.hears(LEFT)
    result = guest.hears(RESULT)["data"]
    assert (result["command"], result["status"]) == ("transfer/complete", "ok")
    stage.hears(second, "call.created", "call.ringing", "call.answered")
    guest.phone.hangup()
    guest.hears("call.completed")
    stage.hears(second, "call.completed")


def gateway_killed_while_it_dials(stage: Stage) -> None:
    """ "a gateway killed … after send, ends in a truth": the leg is answered meanwhile, and finds its room."""
    room = stage.room()
    session = called(stage, answering(), room_id=room)["session_uuid"]
    stage.gateway.kill9()
    wait_for(lambda: "answered" in _state(stage, session), "the far end answers")
    stage.gateway.start()

    def told() -> list[str]:
        return [event["event"] for event in stage.told(session)]

    wait_for(lambda: JOINED in told(), f"it is in its room: {told()}", 20)
    assert [name for name in told() if name != "call.ringing"] == ["call.created", "call.answered", JOINED]
    assert stage.seated(room) == {session: False}
    stage.post(f"sessions/{session}/commands/hangup")
    wait_for(lambda: told()[-1] == "call.completed", "it ends")


def _state(stage: Stage, session: str) -> str:
    return stage.switch.api(f"uuid_dump {session[6:]}").partition("Answer-State: ")[2][:20]


STORIES: list[Story] = [
    answered_call, unanswered_calls, time_limit, called_into_a_room, blind_transfer, caller_leaves_a_transfer,
    failed_transfers, attended_transfer, gateway_killed_while_it_dials,
]  # fmt: skip
