"""`gateway webhooks endpoints`: where apps get webhooks. In: words and options. Out: what services/endpoints.py did."""

from collections.abc import Callable

import click

from gateway.cli.output import json_option, print_block, print_json, print_table
from gateway.cli.parts import opened_store
from gateway.config import load
from gateway.domain.apps import Endpoint
from gateway.schemas.shapes import endpoint_shape
from gateway.services.apps import Apps
from gateway.services.endpoints import Endpoints

_PATTERN_HELP = "Only events of this name, * stands for anything (conference.*); may be given again."


@click.group()
def endpoints() -> None:
    """Endpoints: add, list, update, rotate-secret, enable, disable, remove."""


@endpoints.command()
@click.argument("app")
@click.argument("url")
@click.option("--pattern", "patterns", multiple=True, help=_PATTERN_HELP)
@json_option
def add(app: str, url: str, patterns: tuple[str, ...], as_json: bool) -> None:
    """One more endpoint for APP (id or name). Its secret is shown this once."""
    with opened_store() as store:
        added = Endpoints(store).add(Apps(store).find(app).id, url, patterns)
    _show_secret(added, as_json)


@endpoints.command("list")
@click.argument("app")
@json_option
def list_endpoints(app: str, as_json: bool) -> None:
    """The endpoints of APP (id or name)."""
    with opened_store() as store:
        found = Endpoints(store).list_endpoints(Apps(store).find(app).id)
    shapes = [endpoint_shape(endpoint) for endpoint in found]
    if as_json:
        print_json(shapes)
        return
    print_table(shapes, ("endpoint_id", "url", "patterns", "disabled_at", "disabled_reason"), "No endpoints.")


@endpoints.command()
@click.argument("endpoint_id")
@click.option("--url", help="A new URL.")
@click.option("--pattern", "patterns", multiple=True, help=_PATTERN_HELP)
@click.option("--all-events", is_flag=True, help="No patterns: everything but talking_*.")
@json_option
def update(endpoint_id: str, url: str | None, patterns: tuple[str, ...], all_events: bool, as_json: bool) -> None:
    """Change an endpoint; what is not named stays."""
    if patterns and all_events:
        raise click.UsageError("--pattern and --all-events exclude each other")
    kept = [] if all_events else list(patterns) or None
    _show(lambda manager: manager.update(endpoint_id, url, kept), as_json)


@endpoints.command("rotate-secret")
@click.argument("endpoint_id")
@click.option("--overlap-s", type=click.IntRange(min=0), help="How long both secrets sign (GATEWAY_KEY_OVERLAP_S).")
@json_option
def rotate_secret(endpoint_id: str, overlap_s: int | None, as_json: bool) -> None:
    """A new secret, shown this once; for the overlap webhooks carry the signatures of both."""
    settings = load()
    overlap_s = settings.key_overlap_s if overlap_s is None else overlap_s
    with opened_store(settings) as store:
        changed = Endpoints(store).rotate_secret(endpoint_id, overlap_s)
    _show_secret(changed, as_json)


@endpoints.command()
@click.argument("endpoint_id")
@json_option
def enable(endpoint_id: str, as_json: bool) -> None:
    """New events go to this endpoint again."""
    _show(lambda manager: manager.enable(endpoint_id), as_json)


@endpoints.command()
@click.argument("endpoint_id")
@click.option("--reason", default="disabled by an operator", show_default=True)
@json_option
def disable(endpoint_id: str, reason: str, as_json: bool) -> None:
    """No new events go to this endpoint."""
    _show(lambda manager: manager.disable(endpoint_id, reason), as_json)


@endpoints.command()
@click.argument("endpoint_id")
@json_option
def remove(endpoint_id: str, as_json: bool) -> None:
    """Remove an endpoint; what waits for it goes to the dead letters."""
    with opened_store() as store:
        Endpoints(store).remove(endpoint_id)
    if as_json:
        print_json({"endpoint_id": endpoint_id, "removed": True})
    else:
        click.echo(f"The endpoint {endpoint_id} is removed.")


def _show(change: Callable[[Endpoints], Endpoint], as_json: bool) -> None:
    with opened_store() as store:
        shape = endpoint_shape(change(Endpoints(store)))
    if as_json:
        print_json(shape)
    else:
        print_block(shape)


def _show_secret(endpoint: Endpoint, as_json: bool) -> None:
    answer = {"endpoint_id": endpoint.id, "webhook_secret": endpoint.secrets[0]}
    if as_json:
        print_json(answer)
        return
    print_block(answer)
    click.echo("The secret is not shown again: store it now.")
