"""store/apps.py and the services over it: the same promises on SQLite and PostgreSQL."""

from collections.abc import Iterator

import gevent
import pytest
from sqlalchemy import Engine

from gateway.domain.apps import ApiKey, App, Endpoint, Number
from gateway.domain.clock import SystemClock
from gateway.domain.events import Outgoing
from gateway.domain.room import Room
from gateway.errors import Conflict
from gateway.services.apps import Apps
from gateway.services.directory import Directory
from gateway.services.endpoints import Endpoints
from gateway.store import apps as rows
from gateway.store import migrate
from gateway.store.engine import open_engine
from gateway.store.store import Store
from tests.waiting import wait_for

APP = App("app_1", "demo", 1, "https://a.example/", {"answer_method": "GET"})
RECORDS: list[rows.AppRecord] = [
    APP,
    ApiKey("ab" * 32, "app_1", 2, 3),
    Endpoint("ep_1", "app_1", "https://b.example/", 4, ["call.*"], ["whsec_b", "whsec_a"], 5, 6, "410"),
    Endpoint("ep_2", "app_1", "", 4),
    Number("15551230002", "app_1", 7),
]


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    """An empty database: the migrations make its tables."""
    opened_engine = open_engine(database_url)
    yield opened_engine
    opened_engine.dispose()


def opened(engine: Engine) -> Store:
    return Store(engine, lambda _event, _sequence, _room: Outgoing("", b"", ()), SystemClock())


@pytest.fixture
def store(engine: Engine) -> Iterator[Store]:
    migrate.upgrade(engine)
    first = opened(engine)
    yield first
    first.stop()


@pytest.fixture
def other(store: Store) -> Iterator[Store]:
    """Another process: the CLI beside a gateway, or a second replica."""
    second = opened(open_engine(store.engine.url.render_as_string(hide_password=False)))
    yield second
    second.stop()


def everything(store: Store) -> list[rows.AppRecord]:
    found = store.read(rows.everything)
    return [*found.apps, *found.keys, *found.endpoints, *found.numbers]


def test_records_come_back_as_they_were_put(store: Store) -> None:
    for record in RECORDS:
        store.write(lambda uow, record=record: rows.insert(uow, record))  # type: ignore[misc]
    assert everything(store) == RECORDS
    assert store.read(lambda connection: rows.find_app(connection, "app_1")) == APP
    assert store.read(lambda connection: rows.apps_named(connection, "demo")) == [APP]
    assert store.read(lambda connection: rows.has_key(connection, "app_1", "ab" * 32))
    assert not store.read(lambda connection: rows.has_key(connection, "app_2", "ab" * 32))


def test_changed_and_deleted_records(store: Store) -> None:
    endpoint = Endpoint("ep_1", "app_1", "https://b.example/", 4, ["call.*"], ["whsec_a"])
    changed = Endpoint("ep_1", "app_1", "https://c.example/", 4, None, ["whsec_b", "whsec_a"], 9)
    store.write(lambda uow: rows.insert(uow, endpoint))
    store.write(lambda uow: rows.update(uow, changed))
    assert everything(store) == [changed]
    store.write(lambda uow: rows.delete(uow, changed))
    assert everything(store) == []


def test_the_living_are_counted(store: Store) -> None:
    for room in (
        Room("acW68-room-1", "app_1", "acW68", "a", "api", 1),
        Room("acW68-room-2", "app_1", "acW68", "a", "api", 1, destroyed_at=2),
        Room("acW68-room-3", "app_2", "acW68", "a", "api", 1),
    ):
        store.write(lambda uow, room=room: uow.rooms.put(room))  # type: ignore[misc]
    assert store.read(lambda connection: rows.living(connection, "app_1")) == (1, 0)


def test_one_number_asked_for_by_two_apps_at_once_goes_to_one(store: Store, other: Store) -> None:
    """ "refused (taken by another app)", also when two processes ask in the same moment."""
    managers = [Apps(store), Apps(other)]
    owners = [managers[0].add_app("ours").app, managers[0].add_app("theirs").app]
    for number in range(20):
        asked = [
            gevent.spawn(manager.add_number, str(number), app.id) for manager, app in zip(managers, owners, strict=True)
        ]
        gevent.joinall(asked, timeout=30)
        assert [type(each.exception) for each in asked if each.exception] == [Conflict]
    assert len(managers[0].list_numbers()) == 20


def test_two_changes_of_one_app_at_once_both_hold(store: Store, other: Store) -> None:
    app = Apps(store).add_app("demo", "https://a.example/").app
    changes = [
        gevent.spawn(Apps(store).update_app, app.id, answer_url="https://b.example/"),
        gevent.spawn(Apps(other).update_app, app.id, settings={"answer_method": "GET"}),
        gevent.spawn(Apps(store).update_app, app.id, name="renamed"),
    ]
    gevent.joinall(changes, timeout=30, raise_error=True)
    changed = Apps(store).find(app.id)
    assert (changed.name, changed.answer_url, changed.settings) == (
        "renamed",
        "https://b.example/",
        {"answer_method": "GET"},
    )


def test_what_another_process_adds_is_known_at_once_and_what_it_takes_within_the_ttl(
    store: Store, other: Store
) -> None:
    """The CLI is another process: its changes need no restart."""
    directory = Directory(store, SystemClock(), ttl_s=0.05)
    added = Apps(other).add_app("demo", "https://a.example/")
    Apps(other).add_number("+1", added.app.id)
    assert directory.authenticate(added.app.id, added.api_key) == added.app
    assert directory.app_of_number("1") == added.app
    (endpoint_id,) = directory.endpoint_ids(added.app.id, "call.created")
    Endpoints(other).disable(endpoint_id, "gone")
    wait_for(
        lambda: not directory.endpoint_ids(added.app.id, "call.created"), "the endpoint is disabled in the directory"
    )
