"""A conference: its members, floor, sounds and end, as conference_thread_run keeps them; orders in, events out."""

import time
from collections.abc import Callable

from gateway.simulator.core import Core, epoch, new_uuid
from gateway.simulator.events import CONFERENCE, Pair, Part
from gateway.simulator.members import Member
from gateway.simulator.playing import Node, PlayQueue
from gateway.simulator.presence import tell_presence
from gateway.simulator.recordings import FileRecorder, RecordingRefused, RoomRecording, Written
from gateway.simulator.room_profiles import RoomProfile
from gateway.simulator.sounds import ENDLESS, Sound


class Room:
    """One instance of a conference; its name may come again, with another uuid."""

    def __init__(self, core: Core, name: str, profile: RoomProfile, ended: Callable[["Room"], None]) -> None:
        self.core, self.name, self.profile, self._ended = core, name, profile, ended
        self.uuid = new_uuid()
        self.members: list[Member] = []  # the newest first, as the switch keeps them
        self.recordings: list[RoomRecording] = []
        self.by_id: dict[int, Member] = {}
        self.floor: Member | None = None
        self.count = self.ghosts = self.mandatory = 0
        self.minimum = 1
        self.max_members = 0
        self.endconf_grace_s = 0
        self.enforce_min = self.answered = self.destruct = self.locked = self.no_moh = False
        self.running = self.enter_sound_on = self.exit_sound_on = True
        self.wait_mod = profile.wait_mod
        self.moh_sound = profile.moh_sound
        self.pin = self.moderator_pin = ""
        self.sounds = {"enter": "", "exit": ""}
        self.settings = {"sound_prefix": "", "caller_id_name": "", "caller_id_number": ""}
        self.variables: dict[str, str] = {}
        self.created_epoch = epoch()
        self.auto_record = ""
        self.ready_at = 0.0  # while the voice for the first member's prompt opens, nobody is added
        self.queue = PlayQueue(core.clock, core.tick_s, self._closed)
        self.async_queue = PlayQueue(core.clock, core.tick_s, self._closed)
        self.holders = 0
        self._seats = 0
        self._ticking = self._destroyed = False
        self._part: Part | None = None

    # -- events -------------------------------------------------------------------------------------------------

    def touch(self) -> None:
        self._part = None

    def part(self) -> Part:
        if self._part is None:
            self._part = Part(
                (
                    ("Conference-Name", self.name),
                    ("Conference-Domain", self.core.options.domain),
                    ("Conference-Size", str(self.count)),
                    ("Conference-Ghosts", str(self.ghosts)),
                    ("Conference-Profile-Name", self.profile.name),
                    ("Conference-Unique-ID", self.uuid),
                    *self.variables.items(),
                )
            )
        return self._part

    def member_parts(self, member: Member) -> list[Part]:
        floor = Part((("Floor", "true" if member is self.floor else "false"),))
        return [self.part(), floor, member.call.basic(), member.part()]

    def fire(
        self,
        action: str,
        *after: Pair,
        before: tuple[Pair, ...] = (),
        member: Member | None = None,
        member_last: bool = False,
    ) -> None:
        """`before` and `after` stand around Action; the member's headers before them, or behind Action."""
        bus = self.core.bus
        if not bus.wanted("CUSTOM", CONFERENCE):
            bus.skip()
            return
        about = [] if member is None else self.member_parts(member)
        told = (*before, ("Action", action))
        if member_last:
            parts = [self.part(), Part(told), *about, Part(after)]
        else:
            parts = [*(about or [self.part()]), Part((*told, *after))]
        bus.fire("CUSTOM", parts, CONFERENCE, action)

    def _presence(self) -> None:
        tell_presence(self.core, self.name, self.count)

    # -- members ------------------------------------------------------------------------------------------------

    def add(self, member: Member) -> None:
        self._seats += 1
        member.seat = self._seats
        if member.ghost:
            self.ghosts += 1
        else:
            self.count += 1
        self.mandatory += "mandatory_member_endconf" in member.flags
        self.touch()
        if self.wait_mod and member.moderator:
            self.wait_mod = False
        keeps_music = self.wait_mod and _keeps_waiting_music(member)
        if self.count > 1 and (self.wait_mod or self.moh_sound) and not keeps_music:
            self.async_queue.stop(all_of_them=True)
            self.no_moh = False
        if "mintwo" in member.flags:
            self.minimum = 2
        if self.count >= self.minimum:
            self.enforce_min = True
        self.fire("add-member", member=member)
        self.members.insert(0, member)
        self.by_id[member.id] = member
        self._presence()
        self.wake()

    def remove(self, member: Member) -> None:
        """del-member: first its files end and the floor is freed, then it is counted out."""
        if self.by_id.get(member.id) is not member:
            return
        self.members.remove(member)
        del self.by_id[member.id]
        member.running = member.talking = False
        member.relations.clear()
        if member.queue is not None:
            member.queue.close_all()
        if member.machine is not None:
            member.machine.stop()
        if member is self.floor:
            self.set_floor(None)
        if member.ghost:
            self.ghosts -= 1
        else:
            self.count -= 1
        self.touch()
        self.mandatory -= "mandatory_member_endconf" in member.flags
        lost_last_mandatory = "mandatory_member_endconf" in member.flags and self.mandatory == 0
        present = self.count + self.ghosts
        too_few = self.enforce_min and present < self.minimum
        self.destruct |= "endconf" in member.flags or lost_last_mandatory or too_few or present == 0
        self._presence()
        if self.wait_mod and not too_few and not _keeps_waiting_music(member):
            self.async_queue.stop(all_of_them=True)
        self.fire("del-member", member=member)
        self.wake()

    def abandon(self) -> None:
        """Whoever was to be the first member did not come."""
        if not self.members:
            self.destruct = True
            self.wake()

    def set_floor(self, member: Member | None) -> None:
        old = self.floor
        if old is member and old is not None:
            return
        self.floor = member
        old_id = str(old.id) if old is not None and old.id in self.by_id else "none"
        parts = [self.part(), Part((("Action", "floor-change"), ("Old-ID", old_id)))]
        if member is not None:
            parts += self.member_parts(member)
        parts.append(Part((("New-ID", str(member.id) if member else "none"),)))
        self.core.bus.fire("CUSTOM", parts, CONFERENCE, "floor-change")

    # -- the conference's thread --------------------------------------------------------------------------------

    def wake(self) -> None:
        """Something changed that the next frame has to look at."""
        if not self._ticking and self.running:
            self._ticking = True
            self.core.clock.after(self.core.tick_s, self._tick)

    def _tick(self) -> None:
        self._ticking = False
        if not self.running:
            return
        self._give_floor()
        self._play_music()
        self._record_by_itself()
        if self.destruct:
            self._end()

    def _give_floor(self) -> None:
        """To the newest if nobody has it; to one who talks if its holder has fallen silent."""
        holder = self.floor
        for member in self.members:
            takes = holder is None or (not holder.loud and member.loud)
            if member.running and member is not holder and takes:
                self.set_floor(member)
                return

    def _play_music(self) -> None:
        quiet = self.no_moh or any("nomoh" in m.flags for m in self.members if m.running)
        due = self.wait_mod or (self.count == 1 and not quiet)
        if self.moh_sound and due and not self.async_queue.nodes and not self.queue.nodes and self.members:
            self.async_queue.add(Node(Sound(self.moh_sound, ENDLESS), is_async=True))

    def _end(self) -> None:
        """CFLAG_DESTRUCT: everybody out, unless hangup_after_conference=false by a hangup, then conference-destroy."""
        self.running = False
        self._presence()
        for member in self.members:
            if member.call.variable("hangup_after_conference") != "false":
                member.call.hangup("NORMAL_CLEARING")
        self.async_queue.close_all()
        self.queue.close_all()
        for member in list(self.members):
            member.running = False
            self.core.clock.after(self.core.tick_s, member.leave)
        self._ended(self)
        self._destroy_when_empty()

    def _destroy_when_empty(self) -> None:
        if self.members or self.holders:
            self.core.clock.after(self.core.tick_s, self._destroy_when_empty)
            return
        for recording in list(self.recordings):
            self.end_recording(recording)
        if not self._destroyed:
            self._destroyed = True
            self.fire("conference-destroy")

    # -- sounds -------------------------------------------------------------------------------------------------

    def _closed(self, node: Node) -> None:
        self.wake()  # music may be due again
        if node.speech:
            return
        after = (("File", node.sound.text), *((("Async", "true"),) if node.is_async else ()))
        self.fire("play-file-done", *after, before=node.done_headers())

    def play(self, node: Node) -> None:
        if node.is_async:
            self.async_queue.close_all()
            self.async_queue.add(node)
        else:
            self.queue.add(node)

    # -- recordings ---------------------------------------------------------------------------------------------

    def record(self, path: str, automatic: bool = False) -> None:
        """start-recording, with Error if the file cannot be written."""
        try:
            recorder = FileRecorder(path)
        except RecordingRefused:
            self.fire("start-recording", ("Path", path), ("Error", "File could not be opened for recording"))
            self._tell_stopped(path, Written(0, 0, 0), with_size=False)
            return
        self._seats += 1
        self.recordings.insert(0, RoomRecording(path, recorder, self._seats, automatic))
        next(self.core.member_ids)  # a recording takes a member id, too
        self.fire("start-recording", ("Path", path))

    def _record_by_itself(self) -> None:
        if self.auto_record and self.members:
            path, self.auto_record = self.members[-1].call.expand(self.auto_record), ""
            self.record(path, automatic=True)

    def end_recording(self, recording: RoomRecording) -> None:
        if recording not in self.recordings:
            return
        self.recordings.remove(recording)
        self._tell_stopped(recording.path, recording.recorder.stop(), with_size=not recording.path.endswith(".mp3"))

    def _tell_stopped(self, path: str, written: Written, with_size: bool) -> None:
        self.fire(
            "stop-recording",
            ("Path", path),
            ("Other-Recordings", "true" if self.recordings else "false"),
            ("Samples-Out", str(written.samples)),
            ("Samplerate", "8000"),
            ("Milliseconds-Elapsed", str(written.milliseconds)),
            *([("Record-File-Size", str(written.size))] if with_size else []),
        )

    def run_time(self) -> int:
        return int(time.time()) - self.created_epoch


def _keeps_waiting_music(member: Member) -> bool:
    return member.call.variable("conference_permanent_wait_mod_moh") == "true"
