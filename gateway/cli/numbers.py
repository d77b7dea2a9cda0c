"""`gateway numbers`: which app a dialled number belongs to. In: numbers and apps. Out: what services/apps.py did."""

import click

from gateway.cli.output import json_option, print_json, print_table
from gateway.cli.parts import opened_store
from gateway.cli.shapes import number_shape
from gateway.services.apps import Apps


@click.group()
def numbers() -> None:
    """Numbers: add, list, remove. Any digits, matched with or without a leading +."""


@numbers.command()
@click.argument("number")
@click.option("--app", required=True, help="The app's id, or its name.")
@json_option
def add(number: str, app: str, as_json: bool) -> None:
    """Calls to NUMBER belong to this app."""
    with opened_store() as store:
        manager = Apps(store)
        found = manager.find(app)
        added = manager.add_number(number, found.id)
    if as_json:
        print_json(number_shape(added))
    else:
        click.echo(f"Calls to {added.digits} go to {found.name} ({found.id}).")


@numbers.command("list")
@click.option("--app", help="Only those of this app (id or name).")
@json_option
def list_numbers(app: str | None, as_json: bool) -> None:
    """All numbers, or those of one app."""
    with opened_store() as store:
        manager = Apps(store)
        shapes = [number_shape(each) for each in manager.list_numbers(manager.find(app).id if app else None)]
    if as_json:
        print_json(shapes)
        return
    empty = "No numbers yet: `gateway numbers add NUMBER --app APP`."
    print_table(shapes, ("number", "app_id", "created_at"), empty)


@numbers.command()
@click.argument("number")
@json_option
def remove(number: str, as_json: bool) -> None:
    """Calls to NUMBER are rejected from now on."""
    with opened_store() as store:
        removed = Apps(store).remove_number(number)
    if as_json:
        print_json({**number_shape(removed), "removed": True})
    else:
        click.echo(f"The number {removed.digits} is removed.")
