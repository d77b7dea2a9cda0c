"""A started Node against the scripted fake, with all that its stream told."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from gateway.config import NodeSettings
from gateway.switch.link import LinkLimits
from gateway.switch.node import Node
from gateway.switch.stream import StreamItem
from tests.unit.switch.fake_server import FakeSwitch
from tests.waiting import wait_for

SUBSCRIPTION = ("CHANNEL_PARK", "BACKGROUND_JOB", "CUSTOM", "conference::maintenance")
QUICK = LinkLimits(connect_timeout_s=1, silence_limit_s=60, backoff_first_s=0.01, backoff_most_s=0.05)


class Running:
    """A node with everything it told, in order."""

    def __init__(self, node: Node) -> None:
        self.node = node
        self.told: list[StreamItem] = []

    def saw(self, item: object) -> bool:
        self.told += self.node.drain(1000, 0)
        return item in self.told

    def marks(self) -> list[StreamItem]:
        self.told += self.node.drain(1000, 0)
        return [item for item in self.told if not isinstance(item, dict)]


Start = Callable[..., Running]


@pytest.fixture
def start() -> Iterator[Start]:
    nodes: list[Node] = []

    def start(switch: FakeSwitch, wait: bool = True, **options: Any) -> Running:
        settings = NodeSettings("acW68", "127.0.0.1", switch.port, "ClueCon")
        options = {"limits": QUICK, "subscription": SUBSCRIPTION, **options}
        node = Node(settings, **options)
        nodes.append(node)
        node.start()
        if wait:
            wait_for(lambda: node.connected, "both connections are up")
        return Running(node)

    yield start
    for node in nodes:
        node.stop()
