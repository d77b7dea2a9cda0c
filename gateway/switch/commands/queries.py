"""Questions that change nothing: what the switch has. Reply.json() holds the answers that are JSON."""

from dataclasses import dataclass

from gateway.switch import arguments
from gateway.switch.commands.base import Command
from gateway.switch.replies import Reply


@dataclass(frozen=True)
class ConferenceList(Command):
    """All rooms with their members, exact; `[]` without any room."""

    def _words(self) -> tuple[str, ...]:
        return ("conference", "json_list")


@dataclass(frozen=True)
class RoomList(Command):
    """One room with its members; refused with Reply.no_such_room when nobody is in it."""

    room: str

    def _words(self) -> tuple[str, ...]:
        return ("conference", arguments.room(self.room), "json_list")


@dataclass(frozen=True)
class ShowChannels(Command):
    """Lags behind the events by up to half a second: ChannelExists decides."""

    def _words(self) -> tuple[str, ...]:
        return ("show", "channels", "as", "json")


@dataclass(frozen=True)
class ChannelExists(Command):
    """Reply.is_true says whether the call is there."""

    channel: str

    def _words(self) -> tuple[str, ...]:
        return ("uuid_exists", arguments.channel(self.channel))


@dataclass(frozen=True)
class MediaBugs(Command):
    """What listens on a call, its recordings among them: XML with the path of each."""

    channel: str

    def _words(self) -> tuple[str, ...]:
        return ("uuid_buglist", arguments.channel(self.channel))


@dataclass(frozen=True)
class ChannelDump(Command):
    channel: str

    def _words(self) -> tuple[str, ...]:
        return ("uuid_dump", arguments.channel(self.channel), "json")

    def accepts(self, reply: Reply) -> bool:
        return reply.ok and reply.json() is not None


@dataclass(frozen=True)
class Ping(Command):
    """The cheapest question there is, for noticing a dead peer."""

    def _words(self) -> tuple[str, ...]:
        return ("strepoch",)
