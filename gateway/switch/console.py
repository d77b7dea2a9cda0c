"""A short conversation with one switch, for commands of the CLI. In: a node's settings. Out: replies to commands."""

from types import TracebackType

from gateway.config import NodeSettings
from gateway.errors import SwitchRefused
from gateway.switch.commands import Command
from gateway.switch.connection import EslConnection, SwitchCounters
from gateway.switch.replies import Reply


class Console:
    """Entering connects and logs in, or raises SwitchUnavailable with the reason. It subscribes to nothing."""

    def __init__(self, settings: NodeSettings, timeout_s: float = 5.0) -> None:
        self._timeout_s = timeout_s
        self._connection = EslConnection(
            settings.host,
            settings.port,
            settings.password,
            on_event=lambda _event: None,
            on_lost=lambda _reason: None,
            counters=SwitchCounters(),
            reply_timeout_s=timeout_s,
        )

    def __enter__(self) -> "Console":
        self._connection.connect(self._timeout_s)
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self._connection.stop()

    def ask(self, command: Command) -> Reply:
        """Raises SwitchRefused with the switch's own words when the reply is a failure."""
        reply = self._connection.request(f"api {command.text}")
        if not command.accepts(reply):
            raise SwitchRefused(f"the switch answered: {reply.text.strip()[:200] or 'nothing'}", reply.text)
        return reply
