"""`gateway nodes`: the configured switches, and one that is gone. In: the settings. Out: what each says, what ended."""

from datetime import datetime
from typing import Any

import click

from gateway.cli.output import json_option, print_json, print_table
from gateway.cli.times import TIME, milliseconds
from gateway.config import NodeSettings, Settings, load
from gateway.domain.clock import SystemClock
from gateway.errors import Conflict, SwitchError
from gateway.services.forgetting_parts import open_forgetting
from gateway.switch.commands.operator import Status
from gateway.switch.console import Console


@click.group()
def nodes() -> None:
    """Nodes (switches): list, forget."""


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


@nodes.command()
@click.argument("node_id")
@click.option("--at", type=TIME, help="When the switch went, UTC: until then its calls are billed. Without it: now.")
@json_option
def forget(node_id: str, at: datetime | None, as_json: bool) -> None:
    """End what ran on a switch that is gone for good: its calls, recordings and rooms, told and billed as any end."""
    settings, now = load(), SystemClock().now_ms()
    if at is not None and milliseconds(at) > now:
        raise click.BadParameter("that is to come", param_hint="--at")
    if node_id in [node.id for node in settings.node_list]:
        raise Conflict(
            f"{node_id} is in GATEWAY_NODES: take it out there and restart the gateway first.", "node-in-use"
        )
    with open_forgetting(settings) as forgetting:
        ended = forgetting.forget(node_id, milliseconds(at) or now)
    if as_json:
        print_json({"node_id": node_id, **vars(ended)})
    else:
        click.echo(f"Ended: {ended.sessions} calls, {ended.recordings} recordings, {ended.rooms} rooms.")


def _node_shape(node: NodeSettings, settings: Settings) -> dict[str, Any]:
    shape: dict[str, Any] = {"node_id": node.id, "address": f"{node.host}:{node.port}"}
    try:
        with Console(node, settings.reply_timeout_s) as console:
            lines = [line.strip() for line in console.ask(Status()).text.splitlines()]
    except SwitchError as error:
        return {**shape, "reachable": False, "says": error.message}
    return {**shape, "reachable": True, "says": "; ".join(line for line in lines[:3] if line)}
