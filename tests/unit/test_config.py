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
        ("GATEWAY_LOG_LEVEL", "loud"),
        ("GATEWAY_LOG_LEVEL", ""),
        ("GATEWAY_ALLOWED_ADDRESSES", "10.0.0.0/33"),
        ("GATEWAY_ALLOWED_ADDRESSES", "10.0.0.300"),
        ("GATEWAY_ALLOWED_ADDRESSES", "files.example.net,http://files.example.net"),
        ("GATEWAY_ALLOWED_ADDRESSES", "*"),
        ("GATEWAY_NODES", "acW68=x@127.0.0.1:99999"),
        ("GATEWAY_NODES", "acW68=x@127.0.0.1:٨٠٢١"),
    ],
)
def test_a_setting_that_cannot_work_stops_the_start(key: str, value: str) -> None:
    """A port above 65535 ended the greenlet that dials: the node stayed `connecting` for ever."""
    with pytest.raises(ConfigError, match=key):
        load({key: value})


def test_a_log_level_is_read_in_any_case() -> None:
    assert load({"GATEWAY_LOG_LEVEL": "warning"}).log_level == "WARNING"


def test_allowed_addresses_are_networks_addresses_and_names() -> None:
    text = "10.1.0.0/16, fd00::7,files.example.net,*.example.net"
    assert load({"GATEWAY_ALLOWED_ADDRESSES": text}).allowed_address_list == [
        "10.1.0.0/16", "fd00::7", "files.example.net", "*.example.net",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("nodes", "shown"),
    [
        ("acW68=sec,ret@127.0.0.1:8021", "'acW68=***'"),
        ("acW68=sec@ret@127.0.0.1:8021", "'acW68=***@127.0.0.1:8021'"),
        ("acW68=s=ecret@127.0.0.1:0", "'acW68=***@127.0.0.1:0'"),
        ("secret@127.0.0.1:8021", "'***@127.0.0.1:8021'"),
        ("secret", "'***'"),
        ("node1x=secret@127.0.0.1:8021", "'node1x=***@127.0.0.1:8021'"),
    ],
)
def test_no_part_of_a_password_is_printed(nodes: str, shown: str) -> None:
    """A comma in it ended the entry before its @, by which it was known."""
    with pytest.raises(ConfigError) as raised:
        load({"GATEWAY_NODES": nodes})
    assert raised.value.message.endswith(f"got {shown}")
    assert "sec" not in raised.value.message and "ret" not in raised.value.message
