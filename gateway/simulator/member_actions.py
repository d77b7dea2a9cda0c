"""What can be done to one member, by an api command or by its own keys: the change, and the event that tells it."""

from gateway.simulator.conferences import Room
from gateway.simulator.members import Member
from gateway.simulator.numbers import whole_number
from gateway.simulator.playing import Node, PlayQueue
from gateway.simulator.sounds import Sound


def mute(room: Room, member: Member) -> None:
    member.can_speak = False
    member.hear_changed()
    room.fire("mute-member", member=member)


def unmute(room: Room, member: Member) -> None:
    member.can_speak = True
    member.hear_changed()
    room.fire("unmute-member", member=member)


def deaf(room: Room, member: Member) -> None:
    member.can_hear = False
    room.fire("deaf-member", member=member)


def undeaf(room: Room, member: Member) -> None:
    member.can_hear = True
    room.fire("undeaf-member", member=member)


def hold(room: Room, member: Member) -> None:
    member.hold = True
    member.hear_changed()
    room.fire("hold-member", member=member)


def unhold(room: Room, member: Member) -> None:
    member.hold = False
    member.hear_changed()
    if member.queue is not None:
        member.queue.stop(all_of_them=True)
    room.fire("unhold-member", member=member)


def put_out(room: Room, member: Member) -> None:
    """The member stops running; its call notices one frame later and goes on to its next application."""
    member.running = False
    room.core.clock.after(room.core.tick_s, member.leave)


def kick(room: Room, member: Member, sound: str = "") -> None:
    """`sound`, or the profile's kicked-sound, is the last thing the member hears."""
    member.kicked = True
    member.last_sound = sound or room.profile.kicked_sound
    put_out(room, member)
    room.fire("kick-member", member=member)


def hup(room: Room, member: Member) -> None:
    put_out(room, member)
    room.fire("hup-member", member=member)


def set_energy(room: Room, member: Member, value: str) -> None:
    steps = {"up": member.energy_level + 200, "down": member.energy_level - 200}
    member.energy_level = min(1800, max(0, steps[value])) if value in steps else whole_number(value)
    level = ("Energy-Level", str(member.energy_level))
    room.fire("energy-level-member", level, member=member)


def set_volume(room: Room, member: Member, direction: str, value: str) -> None:
    now = member.volume_in if direction == "in" else member.volume_out
    steps = {"up": now + 1, "down": now - 1}
    level = max(-4, min(4, steps[value] if value in steps else whole_number(value)))
    if direction == "in":
        member.volume_in = level
    else:
        member.volume_out = level
    room.fire(f"volume-{direction}-member", ("Volume-Level", str(level)), member=member)


def floor(room: Room, member: Member) -> str:
    """Takes a free floor, gives up an own one; anybody else's stays."""
    if room.floor is member:
        room.set_floor(None)
        room.wake()
        return "+OK floor none\n"
    if room.floor is None:
        room.set_floor(member)
        return f"+OK floor {member.id}\n"
    return f"-ERR floor is held by {room.floor.id}\n"


def lock(room: Room, locked: bool) -> None:
    room.locked = locked
    room.fire("lock" if locked else "unlock")


def play_to(room: Room, member: Member, sound: Sound, speech: bool = False) -> None:
    if member.queue is None:
        member.queue = PlayQueue(room.core.clock, room.core.tick_s, lambda node: _member_file_done(room, member, node))
    member.queue.add(Node(sound, speech=speech))


def _member_file_done(room: Room, member: Member, node: Node) -> None:
    if node.speech:
        return
    still_here = member if room.by_id.get(member.id) is member else None
    file = ("File", node.sound.text)
    room.fire("play-file-member-done", file, before=node.done_headers(), member=still_here, member_last=True)
