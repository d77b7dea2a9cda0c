"""The `gateway` command: operators' and developers' door. In: words and options. Out: text, or JSON with --json.

What went wrong is one sentence on stderr; the exit code is 2 for wrong settings or usage, 1 for anything else.
"""

from typing import Any

import click

from gateway import __version__
from gateway.cli.apps import apps
from gateway.cli.database import database
from gateway.cli.doctor import doctor
from gateway.cli.nodes import nodes
from gateway.cli.numbers import numbers
from gateway.cli.recordings import recordings
from gateway.cli.records import records
from gateway.cli.sandbox import sandbox
from gateway.cli.serve import serve, simulator
from gateway.cli.webhooks import webhooks
from gateway.errors import ConfigError, GatewayError


class _Root(click.Group):
    """Turns what the house raises into a sentence and an exit code, at this one place."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except (GatewayError, OSError) as error:
            click.echo(f"gateway: {error}", err=True)
            ctx.exit(2 if isinstance(error, ConfigError) else 1)


@click.group(cls=_Root, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(__version__, prog_name="gateway")
def main() -> None:
    """HTTP and webhook gateway beside FreeSWITCH. Settings: GATEWAY_* variables or a TOML file (GATEWAY_CONFIG)."""


for command in (serve, sandbox, apps, numbers, recordings, records, webhooks, nodes, database, doctor, simulator):
    main.add_command(command)
