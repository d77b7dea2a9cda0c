"""All nodes of the gateway by id: a command and the id of its node come in, the switch's reply comes out."""

import logging
from collections.abc import Callable, Iterable, Mapping

from gateway.errors import GatewayError, SwitchUnavailable
from gateway.switch.commands import Command
from gateway.switch.node import Node
from gateway.switch.replies import Reply

log = logging.getLogger(__name__)


class SwitchPool:
    def __init__(self, nodes: Iterable[Node]) -> None:
        self._nodes = {node.id: node for node in nodes}

    @property
    def nodes(self) -> list[Node]:
        return list(self._nodes.values())

    def node(self, node_id: str) -> Node:
        """The node of that id; SwitchUnavailable when the settings know none (any more)."""
        try:
            return self._nodes[node_id]
        except KeyError:
            raise SwitchUnavailable(f"no switch is configured as {node_id!r}") from None

    def send(self, node_id: str, command: Command, check: bool = True) -> Reply:
        return self.node(node_id).send(command, check)

    def try_send(self, node_id: str, command: Command) -> None:
        """What was sent into nothing, or was refused, is logged and no error: what it was for may be gone."""
        try:
            reply = self.send(node_id, command, check=False)
        except GatewayError as error:
            log.warning("%s: %s", command.text, error.message)
            return
        if not reply.ok:
            log.info("%s: %r", command.text, reply.text[:100])

    def pick(self, loads: Callable[[], Mapping[str, int]]) -> Node:
        """The connected node with the least to do; `loads` counts it by node id, absent means nothing.

        It is asked where there is a choice: to count rooms takes its time.
        """
        connected = [node for node in self._nodes.values() if node.connected]
        if not connected:
            states = "; ".join(f"{node.id}: {node.state}" for node in self._nodes.values())
            raise SwitchUnavailable(f"no switch is connected ({states})")
        if len(connected) == 1:
            return connected[0]
        counted = loads()
        return min(connected, key=lambda node: counted.get(node.id, 0))

    def start(self) -> None:
        for node in self._nodes.values():
            node.start()

    def stop(self) -> None:
        for node in self._nodes.values():
            node.stop()
