"""Calls that we make and transfers: what is refused, what is sent, documents that lead them.

The stories that both switches tell are in tests/calls_out.py.
"""

from typing import Any

import pytest

from gateway.domain.dial import Dial
from gateway.domain.session import Session
from gateway.intake.reconcile import DIAL_GRACE_MS
from gateway.services import announcements
from gateway.store.unit_of_work import UnitOfWork
from tests.flow.house import Client, House, channel, ok, refused
from tests.flow.led import LedHouse, xml
from tests.waiting import wait_for

TO = "+15550002222"
NOWHERE = "acW68-room-550e8400-e29b-41d4-a716-446655440000"
Json = dict[str, Any]


def call_out(app: Client, **body: Any) -> str:
    """A call that we make; its session."""
    answer = app.post("/sessions", {"to": TO, "from": app.number, **body})
    return str(ok(answer, 201)["session_uuid"])


def talking(house: House) -> str:
    """A caller whose call is answered."""
    session = house.call()
    ok(house.app.command(session, "answer"), 202)
    house.sink.wait_for_event("call.answered", session_uuid=session)
    return session


def originated(house: House) -> list[str]:
    return [line for line in house.switch.orders if line.startswith("originate ")]


def test_what_the_switch_is_told(house: House) -> None:
    """ "session_uuid known beforehand", the route of the setting, the limits kept by the switch."""
    session = call_out(house.app, ring_timeout_s=7, time_limit_s=90)
    house.sink.wait_for_event("call.answered", session_uuid=session)
    assert house.orders_for(session) == [
        f"originate {{origination_uuid={channel(session)},originate_timeout=7,ignore_early_media=true,"
        f"origination_caller_id_number={house.app.number},origination_caller_id_name={house.app.number},"
        "hangup_after_conference=false,execute_on_answer='sched_hangup +90 ALLOTTED_TIMEOUT'}"
        f"sofia/gateway/trunk/{TO} 'park:' inline"
    ]
    phone = call_out(house.app, to="user:1000")
    wait_for(lambda: any("}user/1000 'park:'" in line for line in house.orders_for(phone)), "the phone is dialled")
    for each in (session, phone):
        house.sink.wait_for_event("call.answered", session_uuid=each)
        house.hang_up(each)


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"to": "15550002222"}, "to"),
        ({"to": "user:a/b"}, "to"),
        ({"to": "+15550002222,user/1000"}, "to"),
        ({"machine_detection": True}, "machine_detection"),
        ({"ring_timeout_s": "5"}, "ring_timeout_s"),
    ],
)
def test_bad_input(house: House, wrong: Json, field: str) -> None:
    """issue 4, Bad input: "`to` that is not E.164 …: the contract's status, a stable error_id, nothing sent"."""
    before = len(originated(house))
    answer = house.app.post("/sessions", {"to": TO, "from": house.app.number, **wrong})
    assert list(refused(answer, 400, "invalid-input")["detail"]["fields"]) == [field]
    assert len(originated(house)) == before


def test_the_command_uid_beside_an_idempotency_key(house: House) -> None:
    """ "`command_uid` …: it comes back in the answer and in each webhook that the command causes"; the header, which
    is there for it, is the key: a repeat may carry another command_uid.
    """
    body = {"to": TO, "from": house.app.number}
    first, again = (
        house.app.post("/sessions", {**body, "command_uid": uid}, headers={"Idempotency-Key": "both-1"})
        for uid in ("mine", "later")
    )
    assert ok(first, 201)["command_uid"] == "mine" and again.content == first.content
    session = first.json()["session_uuid"]
    assert house.sink.wait_for_event("call.answered", session_uuid=session)["data"]["command_uid"] == "mine"
    changed = {**body, "to": "+15550003333", "command_uid": "mine"}
    answer = house.app.post("/sessions", changed, headers={"Idempotency-Key": "both-1"})
    refused(answer, 409, "command-uid-reused")
    house.hang_up(session)


def test_whose_number_and_whose_room(house: House) -> None:
    """issue 4: "caller_id that the app does not own"; contract, Errors: 403 another app's, 404 nobody's."""
    before = len(originated(house))
    for number in (house.other.number, "+19998887777"):
        refused(house.app.post("/sessions", {"to": TO, "from": number}), 403, "caller-id-forbidden")
    foreign = house.other.room()
    body = {"to": TO, "from": house.app.number}
    refused(house.app.post("/sessions", {**body, "room_id": foreign}), 403, "room-forbidden")
    refused(house.app.post("/sessions", {**body, "room_id": NOWHERE}), 404, "room-not-found")
    refused(house.app.at(foreign, "dial", body), 403, "room-forbidden")
    session = talking(house)
    refused(house.app.command(session, "transfer", {"to": TO, "caller_id": "+19998887777"}), 403, "caller-id-forbidden")
    refused(house.other.command(session, "transfer", {"to": TO}), 403, "session-forbidden")
    assert len(originated(house)) == before
    house.hang_up(session)


def test_a_call_that_rings_is_in_no_room(house: House) -> None:
    """docs/calls.md: "the answered call is parked and waits for session commands": a join would cut into the dialling.

    The key is freed, and no cooldown begins: once it has answered, the same join is taken.
    """
    room, session = house.app.room(), call_out(house.app, to="+15550000480", ring_timeout_s=2)
    house.sink.wait_for_event("call.ringing", session_uuid=session)
    body = {"room_id": room, "command_uid": "in"}
    refused(house.app.command(session, "conference/join", body), 409, "call-not-answered")
    refused(house.app.command(session, "conference/join", body), 409, "call-not-answered")
    assert not [line for line in house.orders_for(session) if not line.startswith("originate ")]
    house.sink.wait_for_event("call.failed", session_uuid=session)
    refused(house.app.command(session, "conference/join", body), 404, "session-ended")
    talks = call_out(house.app)
    house.sink.wait_for_event("call.answered", session_uuid=talks)
    ok(house.app.command(talks, "conference/join", body), 202)
    house.sink.wait_for_event("conference.member.joined", session_uuid=talks)
    house.hang_up(talks)


def test_the_idempotency_key(house: House) -> None:
    """ "Idempotency-Key/command_uid as POST /conferences": the first answer again, nothing sent twice."""
    body = {"to": TO, "from": house.app.number}
    key = {"headers": {"Idempotency-Key": "k-1"}}
    first = ok(house.app.post("/sessions", body, **key), 201)
    assert ok(house.app.post("/sessions", body, **key), 201) == first
    refused(house.app.post("/sessions", {**body, "to": "+15550003333"}, **key), 409, "command-uid-reused")
    assert len(house.orders_for(first["session_uuid"])) == 1
    created = house.sink.wait_for_event("call.created", session_uuid=first["session_uuid"])
    assert created["data"] == {"command_uid": "k-1"}
    house.sink.wait_for_event("call.answered", session_uuid=first["session_uuid"])
    house.hang_up(first["session_uuid"])


def test_a_transfer_needs_a_call_in_progress(house: House) -> None:
    """issue 4: "All actions need status in-progress, else 409"."""
    ringing = house.call()
    refused(house.app.command(ringing, "transfer", {"to": TO}), 409, "not-in-progress")
    house.hang_up(ringing)
    refused(house.app.command(ringing, "transfer", {"to": TO}), 404, "session-ended")
    session = talking(house)
    for command in ("transfer/complete", "transfer/cancel"):
        refused(house.app.command(session, command), 409, "no-transfer")
    leg = ok(house.app.command(session, "transfer", {"to": "+15550000480"}), 202)["session_uuid"]
    refused(house.app.command(session, "transfer/complete"), 409, "no-consultation")
    refused(house.app.command(session, "transfer", {"to": TO}), 409, "transfer-in-progress")
    house.sink.wait_for_event("call.ringing", session_uuid=leg)
    ok(house.app.command(session, "transfer/cancel"), 202)
    assert house.sink.wait_for_event("call.failed", session_uuid=leg)["data"]["error"]["code"] == "canceled"
    for command, status in (("transfer", "failed"), ("transfer/cancel", "ok")):
        result = house.sink.wait_for_event("command.result", session_uuid=session, command=command)["data"]
        assert result["status"] == status
    house.hang_up(session)


def test_a_room_that_is_destroyed_while_it_rings(house: House) -> None:
    room = house.app.room()
    with house.switch.holding("originate"):
        session = call_out(house.app, room_id=room)
        ok(house.app.delete(f"/conferences/{room}"), 200)
    told = house.sink.wait_for_event("call.completed", session_uuid=session)
    assert told["data"]["hangup_cause"] == "NORMAL_CLEARING"
    assert not house.sink.find("conference.member.joined", session_uuid=session)


def test_a_document_leads_a_call_that_we_make(led: LedHouse) -> None:
    """ "With answer_url the document runs once answered"."""
    house = led.house
    app = house.new_app()
    page = led.page(app, "/out", xml("<Wait length='1'/>", "<Hangup reason='busy'/>"))
    session = call_out(app, answer_url=page)
    assert led.ended(session) == "USER_BUSY"
    asked = [one for one in led.pages.asked if one.path == "/out"]
    assert len(asked) == 1
    assert asked[0].params["Direction"] == "outbound"
    assert (asked[0].params["CallStatus"], asked[0].params["CallUUID"]) == ("in-progress", session)
    assert "sleep 1000" in led.executed(session)


def test_the_new_leg_hears_its_document_before_it_is_connected(led: LedHouse) -> None:
    """tryvox-call-actions.txt, Transfer: "answer_url: Webhook URL for the transferred call"."""
    house = led.house
    session = talking(house)
    page = led.page(house.app, "/whisper", xml("<Wait length='1'/>"))
    leg = ok(house.app.command(session, "transfer", {"to": TO, "answer_url": page}), 202)["session_uuid"]
    result = house.sink.wait_for_event("command.result", session_uuid=session, command="transfer")["data"]
    assert result["status"] == "ok"
    assert "sleep 1000" in led.executed(leg)
    assert f"uuid_bridge {channel(session)} {channel(leg)}" in house.switch.orders
    house.hang_up(leg)
    house.sink.wait_for_event("call.completed", session_uuid=session)
    refuses = led.page(house.app, "/refuses", xml("<Hangup/>"))
    session = talking(house)
    ok(house.app.command(session, "transfer", {"to": TO, "answer_url": refuses}), 202)
    result = house.sink.wait_for_event("command.result", session_uuid=session, command="transfer")["data"]
    assert (result["status"], result["error"]) == ("failed", "the new leg was hung up")
    assert ok(house.app.get(f"/sessions/{session}"), 200)["status"] == "in-progress"
    house.hang_up(session)


def test_a_led_call_is_taken_from_its_document(led: LedHouse) -> None:
    """ "The original call ends when transfer completes": its document does not go on behind the bridge."""
    house = led.house
    app, session = led.dial(xml("<Play loop='0'>" + house.jukebox.url(5.0) + "</Play>"))
    house.sink.wait_for_event("call.answered", session_uuid=session)
    leg = ok(app.command(session, "transfer", {"to": TO}), 202)["session_uuid"]
    house.sink.wait_for_event("command.result", session_uuid=session, command="transfer")
    led.wait_flow(session, state="over")
    house.hang_up(leg)
    house.sink.wait_for_event("call.completed", session_uuid=session)
    last = [line for line in house.orders_for(session) if "uuid_bridge" in line]
    assert last == [f"uuid_bridge {channel(session)} {channel(leg)}"]


def test_a_gateway_killed_before_it_sent(house: House) -> None:
    """ "a gateway killed between commit and send … ends in a truth at reconcile": nobody was called, and it is told."""
    session = "acW68-11111111-2222-4333-8444-555555555555"

    def committed(uow: UnitOfWork) -> None:
        long_ago = uow.now - 2 * DIAL_GRACE_MS
        said = ("outbound", house.app.number, TO, "dialling", long_ago)
        row = Session(session, house.app.id, "acW68", channel(session), *said)
        uow.sessions.put(row)
        uow.dials.put(Dial(session, house.app.id, "call", "dialling", long_ago))
        uow.emit(announcements.call_created(row, uow.now))

    with house.away():
        house.gateway.store.write(committed)
    failed = house.sink.wait_for_event("call.failed", 15.0, session_uuid=session)
    assert (failed["data"]["hangup_cause"], failed["data"]["error"]["code"]) == ("lost", "unreachable")
    assert not house.orders_for(session)
