"""Faults on demand: each breaks what it says, and only the connections that did not ask for it."""

from collections.abc import Callable

import gevent
import pytest

from gateway.simulator.server import SimulatedSwitch
from tests.unit.simulator.client import Client
from tests.waiting import wait_for

Connect = Callable[..., Client]


@pytest.mark.parametrize("fault", ["drop", "cut", "garbage length"])
def test_a_broken_connection_is_the_others(connect: Connect, fault: str) -> None:
    asker, victim = connect(), connect()
    assert asker.api(f"simulator fault {fault}") == "+OK\n"
    assert victim.closed.get(timeout=2)  # this client gives up on a length that is no number, too
    assert asker.api("strepoch").isdigit()


def test_a_hanging_switch_does_not_answer_until_it_is_told_to(connect: Connect) -> None:
    asker, victim = connect(), connect(events="CHANNEL_PARK")
    asker.api("simulator fault hang on")
    victim.sock.sendall(b"api strepoch\n\n")
    asker.api("simulator call 1 2 x")
    with pytest.raises(gevent.Timeout), gevent.Timeout(0.2):
        victim.next()
    assert not victim.events
    asker.api("simulator fault none")
    assert victim.next()[1].isdigit()
    victim.wait("CHANNEL_PARK")


def test_delayed_replies_come_late(connect: Connect) -> None:
    asker, victim = connect(), connect()
    asker.api("simulator fault delay 0.3")
    victim.sock.sendall(b"api strepoch\n\n")
    with pytest.raises(gevent.Timeout), gevent.Timeout(0.1):
        victim.next()
    assert victim.next()[1].isdigit()


@pytest.mark.parametrize("kind", ["json", "utf8", "text"])
def test_garbage_comes_between_frames_that_are_whole(connect: Connect, switch: SimulatedSwitch, kind: str) -> None:
    victim = connect()
    assert switch.fault(f"garbage {kind}") == "+OK\n"
    assert victim.api("strepoch").isdigit()
    assert len(victim.garbage) == 1


def test_a_refused_client_gets_a_rude_rejection(connect: Connect, switch: SimulatedSwitch) -> None:
    switch.fault("refuse on")
    client = connect(password="")
    assert client.notice == "Access Denied, go away.\n"
    assert client.closed.get(timeout=2)
    switch.fault("none")
    assert connect().welcome == "+OK accepted"


def test_while_the_port_is_down_calls_go_on(connect: Connect) -> None:
    client = connect(events="CHANNEL_PARK")
    uuid = client.call()
    client.api("simulator fault down 0.2")
    assert client.closed.get(timeout=2)
    with pytest.raises(OSError):
        connect()
    again: list[Client] = []

    def back() -> bool:
        try:
            again.append(connect())
        except OSError:
            return False
        return True

    wait_for(back, "the port is open again")
    assert again[0].api(f"uuid_exists {uuid}") == "true"


def test_reset_hangs_up_all(client: Client) -> None:
    uuid = client.call()
    assert client.api("simulator reset") == "+OK\n"
    client.wait("CHANNEL_DESTROY", Unique_ID=uuid)
