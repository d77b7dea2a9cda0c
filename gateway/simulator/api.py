"""All api commands in one table: a line in, the reply out; runs on the greenlet of whoever asked."""

import logging
from collections.abc import Callable

from gateway.simulator.commands_channel import COMMANDS as CHANNEL
from gateway.simulator.commands_conference import COMMANDS as CONFERENCE
from gateway.simulator.commands_leg_media import COMMANDS as LEG_MEDIA
from gateway.simulator.commands_originate import COMMANDS as ORIGINATE
from gateway.simulator.commands_simulator import COMMANDS as SIMULATOR
from gateway.simulator.commands_status import COMMANDS as STATUS
from gateway.simulator.switchboard import Switchboard

log = logging.getLogger(__name__)

API: dict[str, Callable[[Switchboard, str], str]] = {
    **CHANNEL,
    **LEG_MEDIA,
    **CONFERENCE,
    **ORIGINATE,
    **STATUS,
    **SIMULATOR,
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
