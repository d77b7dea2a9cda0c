"""Settings that cannot work stop the start."""

import pytest

from gateway.config import load
from gateway.errors import ConfigError


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("GATEWAY_LEASE_S", "nan"),
        ("GATEWAY_REPLY_TIMEOUT_S", "inf"),
        ("GATEWAY_WEBHOOK_IN_FLIGHT", "0"),
        ("GATEWAY_WEBHOOK_KEEP_S", "-1"),
        ("GATEWAY_INBOUND_WAIT_S", "-5"),
        ("GATEWAY_MAX_BODY_BYTES", "0"),
        ("GATEWAY_RATE_LIMIT_PER_S", "-1"),
        ("GATEWAY_RATE_LIMIT_PER_S", "nan"),
        ("GATEWAY_LISTEN", "127.0.0.1:70000"),
        ("GATEWAY_NODES", "acW68=x@127.0.0.1:99999"),
        ("GATEWAY_NODES", "acW68=x@127.0.0.1:٨٠٢١"),
    ],
)
def test_a_setting_that_cannot_work_stops_the_start(key: str, value: str) -> None:
    """A port above 65535 ended the greenlet that dials: the node stayed `connecting` for ever."""
    with pytest.raises(ConfigError, match=key):
        load({key: value})
