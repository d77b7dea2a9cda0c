"""The gateway is stopped and started again while the switch goes on: what happened meanwhile is made good.

issue 2, "Reconcile"; contract.md, "Webhooks", "Session commands"; house rule 4a.
"""

import gevent
import pytest

from gateway.api.bodies import body_hash
from gateway.domain.idempotency import CommandKey, command_key_id
from gateway.store.unit_of_work import UnitOfWork
from gateway.webhooks import retry
from tests.flow.house import House, channel, ok, refused
from tests.waiting import wait_for


def member_of(house: House, session: str) -> str:
    """The switch's own number of a member."""
    told = house.sink.find("conference.member.joined", session_uuid=session)[-1]
    return str(told["data"]["member_id"])[1:]


def test_members_who_left_meanwhile(house: House) -> None:
    """issue 2: "members that left while we were away leave with reason `orphan`"; contract.md: "`orphan` (found gone
    after a gap), and `cause`: … or lost".
    """
    room = house.app.room()
    stays, parked, gone = (house.join(room) for _ in range(3))
    with house.away():
        house.switch.api(f"uuid_transfer {channel(parked)} 'park:' inline")
        house.switch.api(f"uuid_kill {channel(gone)}")
        wait_for(lambda: set(house.switch.seats(room)) == {stays}, "the switch has one member there")
    for session in (parked, gone):
        left = house.sink.wait_for_event("conference.member.left", session_uuid=session)["data"]
        assert (left["reason"], left["cause"]) == ("orphan", "lost")
    ended = house.sink.wait_for_event("call.completed", session_uuid=gone)
    assert ended["data"]["hangup_cause"]
    assert [member["uuid"] for member in house.app.members(room)] == [stays]
    assert ok(house.app.get(f"/sessions/{parked}"), 200)["status"] == "in-progress"
    assert ok(house.app.get(f"/sessions/{gone}"), 200)["status"] == "completed"
    assert "call.completed" not in house.sink.names(session_id=parked)
    house.join(room, parked)


def test_members_who_came_and_mutes_meanwhile(house: House) -> None:
    """issue 2: "members that came are joined, mute states are set right"."""
    room = house.app.room()
    unmuted, muted, comes = house.join(room), house.join(room), house.call()
    house.command(muted, "unmute", "conference.member.unmuted")
    first, second = member_of(house, unmuted), member_of(house, muted)
    with house.away():
        house.switch.api(f"conference {room} unmute {first}")
        house.switch.api(f"conference {room} mute {second}")
        house.switch.api(f"uuid_transfer {channel(comes)} 'conference:{room}@gateway,park:' inline")
        wait_for(lambda: house.switch.seats(room) == {unmuted: True, muted: False, comes: True}, "so in the switch")
    joined = house.sink.wait_for_event("conference.member.joined", session_uuid=comes)
    assert joined["data"]["muted"] is False
    assert house.sink.wait_for_event("conference.member.unmuted", session_uuid=unmuted)["data"]["by"] == "switch"
    assert house.sink.wait_for_event("conference.member.muted", session_uuid=muted)["data"]["by"] == "switch"
    known = {member["uuid"]: not member["muted"] for member in house.app.members(room)}
    assert known == house.switch.seats(room)


def test_calls_that_came_meanwhile(house: House) -> None:
    """issue 2: "apply the difference as happenings, with their webhooks": a new call is announced and taken over."""
    with house.away():
        session = f"acW68-{house.switch.call('100', house.app.number, '')}"
        wait_for(lambda: channel(session) in house.switch.api("show channels"), "the call is parked")
    house.sink.wait_for_event("call.created", session_uuid=session)
    wait_for(lambda: [line for line in house.orders_for(session) if "sched_hangup" in line], "it is taken over")
    house.join(house.app.room(), session)


def test_a_room_that_everybody_left(house: House) -> None:
    """contract.md, Webhooks: "each room's and session's announced transitions form a legal chain that ends in the
    switch's state" — the last departure ends the room, what played in it is stopped.
    """
    room = house.app.room()
    session = house.join(room)
    operation = ok(house.app.at(room, "play", {"urls": [house.jukebox.url(30)]}), 202)["operation_id"]
    wait_for(lambda: house.switch.plays(room), "the file is in the switch")
    with house.away():
        house.switch.api(f"uuid_kill {channel(session)}")
        wait_for(lambda: not house.switch.seats(room), "the switch has nobody there")
    assert house.sink.wait_for_event("conference.ended", room_id=room)
    stopped = house.sink.wait_for_event("conference.play.stopped", operation_id=operation)
    assert stopped["data"]["reason"] == "room_empty"
    status = house.app.status(room)
    assert (status["members"], status["playback_status"]) == (0, "stopped")


def test_a_playback_goes_on(house: House) -> None:
    """contract.md, Room playback: the queue is the gateway's. A file that plays on is waited for, never sent twice; one
    that ended meanwhile counts as played, and the next follows.
    """
    room, other = house.app.room(), house.app.room()
    house.join(room)
    house.join(other)
    files = [house.jukebox.url(0.4), house.jukebox.url(0.1, "b")]
    over = ok(house.app.at(room, "play", {"urls": files}), 202)["operation_id"]
    lasts = ok(house.app.at(other, "play", {"urls": [house.jukebox.url(3.0)]}), 202)["operation_id"]
    wait_for(lambda: house.switch.plays(room) and house.switch.plays(other), "both play")
    with house.away():
        wait_for(lambda: not house.switch.plays(room), "the first file is over")
        assert house.switch.plays(other)
    told = house.sink.wait_for_event("conference.play.finished", operation_id=over)["data"]
    assert (told["played"], told["failed"]) == (2, 0)
    assert house.app.status(other)["playback_operation_id"] == lasts
    assert house.sink.wait_for_event("conference.play.finished", operation_id=lasts)["data"]["played"] == 1
    sent = [line for line in house.switch.orders if f"operation_id={lasts}" in line or f"operation_id={over}" in line]
    assert len(sent) == 3


def test_a_paused_playback_stays_paused(house: House) -> None:
    """contract.md, Room playback: the state of the queue is kept: paused before, paused after, resumed by pause."""
    room = house.app.room()
    house.join(room)
    operation = ok(house.app.at(room, "play", {"urls": [house.jukebox.url(30)]}), 202)["operation_id"]
    wait_for(lambda: house.switch.plays(room), "the file is in the switch")
    ok(house.app.at(room, "pause"), 202)
    with house.away():
        pass
    status = house.app.status(room)
    assert (status["playback_status"], status["playback_operation_id"]) == ("paused", operation)
    house.forget_cooldowns()
    assert ok(house.app.at(room, "pause"), 202) == {"operation_id": operation, "status": "resumed"}


def test_open_operations_end(house: House) -> None:
    """contract.md, Session commands: "At start every operation left open ends with command.result timeout." """
    session = house.call()
    with house.switch.holding("uuid_answer"):
        operation = ok(house.app.command(session, "answer", {"command_uid": "open"}), 202)["operation_id"]
        with house.away():
            pass
        data = house.sink.wait_for_event("command.result", operation_id=operation)["data"]
    assert (data["status"], data["command"], data["command_uid"]) == ("timeout", "answer", "open")
    assert data["error"]
    house.sink.wait_for_event("call.answered", session_uuid=session)
    assert len(house.sink.find("command.result", operation_id=operation)) == 1


def test_a_command_that_was_cut_off(house: House) -> None:
    """contract.md, Session commands: "after a crash in between: 504 `switch-timeout`"; 2xx answers are remembered."""
    session = house.join(house.app.room())
    body = {"command_uid": "before"}
    first = house.app.command(session, "conference/unmute", body)
    path = f"/api/v1/sessions/{session}/commands/conference/leave"
    key_id = command_key_id(house.app.id, path, "cut")

    def cut_off(uow: UnitOfWork) -> None:
        """What a process that was killed between its commit and its answer leaves behind."""
        uow.command_keys.put(CommandKey(key_id, body_hash({}), "a-process-that-is-gone", uow.now))

    house.gateway.store.write(cut_off)
    with house.away():
        pass
    again = house.app.command(session, "conference/unmute", body)
    assert (again.status_code, again.content) == (first.status_code, first.content)
    for _ in range(2):
        refused(house.app.command(session, "conference/leave", {"command_uid": "cut"}), 504, "switch-timeout")
    assert not [line for line in house.orders_for(session) if line.endswith("'park:' inline")][1:]


def test_what_was_not_delivered_is(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """contract.md, Webhooks: "nothing lost once its transaction is committed"; issue 2: "every row that was committed
    is delivered under its one id".
    """
    monkeypatch.setattr(retry, "SCHEDULE_S", (0.5,) * 20)
    path = house.app.sink_path
    house.sink.answer(503, path=path)
    room = house.app.room("undelivered")
    ok(house.app.at(room, "volume", {"volume": 1}), 202)
    wait_for(lambda: [one for one in house.sink.received if one.event.get("room_id") == room], "one attempt was made")
    (first, *_) = [one for one in house.sink.received if one.event.get("room_id") == room]
    with house.away():
        house.sink.answer(200, path=path)
        assert house.sink.of_room(room) == []
    told = house.sink.wait_for_event("conference.created", room_id=room)
    assert told["id"] == first.id
    assert {one.body for one in house.sink.received if one.id == first.id} == {first.body}
    house.sink.wait_for_event("conference.play.volume_changed", room_id=room)
    assert [event["room_sequence"] for event in house.sink.of_room(room)] == [1, 2]


def test_a_stop_touches_neither_calls_nor_rooms(house: House) -> None:
    """issue 2: "SIGTERM: stop accepting, finish requests, hand leases back, leave calls and rooms untouched." """
    room = house.app.room()
    sessions = {house.join(room) for _ in range(3)}
    orders, calls = len(house.switch.orders), house.switch.api("show channels as json")
    with house.away():
        assert set(house.switch.seats(room)) == sessions
        assert house.switch.api("show channels as json") == calls
        assert len(house.switch.orders) == orders
    assert {member["uuid"] for member in house.app.members(room)} == sessions
    sent = [line for line in house.switch.orders[orders:] if not line.startswith(("sched_del ", "sched_hangup "))]
    assert sent == [], "a start sets the hang-up timers of calls right, and does nothing else"
    assert "conference.member.left" not in house.sink.names(room)


def test_requests_under_way_are_finished(house: House) -> None:
    """issue 2: "SIGTERM: stop accepting, finish requests"."""
    session = house.join(house.app.room())
    house.switch.fault("delay 0.3")
    asked = gevent.spawn(house.app.command, session, "conference/unmute", {"command_uid": "last"})
    wait_for(lambda: house.is_under_way("last"), "it is under way")
    with house.away():
        answer = asked.get()
        house.switch.fault("none")
    assert ok(answer, 202)["status"] == "unmuted"
    house.sink.wait_for_event("conference.member.unmuted", session_uuid=session)


def test_a_switch_that_is_away_for_a_moment(house: House) -> None:
    """contract.md, Errors: "503 with `switch-unavailable` when the node is unreachable"; lead: DELETE, too. What
    happened in the gap is made good after the reconnect; 503 frees the key.
    """
    room = house.app.room()
    session, leaves = house.join(room), house.join(room)
    key = {"Idempotency-Key": "made-before"}
    made = house.app.post("/conferences", {"name": "before-the-gap"}, headers=key)
    house.switch.fault("down 0.7")
    wait_for(lambda: house.app.ask("GET", "/../../readyz").status_code == 503, "not ready, and it says why")
    uid = {"command_uid": "when-it-is-back"}
    refused(house.app.command(session, "conference/unmute", uid), 503, "switch-unavailable")
    refused(house.app.command(session, "hangup"), 503, "switch-unavailable")
    refused(house.app.delete(f"/conferences/{room}"), 503, "switch-unavailable")
    refused(house.app.post("/conferences", {"name": "nowhere"}), 503, "switch-unavailable")
    again = house.app.post("/conferences", {"name": "before-the-gap"}, headers=key)
    assert (again.status_code, again.content) == (201, made.content)
    refused(house.app.post("/conferences", {"name": "before-the-gap"}), 409, "conference-name-taken")
    assert house.app.status(room)["members"] == 2
    house.switch.api(f"uuid_kill {channel(leaves)}")
    wait_for(lambda: not house.gateway.why_not_ready(), "it is back", 10)
    left = house.sink.wait_for_event("conference.member.left", session_uuid=leaves)
    assert left["data"]["reason"] == "orphan"
    assert ok(house.app.command(session, "conference/unmute", uid), 202)["status"] == "unmuted"
    house.sink.wait_for_event("conference.member.unmuted", session_uuid=session)
    ok(house.app.delete(f"/conferences/{room}"), 200)
    house.sink.wait_for_event("conference.member.left", session_uuid=session)
