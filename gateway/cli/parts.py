"""What commands work on: the settings' store, opened beside a running gateway and closed after the command."""

from collections.abc import Iterator
from contextlib import contextmanager

from gateway.bootstrap import open_store
from gateway.config import Settings, load
from gateway.store import migrate
from gateway.store.store import Store


@contextmanager
def opened_store(settings: Settings | None = None) -> Iterator[Store]:
    """A database that nobody has used yet is set up first: `apps add` may come before the first `serve`."""
    store = open_store(settings or load())
    try:
        migrate.prepare(store.engine)
        yield store
    finally:
        store.stop()
