"""`conference ROOM VERB MEMBER …`: what the api can do to one member, to all, to the last or to the non-moderators."""

import contextlib
from collections.abc import Callable

from gateway.simulator import member_actions as act
from gateway.simulator.conferences import Room
from gateway.simulator.members import Member
from gateway.simulator.numbers import whole_number
from gateway.simulator.sounds import SoundMissing, open_sound
from gateway.simulator.switchboard import Switchboard

MemberCommand = Callable[[Switchboard, Room, Member, str], str]
TARGET = "<[member_id|all]|last|non_moderator>"


def _simple(act_on: Callable[[Room, Member], None], word: str) -> MemberCommand:
    def command(board: Switchboard, room: Room, member: Member, argument: str) -> str:
        act_on(room, member)
        return f"+OK {word} {member.id}\n"

    return command


def tmute(board: Switchboard, room: Room, member: Member, argument: str) -> str:
    chosen = (act.mute, "mute") if member.can_speak else (act.unmute, "unmute")
    return _simple(*chosen)(board, room, member, argument)


def hold(board: Switchboard, room: Room, member: Member, argument: str) -> str:
    if argument:
        with contextlib.suppress(SoundMissing):  # then held without music, as the switch does
            act.play_to(room, member, open_sound(argument, board.core.options))
    act.hold(room, member)
    return f"+OK hold {member.id}\n"


def kick(board: Switchboard, room: Room, member: Member, argument: str) -> str:
    act.kick(room, member, argument)
    return f"+OK kicked {member.id}\n"


def energy(board: Switchboard, room: Room, member: Member, argument: str) -> str:
    if argument:
        act.set_energy(room, member, argument)
    return f"Energy {member.id} = {member.energy_level}\n"


def _volume(direction: str) -> MemberCommand:
    def command(board: Switchboard, room: Room, member: Member, argument: str) -> str:
        if argument:
            act.set_volume(room, member, direction, argument)
        level = member.volume_in if direction == "in" else member.volume_out
        return f"+OK Volume {direction.upper()} {member.id} = {level}\n"

    return command


def floor(board: Switchboard, room: Room, member: Member, argument: str) -> str:
    return act.floor(room, member)


def dtmf(board: Switchboard, room: Room, member: Member, argument: str) -> str:
    if not argument:
        return "-ERR Invalid input!\n"
    room.fire("dtmf-member", ("Digits", argument), member=member)
    return f"+OK sent {argument} to {member.id}\n"


def get_uuid(board: Switchboard, room: Room, member: Member, argument: str) -> str:
    return member.call.uuid


def quiet_nothing(board: Switchboard, room: Room, member: Member, argument: str) -> str:
    """Video and gain control: accepted, without effect here."""
    return "+OK\n"


MEMBER_COMMANDS: dict[str, tuple[MemberCommand, str]] = {
    "mute": (_simple(act.mute, "mute"), f"mute {TARGET} [<quiet>]"),
    "unmute": (_simple(act.unmute, "unmute"), f"unmute {TARGET} [<quiet>]"),
    "tmute": (tmute, f"tmute {TARGET} [<quiet>]"),
    "deaf": (_simple(act.deaf, "deaf"), f"deaf {TARGET}"),
    "undeaf": (_simple(act.undeaf, "undeaf"), f"undeaf {TARGET}"),
    "hold": (hold, f"hold {TARGET} [file]"),
    "unhold": (_simple(act.unhold, "unhold"), f"unhold {TARGET}"),
    "kick": (kick, "kick <[member_id|all|last|non_moderator]> [<optional sound file>]"),
    "hup": (_simple(act.hup, "hup"), "hup <[member_id|all|last|non_moderator]>"),
    "energy": (energy, "energy <member_id|all|last|non_moderator> [<newval>]"),
    "volume_in": (_volume("in"), "volume_in <member_id|all|last|non_moderator> [<newval>]"),
    "volume_out": (_volume("out"), "volume_out <member_id|all|last|non_moderator> [<newval>]"),
    "floor": (floor, "floor <member_id|last>"),
    "dtmf": (dtmf, "dtmf <[member_id|all|last|non_moderator]> <digits>"),
    "get-uuid": (get_uuid, "get-uuid <member_id|last>"),
    "agc": (quiet_nothing, "agc <member_id|all|last|non_moderator> [<newval>]"),
}


def run_member_command(board: Switchboard, room: Room, words: list[str]) -> str:
    """words: the verb, whom it means, its argument."""
    command, usage = MEMBER_COMMANDS[words[0].lower()]
    whom = words[1] if len(words) > 1 else ""
    argument = words[2] if len(words) > 2 else ""
    lower = whom.lower()
    if lower in ("all", "non_moderator"):
        return _each(board, room, command, argument, skip_moderators=lower == "non_moderator")
    if lower == "last":
        last = max(room.members, key=lambda m: m.id, default=None)
        return command(board, room, last, argument) if last is not None else ""
    if number := whole_number(whom):
        member = room.by_id.get(number)
        return command(board, room, member, argument) if member is not None else f"-ERR Non-Existant ID {number}\n"
    if "=" in whom:
        name, _, value = whom.partition("=")
        found = next((m for m in room.members if m.call.variable(name) == value), None)
        return command(board, room, found, argument) if found is not None else "-ERR Non-Existant member\n"
    return usage


def _each(board: Switchboard, room: Room, command: MemberCommand, argument: str, skip_moderators: bool) -> str:
    replies = []
    for member in list(room.members):
        if skip_moderators and member.moderator:
            replies.append(f"Skipping moderator (member id {member.id}).\n")
        else:
            replies.append(command(board, room, member, argument))
    return "".join(replies)
