"""All tests run under gevent, as the gateway does."""

from gevent import monkey

monkey.patch_all()

# Fixtures that more than one folder uses.
from tests.databases import (  # noqa: F401
    database_url,
    engine,
    postgres_server,
    postgres_url,
)
