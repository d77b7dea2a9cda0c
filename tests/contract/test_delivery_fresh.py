"""Rows that this process committed itself, while a pass over the table is under way: sent in order, never lost."""

from collections.abc import Generator, Sequence
from dataclasses import replace
from typing import Any

import pytest
from gevent.event import Event as Flag
from sqlalchemy import Connection

from gateway.domain.deliveries import Ref
from gateway.store import outbox
from gateway.store.engine import is_postgres, open_engine
from gateway.store.store import Store
from tests.contract.delivery_house import FAST, House, receiver

# Nobody looks at the table of their own accord: only what a commit tells starts anything.
TOLD_ONLY = replace(FAST, poll_s=60)


class Reading:
    """Passes over the table. While `held` they stop behind their snapshot; `ids` is what they found."""

    def __init__(self) -> None:
        self.ids: list[int] = []
        self.held = False
        self.stopped, self.go_on = Flag(), Flag()

    def pending(self, connection: Connection, *args: Any) -> Generator[Sequence[Ref], None, None]:
        pages = list(outbox_pending(connection, *args))
        if self.held:
            self.stopped.set()
            self.go_on.wait(10)
        for page in pages:
            self.ids += [row.id for row in page]
            yield page


outbox_pending = outbox.pending


@pytest.fixture
def reading(monkeypatch: pytest.MonkeyPatch) -> Reading:
    made = Reading()
    monkeypatch.setattr(outbox, "pending", made.pending)
    return made


def _in_a_pass(house: House, reading: Reading) -> None:
    house.emit("one", room="room")
    house.settled(1)
    reading.held = True
    house.deliverers[0].wake_resent()
    assert reading.stopped.wait(5)
    reading.ids.clear()


def test_what_is_committed_during_a_pass_is_sent_behind_it_and_not_read_back(house: House, reading: Reading) -> None:
    """A delivery is due when no undelivered one of the same endpoint with a smaller id shares its room_id"""
    with receiver() as app:
        house.endpoint("ep", app.url)
        house.deliverer(limits=TOLD_ONLY)
        _in_a_pass(house, reading)
        house.emit("two", "three", room="room")
        house.emit("four", room="room")
        reading.held = False
        reading.go_on.set()
        house.settled(4)
        assert app.names == ["one", "two", "three", "four"]
        if not is_postgres(house.store.engine):  # there the ids of new rows are not known without reading
            assert reading.ids == []


def test_kill_9_during_a_pass_leaves_what_was_committed_to_the_next_process(house: House, reading: Reading) -> None:
    """nothing lost once its transaction is committed, also through kill -9"""
    with receiver() as app:
        house.endpoint("ep", app.url)
        first = house.deliverer(limits=replace(TOLD_ONLY, lease_s=1))
        _in_a_pass(house, reading)
        house.emit("two", "three", room="room")
        first.abandon()
        house.deliverers.remove(first)
        reading.held = False
        assert app.names == ["one"] and len(house.rows("pending")) == 2
        house.deliverer("two")
        house.settled(3)
        assert app.names == ["one", "two", "three"]


def test_rows_that_another_process_wrote_in_between_keep_their_place(house: House, reading: Reading) -> None:
    """id order is commit order in each lane"""
    with receiver() as app:
        house.endpoint("ep", app.url)
        house.deliverer(limits=TOLD_ONLY)
        _in_a_pass(house, reading)
        house.emit("two", room="room")
        own = house.store
        url = own.engine.url.render_as_string(hide_password=False)
        other = Store(open_engine(url), house._compose, house.clock)
        house.store = other
        house.emit("three", room="room")
        house.store = own
        other.stop()
        house.emit("four", room="room")
        reading.held = False
        reading.go_on.set()
        house.settled(4)
        assert app.names == ["one", "two", "three", "four"]
