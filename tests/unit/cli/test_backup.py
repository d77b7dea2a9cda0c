"""`gateway db backup FILE`: a whole copy, taken while others write; nothing is overwritten."""

import sqlite3
import stat
from contextlib import closing
from pathlib import Path

import pytest

from gateway.store.engine import open_engine
from tests.unit.cli.test_commands import Run, answer, demo, run  # noqa: F401


def begin_to_write(database: Path) -> sqlite3.Connection:
    """As the gateway does: one change that is committed but only in the WAL, one that is not committed yet."""
    connection = sqlite3.connect(database, isolation_level=None)
    connection.execute("PRAGMA wal_autocheckpoint=0")
    connection.execute("INSERT INTO cooldowns (id, until_at) VALUES ('committed', 1)")
    connection.execute("BEGIN IMMEDIATE")
    connection.execute("INSERT INTO cooldowns (id, until_at) VALUES ('begun', 1)")
    return connection


def test_a_backup_taken_while_others_write_can_be_restored(
    run: Run,  # noqa: F811
    demo: dict[str, str],  # noqa: F811
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """12 of 12 copies made by `cp -r` failed integrity_check."""
    copy = tmp_path / "copies" / "gateway-1.db"
    copy.parent.mkdir()
    with closing(begin_to_write(tmp_path / "data" / "gateway.db")):
        told = answer(run("db", "backup", str(copy), "--json"))
    assert told == {"file": str(copy), "bytes": copy.stat().st_size, "revision": told["revision"]}
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600, "webhook secrets are in it"
    assert list(copy.parent.iterdir()) == [copy], "one file is all of it"

    restored = tmp_path / "restored"
    restored.mkdir()
    (restored / "gateway.db").write_bytes(copy.read_bytes())
    monkeypatch.setenv("GATEWAY_DATA_DIR", str(restored))
    assert answer(run("db", "current", "--json"))["current"]
    assert [app["app_id"] for app in answer(run("apps", "list", "--json"))] == [demo["app_id"]]
    with closing(sqlite3.connect(restored / "gateway.db")) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert connection.execute("SELECT id FROM cooldowns").fetchall() == [("committed",)]


def test_a_backup_overwrites_nothing(run: Run, demo: dict[str, str], tmp_path: Path) -> None:  # noqa: F811
    kept = tmp_path / "yesterday.db"
    kept.write_text("yesterday's")
    result = run("db", "backup", str(kept))
    assert result.exit_code == 1
    assert f"{kept} is there already" in result.stderr
    assert kept.read_text() == "yesterday's"
    assert not list(tmp_path.glob("*.part"))


def test_a_file_that_cannot_be_made_is_told(run: Run, demo: dict[str, str], tmp_path: Path) -> None:  # noqa: F811
    result = run("db", "backup", str(tmp_path / "none" / "x.db"))
    assert result.exit_code == 1
    assert "x.db cannot be written" in result.stderr


def test_without_a_database_none_is_made(run: Run, tmp_path: Path) -> None:  # noqa: F811
    result = run("db", "backup", str(tmp_path / "x.db"))
    assert result.exit_code == 1
    assert "there is no database" in result.stderr
    assert not (tmp_path / "x.db").exists()
    assert not (tmp_path / "data" / "gateway.db").exists()


def test_a_broken_database_is_no_backup(run: Run, demo: dict[str, str], tmp_path: Path) -> None:  # noqa: F811
    database = tmp_path / "data" / "gateway.db"
    open_engine(f"sqlite:///{database}").dispose()
    content = bytearray(database.read_bytes())
    content[4096 * 3 : 4096 * 8] = b"\xff" * (4096 * 5)
    database.write_bytes(content)
    result = run("db", "backup", str(tmp_path / "x.db"))
    assert result.exit_code == 1
    assert "gateway: " in result.stderr
    assert not list(tmp_path.glob("x.db*"))


def test_on_postgres_it_names_the_tool_for_it(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: F811
    monkeypatch.setenv("GATEWAY_DATABASE_URL", "postgresql+psycopg://gateway@db.example/gateway")
    result = run("db", "backup", str(tmp_path / "x.db"))
    assert result.exit_code == 2
    assert "pg_dump" in result.stderr
