"""Webhooks whose hosts' names are looked up slowly: they hold back nobody else's."""

import _socket
import time
from contextlib import closing
from dataclasses import replace

import gevent
import pytest

from gateway.domain.deliveries import Parcel
from gateway.webhooks.retry import Attempt
from gateway.webhooks.sender import Sender
from tests.contract.delivery_house import House, receiver
from tests.unit.media.slow_names import SlowNames
from tests.waiting import wait_for

SLOW = 14  # more than gevent's own pool has threads


def test_slow_names_of_endpoints_delay_no_others(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """One endpoint's trouble never delays another's."""
    slow = SlowNames("127.0.0.1")
    monkeypatch.setattr(_socket, "getaddrinfo", slow)
    with receiver() as app:
        house.endpoint("ep", app.url.replace("127.0.0.1", "fine.test"))
        for number in range(SLOW):
            house.endpoint(f"ep{number}", app.url.replace("127.0.0.1", f"slow{number}.test"))
        house.deliverer()
        house.emit("to all of them", to=tuple(f"ep{number}" for number in range(SLOW)))
        wait_for(lambda: len(slow.asked) >= 10, "their names are looked up")
        house.emit("to another", to=("ep",))
        wait_for(lambda: app.got, "it gets its own at once", limit_s=4)
        assert [received.headers["host"].partition(":")[0] for received in app.got] == ["fine.test"]
        slow.answer()
        house.later(60)
        house.settled(SLOW + 1)


class _Unsigned:
    def headers(self, _webhook_id: str, _timestamp_s: int, _body: bytes) -> str:
        return ""


def test_slow_names_of_an_apps_callbacks_delay_no_other_apps(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """However many hosts its documents name: it is the app that has four look-ups."""
    slow = SlowNames("127.0.0.1")
    monkeypatch.setattr(_socket, "getaddrinfo", slow)
    office = replace(house.deliverer()._office, signers={"callback": lambda _parcel: _Unsigned()})
    with receiver() as app:

        def send(app_id: str, host: str) -> Attempt:
            url = app.url.replace("127.0.0.1", host)
            parcel = Parcel(1, "evt_1", "callback", app_id, b"", url, "POST", "text/plain", 0)
            with closing(Sender(f"callback:{host}", office)) as sender:
                return sender.send(parcel, time.monotonic() + 10)

        attack = [gevent.spawn(send, "evil", f"slow{number}.test") for number in range(SLOW)]
        wait_for(lambda: office.lookups.callbacks.waiting == SLOW - 4, "four of its names are looked up")
        assert send("good", "fine.test").status == 200
        slow.answer()
        gevent.joinall(attack, raise_error=True)
