"""store/recordings.py: the same answers on SQLite and PostgreSQL."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from gateway.domain.clock import SystemClock
from gateway.domain.events import Outgoing
from gateway.domain.recording import Recording
from gateway.store import migrate
from gateway.store import recordings as rows
from gateway.store.engine import open_engine
from gateway.store.recordings import RecordingFilter
from gateway.store.store import Store
from gateway.store.unit_of_work import UnitOfWork

FIRST = Recording("r-1", "app_1", "acW68", "wav", 1000, "room-1", state="recording", started_at=1000, notes={"a": [1]})
OVER = replace(
    FIRST, id="r-2", state="completed", created_at=2000, ended_at=5000, duration_ms=3_000_000_000, bytes=5_000_000_000
)
OTHER = replace(FIRST, id="r-3", created_at=2000, room_id="", session_id="call-1", app_id="app_2")
LEFT = replace(OVER, id="r-4", created_at=3000, unfinished=True)
SPOKEN = replace(OVER, id="r-5", created_at=4000, transcription="wanted")


@pytest.fixture
def store(database_url: str) -> Iterator[Store]:
    engine = open_engine(database_url)
    migrate.upgrade(engine)
    store = Store(engine, lambda _event, _sequence, _room: Outgoing("", b"", ()), SystemClock())

    def work(uow: UnitOfWork) -> None:
        for recording in (FIRST, OVER, OTHER, LEFT, SPOKEN):
            uow.recordings.put(recording)

    store.write(work)
    yield store
    store.stop()


def ids(store: Store, wanted: RecordingFilter, after: Any = None, limit: int = 9) -> list[str]:
    return [one.id for one in store.read(lambda connection: rows.page(connection, wanted, after, limit))]


def test_a_row_is_the_value(store: Store) -> None:
    for recording in (FIRST, OVER, SPOKEN):
        assert store.read(lambda c, name=recording.id: rows.find(c, name)) == recording  # type: ignore[misc]
    assert store.read(lambda c: rows.find(c, "nobody")) is None


def test_pages_and_filters(store: Store) -> None:
    assert ids(store, RecordingFilter()) == ["r-1", "r-2", "r-3", "r-4", "r-5"]
    assert ids(store, RecordingFilter(app_id="app_1", since=2000, until=4000)) == ["r-2", "r-4"]
    assert ids(store, RecordingFilter(session_id="call-1")) == ["r-3"]
    assert ids(store, RecordingFilter(room_id="room-1"), limit=2) == ["r-1", "r-2"]
    assert ids(store, RecordingFilter(), after=(2000, "r-2")) == ["r-3", "r-4", "r-5"]


def test_what_is_open(store: Store) -> None:
    assert [one.id for one in store.read(lambda c: rows.active_on(c, "acW68", 9))] == ["r-1", "r-3"]
    assert store.read(lambda c: rows.active_on(c, "other", 9)) == []
    assert store.read(lambda c: rows.unfinished_on(c, "acW68", 9)) == ["r-4"]
    assert store.read(lambda c: rows.to_transcribe_on(c, "acW68", 9)) == ["r-5"]
    assert store.read(lambda c: rows.is_recorded(c, "room-1"))
    assert not store.read(lambda c: rows.is_recorded(c, "room-2"))


def test_one_that_runs(store: Store) -> None:
    def work(uow: UnitOfWork) -> list[Recording | None]:
        uow.recordings.put(replace(FIRST, id="r-6", room_id="room-2"))
        found = [rows.active_of_room(uow, name) for name in ("room-1", "room-2", "room-3")]
        return [*found, rows.active_of_session(uow, "call-1")]

    found = store.write(work)
    assert [one.id if one else None for one in found] == ["r-1", "r-6", None, "r-3"]


def test_old_ones_are_forgotten(store: Store) -> None:
    old = store.read(lambda c: rows.ended_before(c, 5001, 9))
    assert sorted(one.id for one in old) == ["r-2", "r-5"], "not what is still looked after"
    assert store.read(lambda c: rows.ended_before(c, 5000, 9)) == []
    assert store.write(lambda uow: rows.forget(uow, ["r-2", "r-5", "nobody"])) == 2
    assert ids(store, RecordingFilter()) == ["r-1", "r-3", "r-4"]
