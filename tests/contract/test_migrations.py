"""Migrations on both databases: what they make is what store/tables.py says, however many gateways start at once."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import gevent
import pytest
from alembic.autogenerate import produce_migrations, render_python_code
from alembic.migration import MigrationContext
from sqlalchemy import Engine, inspect, text

from gateway.errors import ConfigError
from gateway.store import migrate
from gateway.store.engine import is_postgres, open_engine
from gateway.store.tables import metadata

VERSION_TABLE = "alembic_version"  # Alembic's own
INDEXES_SQLITE = "SELECT sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL"
INDEXES_POSTGRES = "SELECT indexdef FROM pg_indexes WHERE schemaname = 'public'"


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    """An empty database: the migrations make its tables."""
    opened_engine = open_engine(database_url)
    yield opened_engine
    opened_engine.dispose()


def indexes(engine: Engine) -> set[str]:
    """Every index as the database itself writes it, so with the conditions that Alembic does not compare."""
    with engine.connect() as connection:
        found = connection.execute(text(INDEXES_POSTGRES if is_postgres(engine) else INDEXES_SQLITE)).scalars()
        return {index for index in found if VERSION_TABLE not in index}


def _is_current(engine: Engine) -> bool:
    return migrate.current(engine) == migrate.newest()


def test_the_migrated_schema_is_the_one_of_the_tables(engine: Engine) -> None:
    """A new column in store/tables.py needs a revision: the operations that are missing are in the message."""
    migrate.upgrade(engine)
    with engine.connect() as connection:
        operations = produce_migrations(MigrationContext.configure(connection), metadata).upgrade_ops
        missing = operations is not None and not operations.is_empty() and render_python_code(operations)
    assert not missing, f"a revision in gateway/store/migrations/versions must do:\n{missing}"


def test_the_migrated_indexes_are_those_of_the_tables(engine: Engine) -> None:
    """Partial ones too, with their conditions, on both databases."""
    migrate.upgrade(engine)
    migrated = indexes(engine)
    metadata.drop_all(engine)
    metadata.create_all(engine)
    assert migrated == indexes(engine)


def test_a_database_tells_its_revision(engine: Engine) -> None:
    assert migrate.current(engine) is None
    assert not _is_current(engine)
    assert migrate.upgrade(engine) == migrate.newest() == migrate.current(engine)
    assert _is_current(engine)


def test_gateways_that_start_at_once_do_not_both_migrate(engine: Engine) -> None:
    """Each waits for its turn; who comes second finds nothing to do and nothing is tried twice."""
    url = engine.url.render_as_string(hide_password=False)
    engines = [open_engine(url) for _ in range(4)]
    try:
        starts = [gevent.spawn(migrate.upgrade, each) for each in engines]
        gevent.joinall(starts, timeout=30, raise_error=True)
        assert [start.value for start in starts] == [migrate.newest()] * 4
    finally:
        for each in engines:
            each.dispose()


def test_a_failed_migration_leaves_nothing(engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One transaction for all revisions: an upgrade that breaks off can simply be started again."""
    broken = tmp_path / "migrations"
    shutil.copytree(migrate.HERE, broken)
    revision = f"revision = '9999'\ndown_revision = '{migrate.newest()}'\n"
    fault = "def upgrade():\n    raise OSError('the disk is full')\n"
    (broken / "versions" / "9999_broken.py").write_text(revision + fault)
    with monkeypatch.context() as patch:
        patch.setattr(migrate, "HERE", broken)
        with pytest.raises(OSError, match="the disk is full"):
            migrate.upgrade(engine)
    assert inspect(engine).get_table_names() == []
    assert migrate.upgrade(engine) == migrate.newest()


def test_a_database_of_a_newer_gateway_is_left_alone(engine: Engine) -> None:
    migrate.upgrade(engine)
    with engine.begin() as connection:
        connection.execute(text(f"UPDATE {VERSION_TABLE} SET version_num = '9999'"))
    for start in (migrate.upgrade, migrate.prepare):
        with pytest.raises(ConfigError):
            start(engine)
    assert migrate.current(engine) == "9999"


def test_commands_set_up_a_new_database_only(engine: Engine) -> None:
    """A command beside a running gateway must not change the tables under it."""
    migrate.prepare(engine)
    migrate.prepare(engine)
    assert _is_current(engine)
