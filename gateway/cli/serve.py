"""`gateway serve` and `gateway simulator`: processes that run until SIGTERM or SIGINT."""

import click

from gateway import process
from gateway.cli.logs import start_logging
from gateway.cli.output import json_option, print_json
from gateway.config import load
from gateway.process import stopping
from gateway.simulator.server import SimulatedSwitch


@click.command()
def serve() -> None:
    """Run the gateway until SIGTERM or SIGINT; calls and rooms are left untouched."""
    settings = load()
    start_logging(settings.log_level)
    process.serve(settings)


@click.command()
@click.option("--listen", required=True, help="HOST:PORT of its Event Socket; port 0 takes a free one.")
@click.option("--password", default="ClueCon", show_default=True, help="Its Event Socket's password.")
@json_option
def simulator(listen: str, password: str, as_json: bool) -> None:
    """Run the simulated switch alone: it speaks the Event Socket as FreeSWITCH does."""
    host, _, port = listen.rpartition(":")
    if not host or not port.isdigit() or int(port) > 65535:
        raise click.BadParameter(f"expected HOST:PORT, got {listen!r}", param_hint="--listen")
    switch = SimulatedSwitch(host.strip("[]"), int(port), password)
    with stopping() as stopped:
        switch.start()
        if as_json:
            print_json({"host": host, "port": switch.port})
        else:
            click.echo(f"The simulated switch listens on {host}:{switch.port}.")
        stopped.wait()
    switch.stop()
