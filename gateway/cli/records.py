"""`gateway records`: what is billed. In: options. Out: CSV or JSON, page by page, however many there are."""

import csv
import re
import sys
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import click
import orjson

from gateway.cli.parts import opened_store
from gateway.cli.times import TIME, milliseconds
from gateway.config import load
from gateway.domain.billing import CALL, STAY
from gateway.schemas.billing import COLUMNS, record_shape
from gateway.services.apps import Apps
from gateway.store import billing as rows
from gateway.store.billing import BillingFilter
from gateway.store.store import Store

PAGE = 1000
_NUMBER = re.compile(r"[+-]?[0-9]+")


@click.group()
def records() -> None:
    """Billing records: export."""


@records.command()
@click.option("--csv", "as_csv", is_flag=True, help="Comma separated, with a line of names (the default).")
@click.option("--json", "as_json", is_flag=True, help="A JSON object a line.")
@click.option("--from", "since", type=TIME, help="Ended then or later, UTC.")
@click.option("--to", "until", type=TIME, help="Ended before, UTC.")
@click.option("--app", help="Only those of this app (id or name).")
@click.option("--kind", type=click.Choice([CALL, STAY]), help="Only calls, or only stays in rooms.")
def export(
    as_csv: bool, as_json: bool, since: datetime | None, until: datetime | None, app: str | None, kind: str | None
) -> None:
    """Calls and stays that are over, by their end."""
    if as_csv and as_json:
        raise click.UsageError("--csv or --json, not both.")
    with opened_store(load()) as store:
        app_id = Apps(store).find(app).id if app else ""
        wanted = BillingFilter(app_id, kind or "", since=milliseconds(since), until=milliseconds(until))
        _print_lines(_shapes(store, wanted)) if as_json else _print_csv(_shapes(store, wanted))


def _shapes(store: Store, wanted: BillingFilter) -> Iterator[dict[str, Any]]:
    after: tuple[int, int] | None = None
    while True:
        found = store.read(lambda connection, after=after: rows.page(connection, wanted, after, PAGE))  # type: ignore[misc]
        for record in found:
            yield {"app_id": record.app_id, **record_shape(record)}
        if len(found) < PAGE:
            return
        after = found[-1].ended_at, found[-1].id


def _print_lines(shapes: Iterator[dict[str, Any]]) -> None:
    for shape in shapes:
        click.echo(orjson.dumps(shape))


def _print_csv(shapes: Iterator[dict[str, Any]]) -> None:
    out = csv.writer(sys.stdout, lineterminator="\n")
    names = ("app_id", *COLUMNS)
    out.writerow(names)
    for shape in shapes:
        out.writerow([_cell(shape[name]) for name in names])


def _cell(value: Any) -> str:
    """What a caller chose as its number must not become a formula in somebody's spreadsheet."""
    text = "" if value is None else str(value)
    return "'" + text if text[:1] in ("=", "+", "-", "@") and not _NUMBER.fullmatch(text) else text
