"""The api command `conference`: finds the room and the verb, and puts the usage behind what was refused."""

from gateway.simulator import listing
from gateway.simulator.calls import Call
from gateway.simulator.commands_members import MEMBER_COMMANDS, run_member_command
from gateway.simulator.commands_originate import wait_for_leg
from gateway.simulator.commands_room import ROOM_COMMANDS, Usage
from gateway.simulator.commands_room_sound import SOUND_COMMANDS, TEXT_COMMANDS
from gateway.simulator.conferences import Room
from gateway.simulator.core import new_uuid
from gateway.simulator.events import CONFERENCE, Part
from gateway.simulator.switchboard import Switchboard
from gateway.simulator.wire import split_arguments

_SPLIT_COMMANDS = {**ROOM_COMMANDS, **SOUND_COMMANDS}
DIAL_TIMEOUT_S = 60.0


def conference(board: Switchboard, text: str) -> str:
    words = split_arguments(text)
    if not words:
        return "".join(f"<conf name> {usage}\n" for _, usage in _SPLIT_COMMANDS.values())
    room = board.rooms.find(words[0])
    if room is None:
        return _without_room(board, words)
    if len(words) < 2:
        return "Conference command, not specified.\nTry 'help'\n"
    return _in_room(board, room, words[1:], text)


def _in_room(board: Switchboard, room: Room, words: list[str], text: str) -> str:
    verb = words[0].lower()
    if verb in MEMBER_COMMANDS:
        return run_member_command(board, room, words)
    if verb in ("dial", "bgdial"):
        return _dial(board, room, room.name, words)
    usage = ""
    try:
        if verb in TEXT_COMMANDS:
            say, usage = TEXT_COMMANDS[verb]
            return say(board, room, text.partition(words[0])[2].lstrip(" \t"))
        if verb in _SPLIT_COMMANDS:
            command, usage = _SPLIT_COMMANDS[verb]
            return command(board, room, words)
    except Usage as refused:
        return f"{refused}{usage}"
    return f"-ERR Conference command '{words[0]}' not found.\n"


def _without_room(board: Switchboard, words: list[str]) -> str:
    rooms = board.rooms.all()
    verb = words[0].lower()
    if verb == "list":
        return _list(rooms, words[1:])
    if verb == "count":
        return str(len(rooms))
    if verb == "json_list":
        return listing.json_list(rooms, compact=words[1:2] == ["compact"])
    if verb == "xml_list":
        return listing.xml_list(rooms)
    if len(words) > 1 and words[1].lower() in ("dial", "bgdial"):
        return _dial(board, None, words[0], words[1:])
    return f"-ERR Conference {words[0]} not found\n"


def _list(rooms: list[Room], arguments: list[str]) -> str:
    if not rooms:
        return "+OK No active conferences.\n"
    heads_only = bool(arguments) and arguments[0].lower() == "summary"
    if arguments and arguments[0].lower() == "count":
        return str(len(rooms))
    return "".join(listing.list_head(r) + ("" if heads_only else listing.list_members(r)) for r in rooms)


def _dial(board: Switchboard, room: Room | None, name: str, words: list[str]) -> str:
    """The leg joins when it answers; it has no application behind the room."""
    if len(words) < 2:
        return "-ERR Bad Args\ndial <endpoint_module_name>/<destination> <callerid number> <callerid name>"
    number = words[2] if len(words) > 2 else ""
    caller_name = words[3] if len(words) > 3 else ""
    given = f"{{origination_caller_id_number={number},origination_caller_id_name='{caller_name}'}}" if number else ""
    profile = room.profile.name if room is not None else "default"
    if words[0].lower() == "dial":
        leg, cause = wait_for_leg(board, given + words[1], DIAL_TIMEOUT_S)
        if leg is not None:
            board.enter(leg, f"conference:{name}@{profile}", "inline")
        return f"+OK Call Requested: result: [{cause}]\n"
    job = new_uuid()

    def dialled(leg: Call | None, cause: str) -> None:
        if leg is not None:
            board.enter(leg, f"conference:{name}@{profile}", "inline")
        _tell_result(board, name, job, cause)

    board.dial(given + words[1], DIAL_TIMEOUT_S, dialled)
    return f"+OK Job-UUID: {job}\n"


def _tell_result(board: Switchboard, name: str, job: str, cause: str) -> None:
    room = board.rooms.find(name)
    if room is not None:
        room.fire("bgdial-result", ("Result", cause), ("Job-UUID", job))
        return
    pairs = (("Conference-Name", name), ("Action", "bgdial-result"), ("Result", cause), ("Job-UUID", job))
    board.core.bus.fire("CUSTOM", [Part(pairs)], CONFERENCE, "bgdial-result")


COMMANDS = {"conference": conference}
