"""`gateway doctor`: what stands in the way of a gateway. In: the settings. Out: sentences."""

import click

from gateway.cli.checks import FAILED, Finding, findings
from gateway.cli.output import json_option, print_json
from gateway.config import load
from gateway.errors import ConfigError

_MARKS = {"ok": "ok     ", "warning": "warning", "failed": "FAILED "}


@click.command()
@json_option
def doctor(as_json: bool) -> None:
    """Check settings, database, nodes, directories and ports; exit code 1 when something must be mended."""
    try:
        found = list(findings(load()))
    except ConfigError as error:
        found = [Finding("settings", FAILED, f"{error}.")]
    healthy = all(finding.status != FAILED for finding in found)
    if as_json:
        print_json({"healthy": healthy, "checks": [vars(finding) for finding in found]})
    else:
        for finding in found:
            click.echo(f"{_MARKS[finding.status]}  {finding.check}: {finding.message}")
    if not healthy:
        raise click.exceptions.Exit(1)
