"""`gateway webhooks`: endpoints and deliveries. In: words and options. Out: what services/deliveries.py did."""

from datetime import datetime
from typing import Any

import click

from gateway.cli.endpoints import endpoints
from gateway.cli.output import json_option, print_block, print_json, print_table
from gateway.cli.parts import opened_store
from gateway.cli.shapes import delivery_shape
from gateway.cli.times import TIME, milliseconds
from gateway.domain.clock import SystemClock
from gateway.schemas.deliveries import body_shape
from gateway.services.apps import Apps
from gateway.services.deliveries import DEFAULT_PAGE, MAX_PAGE, Deliveries
from gateway.store.outbox import STATES

_COLUMNS = ("id", "event_id", "event", "endpoint_id", "state", "attempts", "last_status", "created_at", "last_error")


@click.group()
def webhooks() -> None:
    """Webhooks: endpoints, list, show, resend, purge."""


webhooks.add_command(endpoints)


@webhooks.command("list")
@click.option("--app", help="Only those of this app (id or name).")
@click.option("--state", type=click.Choice([*STATES, "all"]), default="dead", show_default=True)
@click.option("--endpoint", "endpoint_id", default="", help="Only those to this endpoint.")
@click.option("--event", default="", help="Only this event, e.g. call.created.")
@click.option("--limit", type=click.IntRange(1, MAX_PAGE), default=DEFAULT_PAGE, show_default=True)
@click.option("--cursor", default="", help="The cursor of the page before.")
@json_option
def list_deliveries(app: str | None, state: str, as_json: bool, **narrowed: Any) -> None:
    """Deliveries, newest first; without options the dead letters."""
    with opened_store() as store:
        app_id = Apps(store).find(app).id if app else None
        page = Deliveries(store, SystemClock()).page(app_id, "" if state == "all" else state, **narrowed)
    shapes = [delivery_shape(delivery) for delivery in page.deliveries]
    if as_json:
        print_json({"deliveries": shapes, "cursor": page.next_cursor})
        return
    print_table(shapes, _COLUMNS, "No dead letters." if state == "dead" else "No deliveries.")
    if page.next_cursor:
        click.echo(f"\nMore: --cursor {page.next_cursor}")


@webhooks.command()
@click.argument("key")
@json_option
def show(key: str, as_json: bool) -> None:
    """One delivery by its number, or all of an event (evt_…), with their bodies."""
    with opened_store() as store:
        found = Deliveries(store, SystemClock()).show(key)
    if as_json:
        print_json([delivery_shape(one) | ({"body": body_shape(one)} if one.body else {}) for one in found])
        return
    for number, one in enumerate(found):
        if number:
            click.echo()
        print_block({**delivery_shape(one), "body": one.body.decode()})


@webhooks.command()
@click.argument("key", required=False)
@click.option("--dead", "endpoint_id", help="All dead letters of this endpoint instead.")
@json_option
def resend(key: str | None, endpoint_id: str | None, as_json: bool) -> None:
    """Send a delivery (its number) or an event's (evt_…) again: same id, same sequence, same bytes."""
    if (key is None) == (endpoint_id is None):
        raise click.UsageError("give the key of a delivery, or --dead ENDPOINT_ID")
    with opened_store() as store:
        deliveries = Deliveries(store, SystemClock())
        count = deliveries.resend(key) if key is not None else deliveries.resend_dead(endpoint_id or "")
    if as_json:
        print_json({"resent": count})
    else:
        click.echo(f"{count} {'delivery waits' if count == 1 else 'deliveries wait'} to be sent again.")


@webhooks.command()
@click.option(
    "--before", type=TIME, required=True, help="Given up before then, UTC: 2026-05-01 or 2026-05-01T12:00:00Z."
)
@click.option("--app", help="Only those of this app (id or name).")
@click.option("--endpoint", "endpoint_id", default="", help="Only those to this endpoint.")
@json_option
def purge(before: datetime, app: str | None, endpoint_id: str, as_json: bool) -> None:
    """Delete dead letters for good; without this they stay until they are sent again."""
    with opened_store() as store:
        app_id = Apps(store).find(app).id if app else None
        count = Deliveries(store, SystemClock()).purge_dead(milliseconds(before), app_id, endpoint_id)
    print_json({"purged": count}) if as_json else click.echo(f"Purged: {count}.")
