"""Deliveries against real HTTP receivers and both databases: order, lanes, crashes (contract, "Webhooks")."""

from dataclasses import replace

from gevent.event import Event as Flag
from standardwebhooks.webhooks import Webhook

from gateway.webhooks.connections import Timeouts
from tests.contract.delivery_house import FAST, House, receiver
from tests.receiver import Answer, Received, hang
from tests.waiting import wait_for


def test_a_delivery_as_a_receiver_sees_it(house: House) -> None:
    """POST, application/json … Signed by the Standard Webhooks scheme."""
    with receiver() as app:
        endpoint = house.endpoint("ep", app.url)
        house.deliverer()
        house.emit("first", room="room1")
        house.settled(1)
        got = app.got[0]
        assert got.path == "/hook?a=b"
        assert got.headers["content-type"] == "application/json"
        assert Webhook(endpoint.secrets[0]).verify(got.body, got.headers)["id"] == got.id
        assert got.headers["x-minivoice-signature"].startswith("v1=")


def test_order_per_room_and_session_through_failures(house: House) -> None:
    """Promise: at least once, in order per room and per session, unchanged bytes on every attempt"""
    seen: dict[str, bytes] = {}

    def moody(received: Received) -> Answer:
        first = received.id not in seen
        assert seen.setdefault(received.id, received.body) == received.body
        return (503, {}) if first and received.json["data"]["name"].endswith("3") else (200, {})

    with receiver(moody) as app:
        house.endpoint("ep", app.url)
        house.deliverer()
        for number in range(10):
            house.emit(f"a{number}", room="a", session="s")
            house.emit(f"b{number}", room="b")
            house.emit(f"c{number}", room="c", session="s")

        def all_delivered() -> bool:
            house.later(6)
            return len(house.rows("delivered")) == 30

        wait_for(all_delivered, "every row delivered", 10)
        done = [
            received
            for index, received in enumerate(app.got)
            if received.id not in {later.id for later in app.got[index + 1 :]}
        ]
        for key in ("room_id", "session_uuid"):
            for lane in {received.json.get(key) for received in done} - {None}:
                names = [r.json["data"]["name"] for r in done if r.json.get(key) == lane]
                assert [name[1:] for name in names] == sorted(name[1:] for name in names)


def test_a_slow_endpoint_does_not_delay_another(house: House) -> None:
    """One endpoint's trouble never delays another's."""
    with receiver(hang) as slow, receiver() as quick:
        house.endpoint("slow", slow.url)
        house.endpoint("ep", quick.url)
        house.deliverer(limits=replace(FAST, in_flight=4, timeouts=Timeouts(30, 5)))
        for number in range(100):
            house.emit(f"{number}", to=("slow",), room=f"room{number}")
        wait_for(lambda: len(slow.got) >= 4, "the slow endpoint holds its places")
        house.emit(*[str(number) for number in range(50)], room="room")
        wait_for(lambda: len(quick.got) == 50, "the quick one gets everything", 2)


def test_a_dead_lane_does_not_delay_others(house: House) -> None:
    """A slow or dead endpoint holds back its own lane only."""
    with receiver(lambda received: (500 if received.json.get("room_id") == "dead" else 200, {})) as app:
        house.endpoint("ep", app.url)
        house.deliverer()
        house.emit(*[f"d{number}" for number in range(300)], room="dead")
        wait_for(lambda: app.got, "the first attempt")
        house.emit("alive", room="alive")
        wait_for(lambda: "alive" in app.names, "the other lane's delivery", 2)
        assert [name for name in app.names if name.startswith("d")] == ["d0"]


def test_killed_between_post_and_settle_sends_the_same_again(house: House) -> None:
    """nothing lost once its transaction is committed, also through kill -9"""
    arrived, release = Flag(), Flag()

    def wait(_received: Received) -> Answer:
        arrived.set()
        release.wait(5)
        return 200, {}

    with receiver(wait) as app:
        house.endpoint("ep", app.url)
        first = house.deliverer(limits=replace(FAST, timeouts=Timeouts(30, 5), lease_s=1))
        house.emit("one", "two", room="room")
        assert arrived.wait(5)
        first.abandon()
        house.deliverers.remove(first)
        release.set()
        house.deliverer("two")
        house.settled(2)
        assert app.names == ["one", "one", "two"]
        assert app.got[0].id == app.got[1].id
        assert app.got[0].body == app.got[1].body
