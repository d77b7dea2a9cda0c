"""Commands to the recordings of a room. A reply with -ERR in any line is a refusal."""

from dataclasses import dataclass

from gateway.switch import arguments
from gateway.switch.commands.rooms import RoomCommand
from gateway.switch.replies import Reply


@dataclass(frozen=True)
class RecordRoom(RoomCommand):
    """start, stop, pause or resume the recording `file`. +OK to start means asked: start-recording tells."""

    action: str
    file: str

    def _words(self) -> tuple[str, ...]:
        action = arguments.one_of(self.action, ("start", "stop", "pause", "resume"), "record action")
        return self.conference("recording", action, arguments.path(self.file))

    def accepts(self, reply: Reply) -> bool:
        return reply.ok_in_every_line


@dataclass(frozen=True)
class StopAllRecordings(RoomCommand):
    def _words(self) -> tuple[str, ...]:
        return self.conference("recording", "stop", "all")

    def accepts(self, reply: Reply) -> bool:
        return reply.ok_in_every_line


@dataclass(frozen=True)
class ScheduleStopRecording(RoomCommand):
    """The longest that a room's recording may last, kept by the switch; ScheduleDelete(recording_id) takes it back.

    At its time a recording that is over already is refused by the switch to itself: no harm.
    """

    delay_s: int
    recording_id: str
    file: str

    def _words(self) -> tuple[str, ...]:
        delay = "+" + arguments.whole(self.delay_s, 1, 10**8)
        group = arguments.channel(self.recording_id)
        return ("sched_api", delay, group, *self.conference("recording", "stop", arguments.path(self.file)))
