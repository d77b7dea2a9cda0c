"""`conference ROOM VERB …` on the room as a whole: lock, pin, set, get, relate, transfer, lists, sounds on and off."""

from collections.abc import Callable

from gateway.simulator import listing
from gateway.simulator import member_actions as act
from gateway.simulator.conferences import Room
from gateway.simulator.numbers import whole_number
from gateway.simulator.switchboard import Switchboard

RoomCommand = Callable[[Switchboard, Room, list[str]], str]


class Usage(Exception):
    """The command was refused: its usage follows whatever it had said."""


def count(board: Switchboard, room: Room, words: list[str]) -> str:
    return str(room.count)


def list_room(board: Switchboard, room: Room, words: list[str]) -> str:
    arguments = words[1:]
    if arguments and arguments[0].lower() == "count":
        return str(room.count)
    if arguments and arguments[0].lower() == "summary":
        return listing.list_head(room)
    delimiter = arguments[1] if len(arguments) > 1 and arguments[0].lower() == "delim" else ";"
    return listing.list_members(room, delimiter)


def json_list(board: Switchboard, room: Room, words: list[str]) -> str:
    return listing.json_list([room], compact=words[1:2] == ["compact"])


def xml_list(board: Switchboard, room: Room, words: list[str]) -> str:
    return listing.xml_list([room])


def lock(board: Switchboard, room: Room, words: list[str]) -> str:
    act.lock(room, True)
    return f"+OK {room.name} locked\n"


def unlock(board: Switchboard, room: Room, words: list[str]) -> str:
    act.lock(room, False)
    return f"+OK {room.name} unlocked\n"


def pin(board: Switchboard, room: Room, words: list[str]) -> str:
    if len(words) == 3 and words[1] == "mod":
        room.moderator_pin = words[2]
        return f"+OK Moderator Pin for conference {room.name} set: {words[2]}\n"
    if len(words) == 2 and words[0] == "pin":
        room.pin = words[1]
        return f"+OK Pin for conference {room.name} set: {words[1]}\n"
    if len(words) == 1 and words[0] == "nopin":
        room.pin = ""
        return f"+OK Pin for conference {room.name} deleted\n"
    raise Usage("-ERR Invalid parameters:\n")


_GET: dict[str, Callable[[Room], str]] = {
    "run_time": lambda room: str(room.run_time()),
    "count": lambda room: str(room.count),
    "count_ghosts": lambda room: str(room.ghosts),
    "max_members": lambda room: str(room.max_members),
    "rate": lambda room: "8000",
    "profile_name": lambda room: room.profile.name,
    "sound_prefix": lambda room: room.settings["sound_prefix"],
    "caller_id_name": lambda room: room.settings["caller_id_name"],
    "caller_id_number": lambda room: room.settings["caller_id_number"],
    "is_locked": lambda room: "locked" if room.locked else "",
    "endconference_grace_time": lambda room: str(room.endconf_grace_s),
    "uuid": lambda room: room.uuid,
    "wait_mod": lambda room: "true" if room.wait_mod else "",
}


def get(board: Switchboard, room: Room, words: list[str]) -> str:
    getter = _GET.get(words[1].lower()) if len(words) == 2 else None
    if getter is None:
        raise Usage
    return getter(room)


def set_value(board: Switchboard, room: Room, words: list[str]) -> str:
    """Answers with the bare old value."""
    if len(words) != 3 or not words[2]:
        raise Usage
    name, value = words[1].lower(), words[2]
    old = _GET[name](room) if name in _GET else ""
    if name in ("max_members", "endconference_grace_time"):
        number = whole_number(value)
        if number < 0:
            raise Usage
        if name == "max_members":
            room.max_members = number
        else:
            room.endconf_grace_s = number
    elif name in room.settings:
        room.settings[name] = value
    else:
        raise Usage
    return old


def getvar(board: Switchboard, room: Room, words: list[str]) -> str:
    return room.variables.get(words[1], "") if len(words) > 1 else ""


def setvar(board: Switchboard, room: Room, words: list[str]) -> str:
    if len(words) > 1:
        if len(words) > 2 and words[2]:
            room.variables[words[1]] = words[2]
        else:
            room.variables.pop(words[1], None)
        room.touch()
    return "+OK\n"


def _sounds(which: str) -> RoomCommand:
    def command(board: Switchboard, room: Room, words: list[str]) -> str:
        if len(words) < 2:
            raise Usage("-ERR Not enough args\n")
        state = words[1].lower()
        sound = room.sounds[which]
        if state in ("on", "off", "none"):
            on = state == "on"
            if which == "enter":
                room.enter_sound_on = on
            else:
                room.exit_sound_on = on
            shown = "on" if on else "off"
            room.fire(f"{which}-sounds-{shown}")
            return f"+OK {room.name} {which} sounds {shown} ({sound})\n"
        if state == "file" and len(words) > 2:
            room.sounds[which] = words[2]
            room.fire(f"{which}-sound-file-changed")
            said = f"+OK Old exit sound: [{sound}]\n" if which == "exit" else ""
            return f"{said}+OK {room.name} {which} sound file set to {words[2]}\n"
        if state == "file":
            return "-ERR No filename specified\n"
        raise Usage("-ERR Bad args\n")

    return command


def relate(board: Switchboard, room: Room, words: list[str]) -> str:
    if len(words) <= 2:
        return _show_relations(room, words[1] if len(words) == 2 else "")
    if len(words) == 3:
        raise Usage
    action = words[3]
    clear = action.lower() == "clear"
    kinds = frozenset(kind for kind in ("nospeak", "nohear", "sendvideo") if kind in action)
    if not clear and not kinds:
        raise Usage
    replies = []
    for one in words[1].split(","):
        for other in words[2].split(","):
            replies.append(_relate_pair(room, whole_number(one), whole_number(other), action, kinds, clear))
    return "".join(replies)


def _relate_pair(room: Room, one: int, other: int, action: str, kinds: frozenset[str], clear: bool) -> str:
    member = room.by_id.get(one)
    if member is None or (not clear and other not in room.by_id):
        return f"-ERR relationship {one}->{other} not found.\n"
    if clear:
        member.relations.pop(other, None)
        return f"+OK relationship {one}->{other} cleared.\n"
    member.relations[other] = kinds
    return f"+OK {one}->{other} {action} set\n"


def _show_relations(room: Room, whose: str) -> str:
    if not any(member.relations for member in room.members):
        return "+OK No relationships\n"
    wanted = [whole_number(w) for w in whose.split(",")] if whose else []
    lines = []
    for number in wanted:
        for member in room.members:
            if number in (0, member.id):
                lines += [f"{member.id} -> {other} {_relation(kinds)}\n" for other, kinds in member.relations.items()]
    return "".join(lines)


def _relation(kinds: frozenset[str]) -> str:
    speak = "NOSPEAK " if "nospeak" in kinds else "SPEAK "
    hear = "NOHEAR " if "nohear" in kinds else "HEAR "
    return speak + hear + ("SENDVIDEO " if "sendvideo" in kinds else "NOSENDVIDEO ")


def transfer(board: Switchboard, room: Room, words: list[str]) -> str:
    """Drops the flags and whatever was to come after the room."""
    if len(words) < 3:
        raise Usage
    target = words[1]
    name, _, profile = target.partition("@")
    replies = []
    for whom in words[2:]:
        member = room.by_id.get(whole_number(whom))
        if member is None:
            replies.append(f"-ERR No Member {whom} in conference {room.name}.\n")
            continue
        member.call.transfer(f"conference:{name}@{profile or 'default'}", "inline")
        member.call.set_variable("last_transfered_conference", name)
        replies.append(f"+OK Member '{member.id}' sent to conference {target}.\n")
        told = (("Old-Conference-Name", room.name), ("New-Conference-Name", target))
        room.fire("transfer", before=told, member=member)
    return "".join(replies)


ROOM_COMMANDS: dict[str, tuple[RoomCommand, str]] = {
    "count": (count, "count "),
    "list": (list_room, "list [delim <string>]|[count]"),
    "json_list": (json_list, "json_list [compact]"),
    "xml_list": (xml_list, "xml_list "),
    "lock": (lock, "lock "),
    "unlock": (unlock, "unlock "),
    "pin": (pin, "pin <pin#>"),
    "nopin": (pin, "nopin "),
    "get": (get, "get <parameter-name>"),
    "set": (
        set_value,
        "set <max_members|sound_prefix|caller_id_name|caller_id_number|endconference_grace_time> <value>",
    ),
    "getvar": (getvar, "getvar <varname>"),
    "setvar": (setvar, "setvar <varname> <value>"),
    "enter_sound": (_sounds("enter"), "enter_sound on|off|none|file <filename>"),
    "exit_sound": (_sounds("exit"), "exit_sound on|off|none|file <filename>"),
    "relate": (
        relate,
        "relate <member_id>[,<member_id>] <other_member_id>[,<other_member_id>] [nospeak|nohear|clear]",
    ),
    "transfer": (transfer, "transfer <conference_name> <member id> [...<member id>]"),
}
