"""contract.md, "Webhooks", as an app's receiver sees them: the native part, over loopback."""

import json
import re
import time
from typing import Any

import gevent
import pytest

from gateway.services.endpoints import Endpoints
from gateway.webhooks import retry
from tests.flow.house import Client, House, ok, refused
from tests.waiting import wait_for

Json = dict[str, Any]


def arrived(house: House, app: Client, path: str = "") -> list[Json]:
    """What was accepted at the app's path, or at another, in order."""
    return [one.event for one in house.sink.accepted if one.path == (path or app.sink_path)]


def attempts(house: House, event_id: str) -> list[tuple[int, bytes]]:
    return [(one.status, one.body) for one in house.sink.received if one.id == event_id]


@pytest.fixture
def quick_retries(monkeypatch: pytest.MonkeyPatch) -> None:
    """The schedule's shape in fractions of a second."""
    monkeypatch.setattr(retry, "SCHEDULE_S", (0.2, 0.3, 0.4, 0.5))


def test_the_envelope(house: House) -> None:
    """contract.md, Webhooks: "POST, `application/json`, body: {"id": "evt_…", "event": …, "created_at":

    "2026-05-06T12:34:56.123Z", "app_id": "…", "session_uuid": …|absent, "room_id": …|absent, "sequence": n (with
    session_uuid …), "room_sequence": n (with room_id …), "data": {…}}".
    """
    app = house.new_app()
    session = house.join(app.room(), app=app)
    house.hang_up(session)
    events = arrived(house, app)
    assert len({event["id"] for event in events}) == len(events) >= 6
    for event in events:
        assert re.fullmatch(r"evt_[0-9a-f]{32}", event["id"])
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", event["created_at"])
        assert event["app_id"] == app.id
        assert isinstance(event["data"], dict)
        assert ("session_uuid" in event) == ("sequence" in event)
        assert ("room_id" in event) == ("room_sequence" in event)
        known = {"id", "event", "created_at", "app_id", "data", "call", "variables"}
        assert set(event) <= known | {"session_uuid", "sequence", "room_id", "room_sequence"}
        assert ("call" in event) == ("variables" in event) == event["event"].startswith("call.")


def test_the_signatures(house: House) -> None:
    """contract.md, Webhooks: "Signed by the Standard Webhooks scheme …", "Beside them, for receivers written for
    MiniVoice: `X-MiniVoice-Timestamp` and `X-MiniVoice-Signature`". The sink verifies each; here their form.
    """
    app = house.new_app()
    app.room()
    house.sink.wait_for(lambda: arrived(house, app), "a webhook of the app")
    one = next(one for one in house.sink.received if one.path == app.sink_path)
    assert re.fullmatch(r"v1,[A-Za-z0-9+/]{43}=", one.headers["webhook-signature"])
    assert re.fullmatch(r"v1=[0-9a-f]{64}", one.headers["x-minivoice-signature"])
    assert abs(int(one.headers["webhook-timestamp"]) - time.time()) < 60
    assert one.headers["webhook-timestamp"] == one.headers["x-minivoice-timestamp"]
    assert one.headers["webhook-id"] == one.event["id"]


def test_a_secret_is_rotated(house: House) -> None:
    """contract.md, Webhooks: "several signatures while a secret is rotated"."""
    app, endpoints = house.new_app(), Endpoints(house.gateway.store)
    (endpoint,) = endpoints.list_endpoints(app.id)
    fresh = endpoints.rotate_secret(endpoint.id, overlap_s=60).secrets[0]
    house.gateway.directory.invalidate()
    assert fresh != endpoint.secrets[0]
    house.sink.trust(app.sink_path, fresh)
    room = app.room()
    house.sink.wait_for_event("conference.created", room_id=room)
    (one,) = (one for one in house.sink.received if one.path == app.sink_path)
    assert len(one.headers["webhook-signature"].split(" ")) == 2


def test_what_is_not_taken_is_sent_again_unchanged(house: House, quick_retries: None) -> None:
    """contract.md, Webhooks: "unchanged bytes on every attempt"; "2xx is delivered; 408, 425, 429, 5xx, timeouts and
    connection errors are retried"; "A delivery is due when no undelivered one of the same endpoint with a smaller id
    shares its room_id or its session_uuid."
    """
    app = house.new_app()
    for status in (500, 429, 408, 425):
        house.sink.answer(status, times=1, path=app.sink_path)
    room = app.room("retried")
    told = house.sink.wait_for_event("conference.created", 15, room_id=room)
    tried = attempts(house, told["id"])
    assert [status for status, _ in tried] == [500, 429, 408, 425, 200]
    assert len({body for _, body in tried}) == 1


def test_order_holds_behind_a_retry_and_other_lanes_go_on(house: House, quick_retries: None) -> None:
    """contract.md, Webhooks: "in order per room and per session" — "no undelivered one … with a smaller id shares its
    room_id or its session_uuid".
    """
    app = house.new_app()
    house.sink.answer(503, times=1, path=app.sink_path)
    slow = app.room("slow")
    wait_for(lambda: house.sink.attempts[app.sink_path] == 1, "the first attempt")
    ok(app.delete(f"/conferences/{slow}"), 200)
    quick = app.room("quick")
    house.sink.wait_for_event("conference.created", room_id=quick)
    house.sink.wait_for_event("conference.destroyed", room_id=slow)
    order = [(event["event"], event["room_id"]) for event in arrived(house, app)]
    assert order.index(("conference.created", quick)) < order.index(("conference.created", slow))
    assert order.index(("conference.created", slow)) < order.index(("conference.destroyed", slow))


def test_one_endpoints_trouble_is_its_own(house: House) -> None:
    """contract.md, Webhooks: "One endpoint's trouble never delays another's." """
    stuck, well = house.new_app(), house.new_app()
    house.sink.hang(stuck.sink_path)
    try:
        rooms = [stuck.room() for _ in range(5)]
        for _ in range(20):
            house.sink.wait_for_event("conference.created", 2, room_id=well.room())
        assert arrived(house, stuck) == []
    finally:
        house.sink.go_on(stuck.sink_path)
    for room in rooms:
        house.sink.wait_for_event("conference.created", room_id=room)


def test_dead_letters_are_listed_and_sent_again(house: House) -> None:
    """contract.md, Webhooks: "other answers and exhausted rows go to the dead letters, listed and re-sendable by API
    and CLI"; "A re-sent dead letter keeps id, sequence and bytes."
    """
    app = house.new_app()
    house.sink.answer(400, times=1, path=app.sink_path)
    room = app.room("dead")
    wait_for(lambda: ok(app.get("/webhooks/deliveries"), 200)["deliveries"], "a dead letter is listed")
    (dead,) = ok(app.get("/webhooks/deliveries"), 200)["deliveries"]
    assert (dead["event"], dead["room_id"], dead["state"], dead["last_status"]) == (
        "conference.created",
        room,
        "dead",
        400,
    )
    (shown,) = ok(app.get(f"/webhooks/deliveries/{dead['id']}"), 200)["deliveries"]
    assert shown["body"]["data"]["name"] == "dead"
    refused(house.other.get(f"/webhooks/deliveries/{dead['id']}"), 404, "delivery-not-found")
    refused(house.other.post(f"/webhooks/deliveries/{dead['id']}/resend"), 404, "delivery-not-found")
    assert ok(app.post(f"/webhooks/deliveries/{dead['id']}/resend"), 202) == {"resent": 1}
    told = house.sink.wait_for_event("conference.created", room_id=room)
    assert (told["id"], told["room_sequence"]) == (dead["event_id"], 1)
    (first, before), (second, after) = attempts(house, told["id"])
    assert ((first, second), before == after) == ((400, 200), True)
    wait_for(lambda: not ok(app.get("/webhooks/deliveries"), 200)["deliveries"], "the dead letter is gone")


def test_exhausted_rows_are_dead(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """contract.md, Webhooks: "exhausted rows go to the dead letters", and what waited behind them goes on."""
    monkeypatch.setattr(retry, "SCHEDULE_S", (0.05, 0.05))
    app = house.new_app()
    house.sink.answer(502, times=3, path=app.sink_path)
    room = app.room("exhausted")
    ok(app.delete(f"/conferences/{room}"), 200)
    house.sink.wait_for_event("conference.destroyed", room_id=room)
    wait_for(lambda: ok(app.get("/webhooks/deliveries"), 200)["deliveries"], "the dead letter is listed")
    (dead,) = ok(app.get("/webhooks/deliveries"), 200)["deliveries"]
    assert (dead["event"], dead["attempts"]) == ("conference.created", 3)
    assert [event["event"] for event in arrived(house, app)] == ["conference.destroyed"]
    # the receiver's gap is the dead letter: it came too late to be in order
    house.sink.accepted[:] = [one for one in house.sink.accepted if one.path != app.sink_path]


def test_gone_disables_the_endpoint(house: House) -> None:
    """contract.md, Webhooks: "410 disables the endpoint and says so." """
    app = house.new_app()
    house.sink.answer(410, times=1, path=app.sink_path)
    app.room()

    def disabled() -> bool:
        (endpoint,) = ok(app.get("/webhooks/endpoints"), 200)["endpoints"]
        return "410" in json.dumps(endpoint.get("disabled_reason"))

    wait_for(disabled, "the endpoint says that it is disabled, and why")
    asked = house.sink.attempts[app.sink_path]
    other = house.other.room()
    app.room()
    house.sink.wait_for_event("conference.created", room_id=other)
    assert house.sink.attempts[app.sink_path] == asked


def test_patterns(house: House) -> None:
    """contract.md, Webhooks: "An app has one or more endpoints, each with its own secret and an optional list of event
    patterns (`conference.*`)"; talking events go "only to endpoints that name them"; "Sequences count the room's or
    session's events, not deliveries: an endpoint with patterns sees gaps. talking_* carry no sequence".
    """
    app, endpoints = house.new_app(), Endpoints(house.gateway.store)
    wanted = {"/members": ["conference.member.*"], "/talk": ["conference.member.talking_*"], "/calls": ["call.*"]}
    for path, patterns in wanted.items():
        endpoint = endpoints.add(app.id, house.sink.url(app.sink_path + path), patterns)
        house.sink.trust(app.sink_path + path, endpoint.secrets[0])
    house.gateway.directory.invalidate()
    session = house.join(app.room(), app=app)
    ok(app.command(session, "conference/unmute"), 202)
    house.sink.wait_for(
        lambda: "conference.member.unmuted" in [e["event"] for e in arrived(house, app, app.sink_path + "/members")],
        "unmuted at /members",
    )
    house.switch.api(f"simulator talk {session[6:]} on")
    house.sink.wait_for(lambda: arrived(house, app, app.sink_path + "/talk"), "somebody talks")
    house.hang_up(session)
    house.sink.wait_for(
        lambda: "call.completed" in [e["event"] for e in arrived(house, app, app.sink_path + "/calls")], "completed"
    )
    house.sink.wait_for(lambda: "call.completed" in [e["event"] for e in arrived(house, app)], "completed, everywhere")
    house.sink.wait_for(lambda: "conference.ended" in [e["event"] for e in arrived(house, app)], "ended")
    names = {path: {e["event"] for e in arrived(house, app, app.sink_path + path)} for path in (*wanted, "")}
    assert names["/members"] == {f"conference.member.{word}" for word in ("joined", "unmuted", "left")}
    assert names["/talk"] <= {"conference.member.talking_started", "conference.member.talking_stopped"}
    assert names["/calls"] == {"call.created", "call.answered", "call.completed"}
    assert names["/members"] | names["/calls"] | {"conference.created", "conference.ended"} <= names[""]
    assert not names[""] & names["/talk"]
    talk = arrived(house, app, app.sink_path + "/talk")[0]
    assert "sequence" not in talk
    assert "room_sequence" not in talk
    house.sink.assert_ordered(gaps_at=[app.sink_path + path for path in wanted])
    house.sink.accepted[:] = [one for one in house.sink.accepted if one.path not in [app.sink_path + p for p in wanted]]


def test_a_storm_is_told_in_order(house: House) -> None:
    """contract.md, Webhooks: "at least once, in order per room and per session". Forty callers at once, through three
    rooms; the fixture checks signatures, sequences and chains.
    """
    app = house.new_app()
    rooms = [app.room() for _ in range(3)]

    def life(number: int) -> None:
        room = rooms[number % 3]
        session = house.call(app)
        joins = app.command(session, "conference/join", {"room_id": room})
        assert joins.status_code == 202
        house.sink.wait_for_event("conference.member.joined", 20, session_uuid=session)
        assert app.command(session, "conference/unmute").status_code == 202
        house.sink.wait_for_event("conference.member.unmuted", 20, session_uuid=session)
        house.hang_up(session)

    lives = [gevent.spawn(life, number) for number in range(40)]
    gevent.joinall(lives, raise_error=True)
    for room in rooms:
        house.sink.wait_for(lambda: house.sink.names(room)[-1] == "conference.ended", "the room is empty")  # noqa: B023
        assert house.sink.names(room).count("conference.member.left") in (13, 14)
