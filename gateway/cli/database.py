"""`gateway db`: migrations and backups. In: the settings' database. Out: its revision, a copy of it."""

from pathlib import Path

import click

from gateway.cli.checks import revisions
from gateway.cli.output import json_option, print_json
from gateway.config import load
from gateway.store import migrate
from gateway.store.backup import back_up
from gateway.store.engine import open_engine


@click.group("db")
def database() -> None:
    """Database: upgrade, current, backup. `serve` upgrades by itself."""


@database.command()
@json_option
def upgrade(as_json: bool) -> None:
    """Bring the database to this version's tables."""
    engine = open_engine(load().database_url)
    try:
        before = migrate.current(engine)
        after = migrate.upgrade(engine)
    finally:
        engine.dispose()
    if as_json:
        print_json({"before": before, "revision": after})
    elif before == after:
        click.echo(f"The database is at revision {after} already.")
    else:
        click.echo(f"The database was at {before or 'no revision'} and is at revision {after} now.")


@database.command()
@json_option
def current(as_json: bool) -> None:
    """Which revision the database is at; exit code 1 when it is not this version's."""
    revision, newest = revisions(load().database_url)
    if as_json:
        print_json({"revision": revision, "newest": newest, "current": revision == newest})
    else:
        click.echo(f"{revision or 'no revision'} (newest: {newest})")
    if revision != newest:
        raise click.exceptions.Exit(1)


@database.command()
@click.argument("file", type=click.Path(path_type=Path))
@json_option
def backup(file: Path, as_json: bool) -> None:
    """Copy the SQLite database to FILE, also while `serve` runs; FILE must not be there yet."""
    url = load().database_url
    size = back_up(url, file)
    revision, _ = revisions(url)
    if as_json:
        print_json({"file": str(file), "bytes": size, "revision": revision})
    else:
        click.echo(f"{file} holds the database at revision {revision} ({size} bytes). Keep media.key beside it.")
