"""What a caller's own keys do in a conference: an action of a control group in, the order to the room out."""

from collections.abc import Callable

from gateway.simulator import member_actions as act
from gateway.simulator.conferences import Room
from gateway.simulator.members import Member
from gateway.simulator.room_profiles import Binding

Handler = Callable[[Room, Member, Binding], None]


def perform(room: Room, member: Member, binding: Binding) -> None:
    handler = ACTIONS.get(binding[1])
    if handler is not None and member.running:
        handler(room, member, binding)


def _speak(room: Room, member: Member, on: bool) -> None:
    if member.hold or member.can_speak == on:
        return
    if not on:
        act.mute(room, member)
        return
    act.unmute(room, member)
    if not member.can_hear:
        act.undeaf(room, member)


def _mute_toggle(room: Room, member: Member, binding: Binding) -> None:
    _speak(room, member, not member.can_speak)


def _mute_on(room: Room, member: Member, binding: Binding) -> None:
    _speak(room, member, False)


def _mute_off(room: Room, member: Member, binding: Binding) -> None:
    _speak(room, member, True)


def _deaf_mute(room: Room, member: Member, binding: Binding) -> None:
    _speak(room, member, not member.can_speak)
    if not member.can_speak and member.can_hear:
        act.deaf(room, member)


def _deaf_toggle(room: Room, member: Member, binding: Binding) -> None:
    (act.deaf if member.can_hear else act.undeaf)(room, member)


def _hangup(room: Room, member: Member, binding: Binding) -> None:
    """Leaves the room; the call goes on."""
    act.put_out(room, member)


def _event(room: Room, member: Member, binding: Binding) -> None:
    data = [("Data", binding[2])] if binding[2] else []
    room.fire("dtmf", ("DTMF-Key", binding[0]), *data, member=member)


def _lock(room: Room, member: Member, binding: Binding) -> None:
    if not room.wait_mod or member.moderator:
        act.lock(room, not room.locked)


def _floor(room: Room, member: Member, binding: Binding) -> None:
    act.floor(room, member)


def _level(action: str, attribute: str, step: int) -> Handler:
    """Keys change a level by one step; 0 sets it back. The event's name says what was meant, not which side it is."""

    def change(room: Room, member: Member, binding: Binding) -> None:
        levels = {"volume_in": member.volume_in, "volume_out": member.volume_out, "energy": member.energy_level}
        now = levels[attribute]
        if attribute == "energy":
            member.energy_level = level = min(1800, max(0, now + step)) if step else 100
        else:
            level = max(-4, min(4, now + step)) if step else 0
            member.volume_in, member.volume_out = (
                (level, member.volume_out) if attribute == "volume_in" else (member.volume_in, level)
            )
        room.fire(action, ("New-Level", str(level)), member=member)

    return change


ACTIONS: dict[str, Handler] = {
    "mute": _mute_toggle,
    "mute on": _mute_on,
    "mute off": _mute_off,
    "deaf mute": _deaf_mute,
    "deaf": _deaf_toggle,
    "hangup": _hangup,
    "event": _event,
    "lock": _lock,
    "floor": _floor,
    "energy up": _level("energy-level", "energy", 200),
    "energy equ": _level("energy-level", "energy", 0),
    "energy dn": _level("energy-level", "energy", -200),
    "vol talk up": _level("volume-level", "volume_out", 1),
    "vol talk zero": _level("volume-level", "volume_out", 0),
    "vol talk dn": _level("volume-level", "volume_out", -1),
    "vol listen up": _level("gain-level", "volume_in", 1),
    "vol listen zero": _level("gain-level", "volume_in", 0),
    "vol listen dn": _level("gain-level", "volume_in", -1),
}
