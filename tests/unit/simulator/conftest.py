"""A simulated switch that is in a hurry, and clients of it."""

from collections.abc import Callable, Iterator

import pytest

from gateway.simulator.options import Options
from gateway.simulator.server import SimulatedSwitch
from tests.unit.simulator.client import Client

QUICK = Options(tick_s=0.002, first_member_delay_s=0.0, broadcast_lead_s=0.0, answer_after_s=0.01, shutdown_s=0.05)
EVERYTHING = "ALL"


@pytest.fixture
def switch() -> Iterator[SimulatedSwitch]:
    simulated = SimulatedSwitch(options=QUICK)
    simulated.start()
    yield simulated
    simulated.stop()


@pytest.fixture
def connect(switch: SimulatedSwitch) -> Iterator[Callable[..., Client]]:
    clients: list[Client] = []

    def make(password: str = "ClueCon", events: str = "") -> Client:
        clients.append(Client(switch.port, password, events))
        return clients[-1]

    yield make
    for client in clients:
        client.close()


@pytest.fixture
def client(connect: Callable[..., Client]) -> Client:
    """Hears everything."""
    return connect(events=EVERYTHING)
