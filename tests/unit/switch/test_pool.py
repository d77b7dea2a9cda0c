"""The pool: commands go to the node that is named, new rooms to the connected node with the fewest."""

from collections.abc import Iterator

import pytest

from gateway.config import NodeSettings
from gateway.errors import SwitchUnavailable
from gateway.switch import commands as c
from gateway.switch.node import Node
from gateway.switch.pool import SwitchPool
from tests.unit.switch.conftest import SUBSCRIPTION
from tests.unit.switch.fake_server import FakeSwitch
from tests.waiting import wait_for

ROOM = "acW68-room-550e8400-e29b-41d4-a716-446655440000"


@pytest.fixture
def switches() -> Iterator[list[FakeSwitch]]:
    with FakeSwitch() as one, FakeSwitch() as two:
        yield [one, two]


@pytest.fixture
def pool(switches: list[FakeSwitch]) -> Iterator[SwitchPool]:
    names = ("node1", "node2")
    settings = [NodeSettings(n, "127.0.0.1", s.port, "ClueCon") for n, s in zip(names, switches, strict=True)]
    pool = SwitchPool(Node(each, subscription=SUBSCRIPTION) for each in settings)
    yield pool
    pool.stop()


def test_a_command_goes_to_its_node(pool: SwitchPool, switches: list[FakeSwitch]) -> None:
    pool.start()
    wait_for(lambda: all(node.connected for node in pool.nodes), "both nodes are up")
    assert pool.send("node2", c.Lock(ROOM)).ok
    assert f"api conference {ROOM} lock" in switches[1].commands()
    assert f"api conference {ROOM} lock" not in switches[0].commands()


def test_the_connected_node_with_the_fewest_rooms_is_picked(pool: SwitchPool, switches: list[FakeSwitch]) -> None:
    with pytest.raises(SwitchUnavailable, match="node1: .*not started.*; node2: "):
        pool.pick(dict)
    pool.start()
    wait_for(lambda: all(node.connected for node in pool.nodes), "both nodes are up")
    assert pool.pick(lambda: {"node1": 3, "node2": 2}).id == "node2"
    assert pool.pick(lambda: {"node2": 1}).id == "node1"
    switches[0].close()
    wait_for(lambda: not pool.node("node1").connected, "the loss is noticed")
    assert pool.pick(lambda: {"node2": 1}).id == "node2"


def test_where_there_is_no_choice_nothing_is_counted(pool: SwitchPool, switches: list[FakeSwitch]) -> None:
    """With 200,000 rooms of one app every new room of another took 13 ms longer: all of them were counted."""
    switches[0].close()
    pool.start()
    wait_for(lambda: pool.node("node2").connected, "the other node is up")
    assert pool.pick(lambda: pytest.fail("counted")).id == "node2"


def test_an_unknown_node_is_unavailable(pool: SwitchPool) -> None:
    with pytest.raises(SwitchUnavailable, match="no switch is configured as 'other'"):
        pool.send("other", c.Lock(ROOM))


def test_what_is_tried_fails_in_the_log_alone(
    pool: SwitchPool, switches: list[FakeSwitch], caplog: pytest.LogCaptureFixture
) -> None:
    """A room or member that is gone meanwhile is no error: no switch, a refusal, and an unknown node end alike."""
    for node_id in ("node1", "other"):
        pool.try_send(node_id, c.Lock(ROOM))
    assert [record.levelname for record in caplog.records if "lock" in record.getMessage()] == ["WARNING"] * 2
    pool.start()
    wait_for(lambda: all(node.connected for node in pool.nodes), "both nodes are up")
    pool.try_send("node1", c.Lock(ROOM))
    assert f"api conference {ROOM} lock" in switches[0].commands()
