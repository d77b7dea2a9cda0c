"""Which way a call goes out, and that nothing of a user breaks out of the dial string."""

import pytest

from gateway.errors import ConfigError, UnsafeArgument
from gateway.switch.routes import Routes

ROUTES = Routes("sofia/gateway/trunk/{number}", "user/{user}")


def test_numbers_go_by_the_trunk_and_phones_by_their_name() -> None:
    assert ROUTES.of("+15550001111") == "sofia/gateway/trunk/+15550001111"
    assert ROUTES.of("user:1000") == "user/1000"
    assert Routes("sofia/external/{digits}@h:5060;transport=tcp", "user/{user}@d").of("+49301") == (
        "sofia/external/49301@h:5060;transport=tcp"
    )


@pytest.mark.parametrize(
    "to", ["", "user:", "+1 555", "+1,user/1000", "user:a|b", "user:${x}", "+1}", "[x]1", "1@evil", "user:a/b", "1\n2"]
)
def test_what_is_neither_goes_nowhere(to: str) -> None:
    with pytest.raises(UnsafeArgument):
        ROUTES.of(to)


@pytest.mark.parametrize(
    "trunk", ["sofia/external/x", "{number}{number}", "{other}", "{number},user/1", "{a=b}{number}", "a|{number}"]
)
def test_a_setting_that_is_no_dial_string_stops_the_start(trunk: str) -> None:
    with pytest.raises(ConfigError, match="GATEWAY_TRUNK"):
        Routes(trunk, "user/{user}")
