"""Where a call goes out: a number or a phone's name in, the switch's dial string out."""

import re
from dataclasses import dataclass

from gateway.domain.dial import USER
from gateway.errors import ConfigError, UnsafeArgument
from gateway.switch import arguments

_PLACE = re.compile(r"\{[^{}]*\}")


@dataclass(frozen=True)
class Routes:
    """`trunk` is a dial string with {number} (+15551230002) or {digits} (15551230002), `users` one with {user}."""

    trunk: str
    users: str

    def __post_init__(self) -> None:
        for key, template, places in (
            ("GATEWAY_TRUNK", self.trunk, {"{number}", "{digits}"}),
            ("GATEWAY_USERS", self.users, {"{user}"}),
        ):
            found = _PLACE.findall(template)
            if len(found) != 1 or found[0] not in places:
                raise ConfigError(f"{key}: expected one dial string with {' or '.join(sorted(places))} once")
            try:
                arguments.route(_PLACE.sub("0", template))
            except UnsafeArgument as error:
                raise ConfigError(f"{key}: {error.message}") from error

    def of(self, to: str) -> str:
        """`to` is an E.164 number, or `user:NAME` for a phone that registers at the switch."""
        if to.startswith(USER):
            return self.users.replace("{user}", arguments.dialled(to.removeprefix(USER)))
        number = arguments.dialled(to)
        return self.trunk.replace("{number}", number).replace("{digits}", number.removeprefix("+"))
