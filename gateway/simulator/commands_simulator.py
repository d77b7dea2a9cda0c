"""The api command `simulator`: plays the phones and the faults that a real switch gets from outside."""

import urllib.parse

from gateway.simulator.switchboard import MAKER, Switchboard

USAGE = (
    "-USAGE: call FROM TO [NAME, percent-encoded] | talk UUID on|off | hangup UUID [CAUSE] | digits UUID KEYS | reset"
    " | fault …\n"
)


def simulator(board: Switchboard, text: str) -> str:
    verb, _, rest = text.strip().partition(" ")
    handler = _VERBS.get(verb)
    return handler(board, rest.strip()) if handler is not None else USAGE


def call(board: Switchboard, text: str) -> str:
    words = text.split(" ")
    if len(words) < 2 or not words[1]:
        return USAGE
    name = urllib.parse.unquote(words[2]) if len(words) > 2 else words[0]
    return f"+OK {board.inbound_call(words[0], words[1], name).uuid}\n"


def talk(board: Switchboard, text: str) -> str:
    uuid, _, state = text.partition(" ")
    found = board.find(uuid)
    if found is None:
        return "-ERR No such channel!\n"
    found.set_loud(state.strip() != "off")
    return "+OK\n"


def hangup(board: Switchboard, text: str) -> str:
    """The caller hangs up."""
    uuid, _, cause = text.partition(" ")
    found = board.find(uuid)
    if found is None:
        return "-ERR No such channel!\n"
    found.hangup(cause.strip() or "NORMAL_CLEARING")
    return "+OK\n"


def digits(board: Switchboard, text: str) -> str:
    return board.run_api(f"uuid_recv_dtmf {text}")


def reset(board: Switchboard, text: str) -> str:
    """All calls are hung up, all faults are off."""
    board.hang_up_all("NORMAL_CLEARING")
    board.run_fault("none", 0)
    return "+OK\n"


def fault(board: Switchboard, text: str) -> str:
    return board.run_fault(text, MAKER.get())


_VERBS = {"call": call, "talk": talk, "hangup": hangup, "digits": digits, "reset": reset, "fault": fault}
COMMANDS = {"simulator": simulator}
