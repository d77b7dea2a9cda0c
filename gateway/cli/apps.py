"""`gateway apps`: tenants, their keys and settings. In: words and options. Out: what services/apps.py did."""

from typing import Any

import click

from gateway.cli.output import json_option, print_block, print_json, print_table
from gateway.cli.parts import opened_store
from gateway.cli.shapes import app_shape, key_shape
from gateway.config import load
from gateway.schemas.shapes import endpoint_shape
from gateway.services.apps import CHOICES, Apps
from gateway.services.endpoints import Endpoints


@click.group()
def apps() -> None:
    """Apps (tenants): add, list, show, update, rotate-key, remove."""


def _settings_options(command: Any) -> Any:
    """The options that `add` and `update` share; an empty text takes a URL away."""
    for option in (
        click.option("--fallback-url", help="Asked for a document when answer_url fails."),
        click.option("--document-dialect", type=click.Choice(CHOICES["document_dialect"])),
        click.option("--answer-format", type=click.Choice(CHOICES["answer_format"])),
        click.option("--answer-method", type=click.Choice(CHOICES["answer_method"], case_sensitive=False)),
        click.option("--answer-url", help="Where a call to this app asks what to do."),
        click.option("--webhook-url", help="Where this app gets its webhooks."),
    ):
        command = option(command)
    return command


@apps.command()
@click.argument("name")
@_settings_options
@json_option
def add(name: str, webhook_url: str | None, answer_url: str | None, as_json: bool, **options: str | None) -> None:
    """Add an app. Its key and secret are shown this once."""
    with opened_store() as store:
        added = Apps(store).add_app(name, webhook_url, answer_url, _given(options))
    secrets = {"app_id": added.app.id, "api_key": added.api_key, "webhook_secret": added.webhook_secret}
    if as_json:
        print_json(secrets)
        return
    print_block(secrets)
    click.echo("The key is kept as a hash and never shown again: store it now.")


@apps.command("list")
@json_option
def list_apps(as_json: bool) -> None:
    """All apps."""
    with opened_store() as store:
        shapes = [app_shape(app) for app in Apps(store).list_apps()]
    if as_json:
        print_json(shapes)
        return
    print_table(shapes, ("app_id", "name", "created_at", "answer_url"), "No apps yet: `gateway apps add NAME`.")


@apps.command()
@click.argument("app")
@json_option
def show(app: str, as_json: bool) -> None:
    """One app (by id or name) with its endpoints, numbers and keys."""
    with opened_store() as store:
        manager = Apps(store)
        found = manager.find(app)
        endpoints = [endpoint_shape(endpoint) for endpoint in Endpoints(store).list_endpoints(found.id)]
        numbers = [number.digits for number in manager.list_numbers(found.id)]
        keys = [key_shape(key) for key in manager.keys_of(found.id)]
    if as_json:
        print_json({**app_shape(found), "endpoints": endpoints, "numbers": numbers, "api_keys": keys})
        return
    print_block({**app_shape(found), "numbers": numbers})
    for title, rows, columns in (
        ("endpoints", endpoints, ("endpoint_id", "url", "patterns", "disabled_at", "disabled_reason")),
        ("API keys", keys, ("sha256", "created_at", "expires_at")),
    ):
        click.echo(f"\n{title}:")
        print_table(rows, columns, "none")


@apps.command()
@click.argument("app")
@click.option("--name", help="A new name.")
@_settings_options
@json_option
def update(
    app: str, name: str | None, webhook_url: str | None, answer_url: str | None, as_json: bool, **options: str | None
) -> None:
    """Change an app; what is not named stays. An empty URL takes it away."""
    with opened_store() as store:
        manager = Apps(store)
        changed = manager.update_app(manager.find(app).id, name, webhook_url, answer_url, _given(options))
    if as_json:
        print_json(app_shape(changed))
    else:
        print_block(app_shape(changed))


@apps.command("rotate-key")
@click.argument("app")
@click.option(
    "--overlap-s", type=click.IntRange(min=0), help="How long the old key still works (GATEWAY_KEY_OVERLAP_S)."
)
@json_option
def rotate_key(app: str, overlap_s: int | None, as_json: bool) -> None:
    """A new API key, shown this once; the old one works for the overlap."""
    settings = load()
    overlap_s = settings.key_overlap_s if overlap_s is None else overlap_s
    with opened_store(settings) as store:
        manager = Apps(store)
        found = manager.find(app)
        api_key = manager.rotate_key(found.id, overlap_s)
    answer = {"app_id": found.id, "api_key": api_key, "old_key_valid_for_s": overlap_s}
    if as_json:
        print_json(answer)
        return
    print_block(answer)
    click.echo("The key is kept as a hash and never shown again: store it now.")


@apps.command()
@click.argument("app")
@json_option
def remove(app: str, as_json: bool) -> None:
    """Remove an app with its keys, endpoints and numbers; refused while it has rooms or calls."""
    with opened_store() as store:
        manager = Apps(store)
        found = manager.find(app)
        manager.remove_app(found.id)
    if as_json:
        print_json({"app_id": found.id, "removed": True})
    else:
        click.echo(f"The app {found.name} ({found.id}) is removed.")


def _given(options: dict[str, str | None]) -> dict[str, str]:
    return {name: value for name, value in options.items() if value is not None}
