"""Text and numbers that a database would choke on: the same refusals on SQLite and PostgreSQL, never a 503."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine

from gateway.domain.clock import SystemClock
from gateway.domain.events import Outgoing
from gateway.domain.room import Room
from gateway.errors import NotFound, Unauthorized
from gateway.services.commands import CommandDesk
from gateway.services.deliveries import Deliveries
from gateway.services.directory import Directory
from gateway.services.paging import Page
from gateway.services.rooms import Rooms
from gateway.store.store import Store
from gateway.switch.pool import SwitchPool
from tests.world import APP, NODE, ROOM


@pytest.fixture
def store(engine: Engine) -> Iterator[Store]:
    opened = Store(engine, lambda _event, _sequence, _room: Outgoing("", b"", ()), SystemClock())
    opened.write(lambda uow: uow.rooms.put(Room(ROOM, APP.id, NODE, "standup", "api", 500)))
    yield opened
    opened.stop()


@pytest.mark.parametrize("app_id", ["app_\0", "\xff\xfe", "\0"])
def test_an_app_id_of_any_bytes_is_unauthorized(store: Store, app_id: str) -> None:
    with pytest.raises(Unauthorized):
        Directory(store, SystemClock()).authenticate(app_id, "key\0")


@pytest.mark.parametrize("after", [2**53 - 1, -(2**53) + 1, 2**31])
def test_a_made_up_cursor_of_members_is_an_empty_page_or_the_first(store: Store, after: int) -> None:
    pool = SwitchPool([])
    rooms = Rooms(store, pool, CommandDesk(store, pool, "owner"))
    page = Page("members", 50, Page("members", 50).cursor(after))
    assert rooms.members(APP, ROOM, page)["members"] == []


@pytest.mark.parametrize("after", [2**53 - 1, -(2**53) + 1])
def test_a_made_up_cursor_of_rooms_is_a_page(store: Store, after: int) -> None:
    pool = SwitchPool([])
    rooms = Rooms(store, pool, CommandDesk(store, pool, "owner"))
    page = Page("rooms", 50, Page("rooms", 50).cursor(after, "'; --"))
    assert len(rooms.page(APP, page)["conferences"]) == (after < 0)  # type: ignore[arg-type]


@pytest.mark.parametrize("key", ["\0", "9" * 18, "9" * 40, "evt_'"])
def test_a_made_up_delivery_is_not_found(store: Store, key: str) -> None:
    with pytest.raises(NotFound):
        Deliveries(store, SystemClock()).show(key)
