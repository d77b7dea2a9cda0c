"""The application `conference`: `ROOM@PROFILE+PIN+flags{…}` and channel variables in, a seat in a room out, or none."""

import time
from collections.abc import Callable

from gateway.simulator.calls import HANGUP, NO_RESPONSE, Application, Call
from gateway.simulator.clock import Timer
from gateway.simulator.conferences import Room
from gateway.simulator.control_actions import perform
from gateway.simulator.controls import DigitMachine
from gateway.simulator.events import CONFERENCE, Pair, Part
from gateway.simulator.members import Member, flag_set
from gateway.simulator.room_profiles import CONTROL_GROUPS, Binding
from gateway.simulator.rooms import Rooms
from gateway.simulator.sounds import Sound, SoundMissing, is_local, open_sound
from gateway.simulator.talking import Talker


class ConferenceApplication(Application):
    """A refused join is this application's end without add-member."""

    needs_media = True

    def __init__(self, rooms: Rooms, call: Call, name: str, data: str, uuid: str) -> None:
        super().__init__(call, name, data, uuid)
        self._rooms = rooms
        self._room: Room | None = None
        self._held: Room | None = None  # a room is not over while an application is still in it
        self._member: Member | None = None
        self._talker: Talker | None = None
        self._seating: Timer | None = None
        self._parting: Timer | None = None  # the last sound plays

    def begin(self) -> None:
        call = self.call
        name, profile, pin, flags = parse_target(self.data)
        flags |= flag_set(call.variable("conference_member_flags"))
        if not name:
            self.done()
            return
        room = self._rooms.find(name)
        if room is None:
            if "join-only" in flags:
                self._reject_join_only(name, profile)
                return
            room = self._create(name, profile, flags)
        self._room = self._held = room
        room.holders += 1
        call.set_variable("conference_name", room.name)
        call.answer()
        if not self._admitted(room, pin):
            return
        if call.direction == "inbound":
            room.answered = True
        self._take_seat(room, flags)

    def _reject_join_only(self, name: str, profile: str) -> None:
        bus = self.call.core.bus
        told = (
            ("Conference-Name", name),
            ("Conference-Profile-Name", profile),
            ("Action", "rejected-join-only"),
        )
        bus.fire("CUSTOM", [self.call.basic(), Part(told)], CONFERENCE, "rejected-join-only")
        if self.call.variable("hangup_after_conference") != "false":
            self.call.hangup("NORMAL_CLEARING")
        self.done()

    def _create(self, name: str, profile: str, flags: frozenset[str]) -> Room:
        call = self.call
        room = self._rooms.create(name, profile)
        room_flags = flags | flag_set(call.variable("conference_flags"))
        room.wait_mod = room.wait_mod or "wait-mod" in room_flags
        room.moh_sound = room.moh_sound or call.variable("conference_moh_sound")
        most = call.variable("conference_max_members")
        room.auto_record = call.variable("conference_auto_record")
        room.max_members = int(most) if most.isdigit() and most != "1" else 0  # 1 is refused: no limit
        options = call.core.options
        voice_s = options.speech_open_s if room.profile.speaks and not room.wait_mod else 0.0
        delay_s = voice_s if options.first_member_delay_s is None else options.first_member_delay_s
        room.ready_at = time.monotonic() + delay_s
        return room

    def _admitted(self, room: Room, pin: str) -> bool:
        call = self.call
        enforced = call.direction == "inbound"
        if said := call.variable("conference_enforce_security"):
            enforced = said == "true"
        wanted = pin or room.pin
        if enforced and wanted and call.variable("supplied_pin") not in (wanted, room.moderator_pin):
            # asking needs a prompt, and this switch has none: "Cannot ask the user for a pin, ending call"
            call.hangup("DESTINATION_OUT_OF_ORDER")
            self._refuse(room)
            return False
        full = 0 < room.max_members <= room.count
        if (room.locked and enforced) or full:
            self._refuse(room)
            return False
        return True

    def _refuse(self, room: Room) -> None:
        room.abandon()
        self._room = None
        self.done()

    def _take_seat(self, room: Room, flags: frozenset[str]) -> None:
        wait_s = room.ready_at - time.monotonic()
        if wait_s <= 0:
            self._seat(room, flags)
        else:  # later ones queue behind the first: it holds the room's lock
            self._seating = self.call.core.clock.after(wait_s + 0.0005, self._seat, room, flags)

    def _seat(self, room: Room, flags: frozenset[str]) -> None:
        self._seating = None
        call, core = self.call, self.call.core
        if not call.member_id:
            call.member_id = next(core.member_ids)
        member = self._member = Member(call, call.member_id, flags)
        member.leave = self.leave
        talker = self._talker = Talker(core.clock, core.tick_s, member, room.fire, room.wake)
        member.hear_changed = talker.update
        member.machine = self._machine(room, member)
        call.on_loudness.append(self._loudness)
        call.set_codec("L16" if call.codec else "")
        for name, value in (
            ("conference_member_id", str(member.id)),
            ("conference_moderator", "true" if member.moderator else "false"),
            ("conference_ghost", "true" if member.ghost else "false"),
            ("conference_uuid", room.uuid),
        ):
            call.set_variable(name, value)
        room.add(member)
        talker.update()

    def _machine(self, room: Room, member: Member) -> DigitMachine | None:
        if "dist-dtmf" in member.flags:
            return None
        group = self.call.variable("conference_controls") or room.profile.caller_controls
        act: Callable[[Binding], None] = lambda binding: perform(room, member, binding)  # noqa: E731
        return DigitMachine(self.call.core.clock, CONTROL_GROUPS.get(group, ()), room.profile.digit_timeout_s, act)

    def _loudness(self, call: Call) -> None:
        if self._talker is not None:
            self._talker.update()

    def digit(self, digit: str) -> None:
        if self._member is not None and self._member.machine is not None and self._member.running:
            self._member.machine.feed(digit)

    def leave(self) -> None:
        """The member no longer runs: give the seat back, play the last sound, then the call goes on."""
        if self._parting is not None:
            return
        sound = self._last_sound()
        self._give_back()
        if sound is None:
            self.done()
            return
        path = ("Playback-File-Path", sound.text)
        self.call.fire("PLAYBACK_START", path)
        self._parting = self.call.core.clock.after(sound.seconds, self._heard, path)

    def _heard(self, path: Pair) -> None:
        self.call.fire("PLAYBACK_STOP", path, ("Playback-Status", "done"))
        self.done()

    def _last_sound(self) -> Sound | None:
        """Only what is at hand: a download would keep the member."""
        name = self._member.last_sound if self._member is not None and self.call.up else ""
        if not name or not is_local(name):
            return None
        try:
            return open_sound(name, self.call.core.options)
        except SoundMissing:
            return None

    def interrupt(self, why: str) -> None:
        if why == HANGUP and self._member is not None:
            self._member.running = False
        if self._parting is not None:
            self._parting.cancel()
        self._give_back()
        self.done()

    def done(self, response: str = NO_RESPONSE) -> None:
        held, self._held = self._held, None
        if held is not None:
            held.holders -= 1
        super().done(response)

    def _give_back(self) -> None:
        room, member = self._room, self._member
        self._room = self._member = None
        if self._seating is not None:
            self._seating.cancel()
            if room is not None:
                room.abandon()
        if self._talker is not None:
            self._talker.cancel()
            self.call.on_loudness.remove(self._loudness)
            self._talker = None
        if room is not None and member is not None:
            room.remove(member)
            self.call.set_codec(self.call.codec)


def parse_target(data: str) -> tuple[str, str, str, frozenset[str]]:
    """`ROOM@PROFILE+PIN+flags{a|b}` -> room, profile, pin, flags."""
    before, found, after = data.partition("+flags{")
    flags = flag_set(after.partition("}")[0]) if found else frozenset()
    target, _, pin = before.strip().partition("+")
    name, at, profile = target.rpartition("@")
    return (name if at else target), (profile if at else "default"), pin, flags
