"""Databases for tests: a SQLite file, or a PostgreSQL server of our own. Out: `database_url`, once for each of them."""

import itertools
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from glob import glob
from pathlib import Path

import pytest
from sqlalchemy import Engine, create_engine, text

from gateway.store import tables
from gateway.store.engine import open_engine

START_LIMIT_S = 60
_numbers = itertools.count(1)


def _binary(name: str) -> str | None:
    debian = sorted(glob(f"/usr/lib/postgresql/*/bin/{name}"), key=lambda path: int(Path(path).parts[4].split(".")[0]))
    return debian[-1] if debian else shutil.which(name)


def _demotion() -> tuple[dict[str, int], str]:
    """initdb and postgres refuse to run as root: then they run as user postgres, or as nobody."""
    if os.getuid() != 0:
        return {}, ""
    for name in ("postgres", "nobody"):
        try:
            user = pwd.getpwnam(name)
        except KeyError:
            continue
        return {"user": user.pw_uid, "group": user.pw_gid}, name
    pytest.skip("PostgreSQL tests: running as root and there is no user postgres or nobody")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _run(command: list[str], identity: dict[str, int]) -> None:
    done = subprocess.run(command, capture_output=True, timeout=START_LIMIT_S, cwd="/", check=False, **identity)  # type: ignore[call-overload]
    assert done.returncode == 0, f"{command[0]}: {done.stdout.decode()}{done.stderr.decode()}"


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """`postgresql+psycopg://postgres@127.0.0.1:port` of a server that lives as long as the test run."""
    initdb, pg_ctl = _binary("initdb"), _binary("pg_ctl")
    if not initdb or not pg_ctl:
        pytest.skip("PostgreSQL tests: initdb and pg_ctl were not found (Debian: apt-get install postgresql)")
    identity, name = _demotion()
    directory = Path(tempfile.mkdtemp(prefix="gateway-pg-"))
    if name:
        shutil.chown(directory, name)
    data, port = str(directory / "data"), _free_port()
    try:
        _run([initdb, "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C"], identity)
        options = f"-p {port} -k {directory} -c listen_addresses=127.0.0.1 -c fsync=off -c max_connections=200"
        _run([pg_ctl, "-D", data, "-w", "-l", str(directory / "log"), "-o", options, "start"], identity)
        try:
            yield f"postgresql+psycopg://postgres@127.0.0.1:{port}"
        finally:
            _run([pg_ctl, "-D", data, "-w", "-m", "immediate", "stop"], identity)
    finally:
        shutil.rmtree(directory, ignore_errors=True)


@pytest.fixture
def postgres_url(postgres_server: str) -> str:
    """A fresh, empty database."""
    name = f"test{next(_numbers)}"
    engine = create_engine(f"{postgres_server}/postgres", isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    engine.dispose()
    return f"{postgres_server}/{name}"


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Each test that asks for it runs on both databases."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'gateway.db'}"
    url: str = request.getfixturevalue("postgres_url")
    return url


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    """With all tables, empty."""
    opened = open_engine(database_url)
    tables.metadata.create_all(opened)
    yield opened
    opened.dispose()
