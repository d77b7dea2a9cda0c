"""All api commands in one table: a line in, the reply out; runs on the greenlet of whoever asked."""

import logging
from collections.abc import Callable

from gateway.simulator import (
    commands_channel,
    commands_conference,
    commands_leg_media,
    commands_originate,
    commands_simulator,
    commands_status,
)
from gateway.simulator.switchboard import Switchboard

log = logging.getLogger(__name__)

API: dict[str, Callable[[Switchboard, str], str]] = {
    **commands_channel.COMMANDS,
    **commands_leg_media.COMMANDS,
    **commands_conference.COMMANDS,
    **commands_originate.COMMANDS,
    **commands_status.COMMANDS,
    **commands_simulator.COMMANDS,
}


def run(board: Switchboard, line: str) -> str:
    name, _, argument = line.strip().partition(" ")
    handler = API.get(name.lower())
    if handler is None:
        return f"-ERR {name} Command not found!\n"
    told = (("API-Command", name), *((("API-Command-Argument", argument),) if argument else ()))
    if board.core.bus.wanted("API"):
        board.core.bus.tell("API", *told)
    else:
        board.core.bus.skip()
    try:
        return handler(board, argument)
    except Exception:
        log.exception("api command of the simulated switch failed: %r", line)
        return "-ERR simulator failure\n"
