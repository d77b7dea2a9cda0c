"""The api commands on one channel: transfer, kill, answer, variables, dump; text in, the switch's exact reply out."""

from gateway.simulator.app_bridge import join
from gateway.simulator.calls import Call
from gateway.simulator.core import new_uuid
from gateway.simulator.event_sites import EVENT_SITES
from gateway.simulator.events import json_bytes, quoted
from gateway.simulator.numbers import whole_number
from gateway.simulator.switchboard import Switchboard
from gateway.simulator.wire import split_arguments

NO_CHANNEL = "-ERR No such channel!\n"
OK = "+OK\n"


def uuid_transfer(board: Switchboard, text: str) -> str:
    words = split_arguments(text)
    if not 2 <= len(words) <= 5:
        return "-USAGE: <uuid> [-bleg|-both] <dest-exten> [<dialplan>] [<context>]\n"
    call = board.find(words[0])
    if call is None:
        return NO_CHANNEL
    leg, rest = ("", words[1:]) if not words[1].startswith("-") else (words[1], words[2:])
    targets: list[Call] = []
    if leg != "-bleg":
        targets.append(call)
    if leg and isinstance(call.other, Call):
        targets.append(call.other)
    if not rest or not targets:
        return "-ERR\n"
    for target in targets:
        target.transfer(rest[0], rest[1] if len(rest) > 1 else "XML", rest[2] if len(rest) > 2 else "")
    return OK


def uuid_kill(board: Switchboard, text: str) -> str:
    uuid, _, cause = text.strip().partition(" ")
    if not uuid:
        return "-USAGE: <uuid> [cause]\n"
    call = board.find(uuid)
    if call is None:
        return NO_CHANNEL
    call.hangup(cause.strip() or "NORMAL_CLEARING")
    return OK


def uuid_answer(board: Switchboard, text: str) -> str:
    call = board.find(text.strip())
    if call is None:
        return "-ERROR\n"
    call.answer()
    return OK


def uuid_pre_answer(board: Switchboard, text: str) -> str:
    call = board.find(text.strip())
    if call is None:
        return "-ERROR\n"
    call.pre_answer()
    return OK


def uuid_ring_ready(board: Switchboard, text: str) -> str:
    call = board.find(text.split(" ")[0])
    if call is None:
        return "-ERROR\n"
    call.ring()
    return OK


def uuid_park(board: Switchboard, text: str) -> str:
    call = board.find(text.strip())
    if call is None:
        return NO_CHANNEL
    call.transfer("park:", "inline")
    return OK


def uuid_exists(board: Switchboard, text: str) -> str:
    return "true" if board.find(text.strip()) is not None else "false"


def uuid_setvar(board: Switchboard, text: str) -> str:
    words = text.split(" ", 2)
    if len(words) < 2:
        return "-USAGE: <uuid> <var> [value]\n"
    call = board.find(words[0])
    if call is None:
        return NO_CHANNEL
    if not words[1]:
        return "-ERR No variable specified\n"
    call.set_variable(words[1], words[2] if len(words) > 2 else None)
    return OK


def uuid_setvar_multi(board: Switchboard, text: str) -> str:
    uuid, _, pairs = text.partition(" ")
    if not pairs:
        return "-USAGE: <uuid> <var>=<value>;<var>=<value>...\n"
    call = board.find(uuid)
    if call is None:
        return NO_CHANNEL + "-USAGE: <uuid> <var>=<value>;<var>=<value>...\n"
    separator = ";"
    if pairs.startswith("^^") and len(pairs) > 2:
        separator, pairs = pairs[2], pairs[3:]
    for item in split_arguments(pairs, separator):
        name, _, value = item.partition("=")
        if not name:
            return "-ERR No variable specified\n"
        call.set_variable(name, value or None)
    return OK


def uuid_getvar(board: Switchboard, text: str) -> str:
    words = text.split(" ")
    if len(words) < 2:
        return "-USAGE: <uuid> <var>\n"
    call = board.find(words[0])
    if call is None:
        return NO_CHANNEL
    return call.variable(words[1]) or "_undef_"


def uuid_dump(board: Switchboard, text: str) -> str:
    uuid, _, form = text.strip().partition(" ")
    call = board.find(uuid)
    if call is None:
        return NO_CHANNEL
    bus = board.core.bus
    bus.sequence += 1
    head = bus.identity.head("CHANNEL_DATA", "", EVENT_SITES["CHANNEL_DATA"], bus.sequence)
    pairs = [pair for part in (head, *call.data()) for pair in part.pairs]
    if form == "json":
        return "{" + json_bytes(pairs).decode() + "}"
    return "".join(f"{name}: {quoted(value)}\n" for name, value in pairs) + "\n"


def uuid_bridge(board: Switchboard, text: str) -> str:
    """Two calls that are there already are joined; the first one's end of it brings both back to the dialplan."""
    uuid, _, other = text.strip().partition(" ")
    if not other:
        return "-USAGE: <uuid> <other_uuid>\n"
    first, second = board.find(uuid), board.find(other)
    if first is None or second is None:
        return "-ERR Invalid uuid\n"
    board.core.clock.after(board.core.tick_s, join, first, second)
    return f"+OK {other}\n"


def sched_hangup(board: Switchboard, text: str) -> str:
    words = text.split()
    if len(words) < 2:
        return "-USAGE: [+]<time> <uuid> [<cause>]\n"
    call = board.find(words[1])
    if call is None:
        return NO_CHANNEL
    cause = words[2] if len(words) > 2 else "ALLOTTED_TIMEOUT"
    if words[0] == "+0" or whole_number(words[0].lstrip("+")) == 0:
        call.hangup(cause)
    else:
        board.schedule.add(words[0], words[1], lambda: call.hangup(cause))
    return OK


def sched_transfer(board: Switchboard, text: str) -> str:
    words = split_arguments(text)
    if not 3 <= len(words) <= 5:
        return "-USAGE: [+]<time> <uuid> <extension> [<dialplan>] [<context>]\n"
    call = board.find(words[1])
    if call is None:
        return NO_CHANNEL
    order = [*words[2:], "XML", ""][:3] if len(words) == 3 else [*words[2:], ""][:3]
    board.schedule.add(words[0], words[1], lambda: call.transfer(*order))
    return OK


def hupall(board: Switchboard, text: str) -> str:
    words = text.split()
    cause = words[0] if words else "MANAGER_REQUEST"
    if len(words) < 3:
        board.hang_up_all(cause)
        return f"+OK hangup all channels with cause {cause}\n"
    for call in list(board.calls.values()):
        if call.variable(words[1]) == words[2]:
            call.hangup(cause)
    return f"+OK hangup all channels matching [{words[1]}]=[{words[2]}] with cause: {cause}\n"


def create_uuid(board: Switchboard, text: str) -> str:
    return new_uuid()


COMMANDS = {
    "uuid_transfer": uuid_transfer,
    "uuid_kill": uuid_kill,
    "uuid_answer": uuid_answer,
    "uuid_pre_answer": uuid_pre_answer,
    "uuid_ring_ready": uuid_ring_ready,
    "uuid_park": uuid_park,
    "uuid_exists": uuid_exists,
    "uuid_setvar": uuid_setvar,
    "uuid_setvar_multi": uuid_setvar_multi,
    "uuid_getvar": uuid_getvar,
    "uuid_dump": uuid_dump,
    "uuid_bridge": uuid_bridge,
    "sched_hangup": sched_hangup,
    "sched_transfer": sched_transfer,
    "hupall": hupall,
    "create_uuid": create_uuid,
}
