"""`gateway nodes`: the configured switches. In: the settings. Out: whether each answers, and what it says."""

from typing import Any

import click

from gateway.cli.output import json_option, print_json, print_table
from gateway.config import NodeSettings, Settings, load
from gateway.errors import SwitchError
from gateway.switch.commands.operator import Status
from gateway.switch.console import Console


@click.group()
def nodes() -> None:
    """Nodes (switches): list."""


@nodes.command("list")
@json_option
def list_nodes(as_json: bool) -> None:
    """All configured nodes, asked now; exit code 1 when one does not answer."""
    settings = load()
    shapes = [_node_shape(node, settings) for node in settings.node_list]
    if as_json:
        print_json(shapes)
    else:
        print_table(shapes, ("node_id", "address", "reachable", "says"), "No nodes are configured.")
    if not all(shape["reachable"] for shape in shapes):
        raise click.exceptions.Exit(1)


def _node_shape(node: NodeSettings, settings: Settings) -> dict[str, Any]:
    shape: dict[str, Any] = {"node_id": node.id, "address": f"{node.host}:{node.port}"}
    try:
        with Console(node, settings.reply_timeout_s) as console:
            lines = [line.strip() for line in console.ask(Status()).text.splitlines()]
    except SwitchError as error:
        return {**shape, "reachable": False, "says": error.message}
    return {**shape, "reachable": True, "says": "; ".join(line for line in lines[:3] if line)}
