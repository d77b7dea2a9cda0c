"""What endpoints answer, or do not, and what follows, on both databases (contract, "Webhooks")."""

import socket
from dataclasses import replace

import pytest
from sqlalchemy import select

from gateway.domain.flow import Callback
from gateway.store import apps, tables
from gateway.webhooks import callbacks
from gateway.webhooks.connections import Timeouts
from gateway.webhooks.delivery import Deliverer
from tests.contract.delivery_house import FAST, House, receiver
from tests.receiver import Answer, hang
from tests.waiting import wait_for


def test_410_disables_the_endpoint_and_says_so(house: House) -> None:
    """410 disables the endpoint and says so."""
    with receiver(lambda _received: (410, {})) as app:
        house.endpoint("ep", app.url)
        house.deliverer()
        house.emit("one", "two", "three", room="room")
        house.settled(3, "dead")
        assert len(app.got) == 1
        stored = house.store.read(lambda connection: apps.find_endpoint(connection, "ep"))
        assert stored is not None
        assert stored.disabled_at
        assert "410" in stored.disabled_reason
        assert {row.last_error for row in house.rows("dead")} == {"endpoint-disabled"}


@pytest.mark.parametrize("status", [429, 503])
def test_retry_after_is_honoured(house: House, status: int) -> None:
    """Retry-After honoured"""
    answers = [(status, {"Retry-After": "90"}), (200, {})]
    with receiver(lambda _received: answers.pop(0)) as app:
        house.endpoint("ep", app.url)
        house.deliverer()
        house.emit("one", room="room")
        wait_for(lambda: house.rows()[0].attempts == 1, "the first attempt is settled")
        row = house.rows()[0]
        assert (row.state, row.last_status) == ("pending", status)
        assert 85_000 < row.due_at - house.clock.now_ms() <= 90_000
        house.later(91)
        house.settled(1)
        assert app.got[0].body == app.got[1].body


def test_timeouts_are_retried(house: House) -> None:
    """timeouts and connection errors are retried"""
    with receiver(hang) as app:
        house.endpoint("ep", app.url)
        house.deliverer()
        house.emit("one")
        wait_for(lambda: house.rows()[0].attempts == 1, "the timeout is settled")
        assert house.rows()[0].last_error.startswith("timeout")


def test_a_refused_connection_is_retried(house: House) -> None:
    """timeouts and connection errors are retried"""
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        house.endpoint("ep", f"http://127.0.0.1:{unused.getsockname()[1]}/")
        house.deliverer()
        house.emit("one")
        wait_for(lambda: house.rows()[0].attempts == 1, "the refusal is settled")
        assert "refused" in house.rows()[0].last_error.lower()


def test_redirects_are_not_followed(house: House) -> None:
    """other answers … go to the dead letters"""
    with receiver() as other, receiver(lambda _received: (302, {"Location": other.url})) as app:
        house.endpoint("ep", app.url)
        house.deliverer()
        house.emit("one")
        house.settled(1, "dead")
        assert not other.got
        assert len(app.got) == 1


def test_a_re_sent_dead_letter_keeps_id_sequence_and_bytes(house: House) -> None:
    """A re-sent dead letter keeps id, sequence and bytes."""
    answers: list[Answer] = [(400, {}), (200, {}), (200, {})]
    with receiver(lambda _received: answers.pop(0)) as app:
        house.endpoint("ep", app.url)
        house.deliverer()
        house.emit("one", room="room")
        house.settled(1, "dead")
        house.emit("two", room="room")
        house.settled(1)
        assert house.deliveries.resend(app.got[0].id, "app") == 1
        house.settled(2)
        assert app.names == ["one", "two", "one"]
        assert (app.got[0].id, app.got[0].body) == (app.got[2].id, app.got[2].body)


def _callbacks(house: House, secret: str, refused: str = "") -> None:
    """A deliverer of callbacks, signed with `secret`."""
    signers = {callbacks.KIND: callbacks.callback_signer(lambda _app_id: secret)}
    made = Deliverer(
        house.store,
        house.endpoints.get,
        "x",
        house.clock,
        lambda _host, _port, ip: ip == refused,
        FAST,
        signers=signers,
    )
    made.start()
    house.deliverers.append(made)


def test_a_callback_without_a_secret_is_not_sent(house: House) -> None:
    """All are signed with X-Plivo-Signature-V3: with the app its secret is gone."""
    with receiver() as app:
        _callbacks(house, "")
        house.store.write(lambda uow: uow.tell(Callback(app.url, "POST", {"CallUUID": "1"}), "app", ""))
        house.settled(1, "dead")
        (row,) = house.rows("dead")
        assert (row.last_error, row.last_status) == ("app-removed", 0)
        assert not app.got


def test_private_addresses_are_refused(house: House) -> None:
    """each redirect hop checked against private addresses: the address that is connected to is the one checked.

    Endpoints are the operator's own words and may be anywhere; callbacks are named by documents.
    """
    with receiver() as app:
        _callbacks(house, "whsec_x", refused="127.0.0.1")
        house.store.write(lambda uow: uow.tell(Callback(app.url, "POST", {"CallUUID": "1"}), "app", ""))
        wait_for(lambda: house.rows()[0].attempts == 1, "the refusal is settled")
        assert house.rows()[0].last_error.startswith("OSError: address-not-allowed")
        assert not app.got


def test_a_url_beyond_ascii_is_sent_to(house: House) -> None:
    """at least once"""
    with receiver() as app:
        house.endpoint("ep", app.url + "&who=Jürgen")
        house.deliverer()
        house.emit("one")
        house.settled(1)
        assert app.got[0].path == "/hook?a=b&who=J%C3%BCrgen"


def test_what_was_never_sent_is_not_said_to_have_been_answered(house: House) -> None:
    """other answers and exhausted rows go to the dead letters: here nobody answered"""
    house.endpoint("ep", "http://bü..example/")
    house.deliverer()
    house.emit("one")
    house.settled(1, "dead")
    (row,) = house.rows("dead")
    assert (row.last_status, row.attempts) == (0, 1)
    assert row.last_error == "the URL names no valid host"


def test_two_processes_share_endpoints_and_keep_order(house: House) -> None:
    """in order per room and per session: exactly one process posts an endpoint's rows"""
    with receiver() as app:
        for name in ("a", "b", "c", "d"):
            house.endpoint(name, f"{app.url}&to={name}")
        for owner in ("one", "two"):
            house.deliverer(owner)
        for number in range(50):
            house.emit(f"{number:03d}", to=("a", "b", "c", "d"), room=f"room{number % 3}")
        house.settled(200)
        assert len(app.got) == 200
        for lane in {(received.path, received.json["room_id"]) for received in app.got}:
            names = [r.json["data"]["name"] for r in app.got if (r.path, r.json["room_id"]) == lane]
            assert names == sorted(names)


def test_many_hanging_endpoints_do_not_delay_one_that_works(house: House) -> None:
    """One endpoint's trouble never delays another's."""
    with receiver(hang) as hanging, receiver() as app:
        names = tuple(f"hanging{number}" for number in range(60))
        for name in names:
            house.endpoint(name, hanging.url)
        house.endpoint("ep", app.url)
        house.deliverer(limits=replace(FAST, in_flight=8, timeouts=Timeouts(30, 5)))
        for number in range(5):
            house.emit(f"{number}", to=names, room=f"room{number}")
        wait_for(lambda: len(hanging.got) >= 60, "all of them hang", 5)
        for number in range(20):
            house.emit(f"{number}", room="room")
            wait_for(lambda number=number: len(app.got) > number, "delivered at once", 1)  # type: ignore[misc]


def test_an_endpoint_that_is_down_is_tried_gently_and_recovers(house: House) -> None:
    """5 s, 30 s … jittered: and no storm of attempts, however many lanes wait"""
    status = [503]
    with receiver(lambda _received: (status[0], {})) as app:
        house.endpoint("ep", app.url)
        house.deliverer()
        for number in range(100):
            house.emit(f"{number}", room=f"room{number}")
        wait_for(lambda: len(app.got) >= 9, "some lanes failed")
        assert len(app.got) < 30
        status[0] = 200
        house.later(10)
        house.settled(100)


def test_a_lost_lease_stops_posting_and_another_takes_over(house: House) -> None:
    with receiver() as app:
        house.endpoint("ep", app.url)
        house.deliverer("one", replace(FAST, lease_s=1.5))
        house.emit("one", room="room")
        house.settled(1)
        thief = tables.leases.update().values(owner="thief", until_at=house.clock.now_ms() + 2_000)
        house.store.write(lambda uow: uow.execute(thief))
        wait_for(lambda: not house.deliverers[0]._couriers, "the courier is dismissed")
        house.emit("two", room="room")
        house.settled(2)
        owner = house.store.read(lambda connection: connection.execute(select(tables.leases.c.owner)).scalar_one())
        assert owner == "one"
