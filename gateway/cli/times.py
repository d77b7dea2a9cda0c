"""Times as options. In: a day, or a second of it, in UTC. Out: milliseconds."""

from datetime import UTC, datetime

import click

TIME = click.DateTime(formats=["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M:%SZ"])


def milliseconds(at: datetime | None) -> int:
    return int(at.replace(tzinfo=UTC).timestamp() * 1000) if at else 0
