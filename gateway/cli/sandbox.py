"""`gateway sandbox`: the gateway without FreeSWITCH or phone. In: words. Out: a running sandbox, a caller's doing."""

import sys
from pathlib import Path
from typing import Any

import click
import orjson

from gateway.cli import sandbox_file
from gateway.cli.curl_lines import CurlLines, command_line
from gateway.cli.demo_app import Webhook, summary
from gateway.cli.logs import start_logging
from gateway.cli.output import json_option, print_json
from gateway.cli.sandbox_file import NODE_ID, NUMBER
from gateway.cli.sandbox_run import Sandbox
from gateway.config import load
from gateway.domain.ids import session_id
from gateway.errors import NotFound
from gateway.process import stopping
from gateway.switch.commands import Kill, ShowChannels
from gateway.switch.commands.operator import PressKeys, SimulatedCall
from gateway.switch.console import Console


@click.group(invoke_without_command=True)
@click.option("--data-dir", help="Where it keeps its data.  [default: sandbox in GATEWAY_DATA_DIR]")
@click.option("--listen", help="HOST:PORT for HTTP; port 0 takes a free one.  [default: GATEWAY_LISTEN]")
@json_option
@click.pass_context
def sandbox(ctx: click.Context, data_dir: str | None, listen: str | None, as_json: bool) -> None:
    """Run gateway, simulated switch and a demo app that prints each webhook; no FreeSWITCH, no phone."""
    directory = Path(data_dir) if data_dir else Path(load().data_dir) / "sandbox"
    ctx.obj = directory.resolve()
    if ctx.invoked_subcommand is None:
        start_logging("WARNING")  # more would bury the webhooks
        told = _AsJson() if as_json else _AsText()
        _run(Sandbox(ctx.obj, listen, command_line(sys.argv[0], ctx.obj), told.webhook, told.say), told)


class _AsText:
    """For a person at a terminal: lines to paste, then a line for each webhook."""

    def started(self, lines: CurlLines) -> None:
        click.echo(f"The sandbox answers on {lines.base_url}. Paste into another terminal:\n")
        click.echo(f"{lines.tour()}\n\nWebhooks of the demo app follow; Ctrl-C ends the sandbox.\n")

    def webhook(self, webhook: Webhook, lines: CurlLines | None, room_id: str) -> None:
        click.echo(f"[webhook] {summary(webhook)}")
        if webhook.get("event") == "call.created" and lines is not None:
            click.echo(lines.for_call(webhook["session_uuid"], room_id))

    def say(self, sentence: str) -> None:
        click.echo(sentence)


class _AsJson:
    """For a program: one JSON object a line, the first with the address, id and key, then each webhook."""

    def started(self, lines: CurlLines) -> None:
        click.echo(orjson.dumps({name: value for name, value in vars(lines).items() if name != "gateway"}).decode())

    def webhook(self, webhook: Webhook, _lines: CurlLines | None, _room_id: str) -> None:
        click.echo(orjson.dumps(webhook).decode())

    def say(self, sentence: str) -> None:
        click.echo(sentence, err=True)


def _run(running: Sandbox, told: _AsText | _AsJson) -> None:
    with stopping() as stopped:
        try:
            told.started(running.start())
            stopped.wait()
        finally:
            running.stop()


@sandbox.command()
@click.option("--to", "number", default=NUMBER, show_default=True, help="The dialled number.")
@click.option("--from", "caller", default="+15551230001", show_default=True, help="The caller's number.")
@click.option("--name", default="Sandbox Caller", show_default=True, help="The caller's display name.")
@json_option
@click.pass_obj
def call(data_dir: Path, number: str, caller: str, name: str, as_json: bool) -> None:
    """A phone dials in; prints the session's uuid."""
    with _console(data_dir) as console:
        channel = console.ask(SimulatedCall(caller, number, name)).data
    uuid = session_id(NODE_ID, channel)
    if as_json:
        print_json({"uuid": uuid, "from": caller, "to": number})
    else:
        click.echo(uuid)


@sandbox.command()
@click.argument("uuid", required=False)
@json_option
@click.pass_obj
def hangup(data_dir: Path, uuid: str | None, as_json: bool) -> None:
    """The caller hangs up; without UUID the one who called last."""
    with _console(data_dir) as console:
        channel = _channel(console, uuid)
        console.ask(Kill(channel))
    if as_json:
        print_json({"uuid": session_id(NODE_ID, channel), "hung_up": True})
    else:
        click.echo(f"{session_id(NODE_ID, channel)} hung up.")


@sandbox.command()
@click.argument("digits")
@click.argument("uuid", required=False)
@json_option
@click.pass_obj
def dtmf(data_dir: Path, digits: str, uuid: str | None, as_json: bool) -> None:
    """The caller presses keys; without UUID the one who called last."""
    with _console(data_dir) as console:
        channel = _channel(console, uuid)
        console.ask(PressKeys(channel, digits))
    if as_json:
        print_json({"uuid": session_id(NODE_ID, channel), "digits": digits})
    else:
        click.echo(f"{session_id(NODE_ID, channel)} pressed {digits}.")


def _console(data_dir: Path) -> Console:
    return Console(sandbox_file.running(data_dir).node)


def _channel(console: Console, uuid: str | None) -> str:
    """The channel's uuid of a session's, with or without the node's prefix; else the newest call's."""
    if uuid is not None:
        return uuid.removeprefix(f"{NODE_ID}-")
    answer: dict[str, Any] = console.ask(ShowChannels()).json() or {}
    calls = sorted(answer.get("rows", ()), key=lambda row: int(row.get("created_epoch", 0)))
    if not calls:
        raise NotFound("there is no call: `gateway sandbox call` makes one")
    channel: str = calls[-1]["uuid"]
    return channel
