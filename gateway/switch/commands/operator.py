"""Commands of operators and of the sandbox: nothing here belongs to a room or call of an app."""

from dataclasses import dataclass
from urllib.parse import quote

from gateway.switch import arguments
from gateway.switch.commands.base import Command
from gateway.switch.commands.speech import SCRIPT


@dataclass(frozen=True)
class Status(Command):
    """How long the switch is up, its version, its sessions: some lines for a person."""

    def _words(self) -> tuple[str, ...]:
        return ("status",)


@dataclass(frozen=True)
class ConferenceConfiguration(Command):
    """The XML of conference.conf as the switch has read it."""

    def _words(self) -> tuple[str, ...]:
        return ("xml_locate", "configuration", "configuration", "name", "conference.conf")


@dataclass(frozen=True)
class SpeechScript(Command):
    """Whether the switch can run our script that speaks: it says its name."""

    def _words(self) -> tuple[str, ...]:
        return ("lua", SCRIPT)


@dataclass(frozen=True)
class ModuleExists(Command):
    """Reply.is_true says whether mod_NAME is loaded."""

    name: str

    def _words(self) -> tuple[str, ...]:
        return ("module_exists", f"mod_{arguments.tts_module(self.name).partition(':')[0]}")


@dataclass(frozen=True)
class PressKeys(Command):
    """As if the caller pressed these keys."""

    channel: str
    keys: str

    def _words(self) -> tuple[str, ...]:
        return ("uuid_recv_dtmf", arguments.channel(self.channel), arguments.digits(self.keys))


@dataclass(frozen=True)
class SimulatedCall(Command):
    """Only a simulated switch knows it: a phone dials in; the reply holds the channel's uuid."""

    caller: str
    number: str
    name: str

    def _words(self) -> tuple[str, ...]:
        name = quote(self.name, safe="")
        return ("simulator", "call", arguments.word(self.caller), arguments.word(self.number), name)
