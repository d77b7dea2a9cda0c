"""The database goes away and comes back while calls come and go: everything is told, by one gateway, in order.

contract.md, "Webhooks": "nothing lost"; design rules 1 and 3.
"""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
from sqlalchemy.engine import make_url

from tests.flow.house import House, channel
from tests.flow.test_restart import member_of
from tests.gateway_process import GatewayProcess
from tests.refusals import Refusal
from tests.severed import Way
from tests.waiting import wait_for

LEASE_S = 2.0


@pytest.fixture
def way(postgres_server: str) -> Iterator[Way]:
    port = make_url(postgres_server).port
    assert port is not None
    way = Way(port)
    yield way
    way.close()


@pytest.fixture
def replica(tmp_path: Path, house: House, postgres_url: str) -> Iterator[GatewayProcess]:
    """Beside the house's own, whose way to the database it does not share."""
    replica = GatewayProcess(tmp_path / "b", house.switch.port, "ClueCon", database_url=postgres_url, lease_s=LEASE_S)
    yield replica
    replica.close()


@pytest.fixture
def house(tmp_path: Path, way: Way, postgres_url: str) -> Iterator[House]:
    url = make_url(postgres_url).set(port=way.port).render_as_string(hide_password=False)
    house = House(tmp_path, database_url=url, lease_s=LEASE_S)
    yield house
    way.mend()
    house.stop()


@pytest.mark.postgres
def test_calls_that_came_and_went_while_the_database_was_away_are_told(house: House, way: Way) -> None:
    """For longer than a lease: nobody else took the node, so nothing of what waited may be thrown away."""
    ends = house.call()
    way.cut()
    listener = house.gateway.listeners[0]
    wait_for(lambda: not house.gateway.tenure.holds("node:acW68"), "the lease has lapsed", 20)
    came = [f"acW68-{house.switch.call('100', house.app.number, '')}" for _ in range(3)]
    for session in [*came, ends]:
        house.switch.api(f"uuid_kill {channel(session)}")
    wait_for(lambda: listener.waits and listener.node.backlog > 0, "events wait", 20)
    way.mend()
    for session in [*came, ends]:
        house.sink.wait_for_event("call.completed", session_uuid=session)
        assert house.sink.names(session_id=session) == ["call.created", "call.completed"]
    assert (listener.left, listener.skipped) == (0, 0)
    records = house.app.get("/records").json()["records"]
    assert {one["session_uuid"]: one["closed_by"] for one in records} == dict.fromkeys([*came, ends], "event")
    house.sink.assert_ordered()


@pytest.mark.postgres
def test_what_waited_is_not_applied_over_what_the_other_replica_told(
    house: House, way: Way, replica: GatewayProcess
) -> None:
    """Cut off from the database, it has an unmute in hand; the other takes over, tells that and the mute behind it."""
    room = house.app.room()
    session = house.join(room)
    member = member_of(house, session)
    replica.start()
    way.cut()
    listener = house.gateway.listeners[0]
    house.switch.api(f"conference {room} unmute {member}")
    house.sink.wait_for_event("conference.member.unmuted", 30, session_uuid=session)
    house.switch.api(f"conference {room} mute {member}")
    house.sink.wait_for_event("conference.member.muted", 30, session_uuid=session)
    assert listener.waits
    way.mend()
    wait_for(lambda: not listener.waits and not listener.node.backlog, "it knows whose the node is", 20)
    told = [name for name in house.sink.names(session_id=session) if "mute" in name]
    assert told == ["conference.member.unmuted", "conference.member.muted"]
    assert [one["muted"] for one in house.app.members(room)] == [True]
    assert listener.left >= 2 and not house.gateway.tenure.holds("node:acW68")
    house.sink.assert_ordered()


def _metric(house: House, name: str) -> float:
    """Its one sample."""
    text = requests.get(f"{house.base}/metrics", timeout=5).text
    return next(float(line.split()[-1]) for line in text.splitlines() if line.startswith((f"{name} ", f"{name}{{")))


def _ready(house: House) -> requests.Response:
    return requests.get(f"{house.base}/readyz", timeout=5)


def test_a_gateway_that_cannot_write_is_not_ready_and_says_why(tmp_path: Path, database_url: str) -> None:
    """It answers every SELECT; every POST would be 503. Both databases."""
    house = House(tmp_path, database_url=database_url, lease_s=LEASE_S)
    refusal = Refusal(house.gateway.engine)
    try:
        assert _ready(house).status_code == 200 and _metric(house, "gateway_database_up") == 1
        reconciled = _metric(house, "gateway_node_reconciled_timestamp_seconds")
        assert abs(reconciled - time.time()) < 60 and _metric(house, "gateway_node_lease_held") == 1
        refusal.on = True
        wait_for(lambda: _ready(house).status_code == 503, "it is not ready", 20)
        assert "read" in _ready(house).json()["reason"].partition("for now")[2], _ready(house).text
        assert _metric(house, "gateway_database_up") == 0
        refusal.on = False
        wait_for(lambda: _ready(house).status_code == 200, "it is ready again", 20)
        assert _metric(house, "gateway_database_up") == 1
        assert _metric(house, "gateway_effects_failed_total") == 0
    finally:
        refusal.on = False
        house.stop()


@pytest.mark.postgres
def test_a_gateway_whose_database_is_gone_is_not_ready(house: House, way: Way) -> None:
    way.cut()
    wait_for(lambda: _metric(house, "gateway_node_lease_held") == 0, "the lease has lapsed", 20)
    assert _ready(house).status_code == 503 and "database" in _ready(house).json()["reason"]
    house.switch.call("100", house.app.number, "")
    wait_for(lambda: _metric(house, "gateway_node_events_wait") == 1, "its events wait", 20)
    way.mend()
    wait_for(lambda: _ready(house).status_code == 200, "it is ready again", 20)
    wait_for(lambda: _metric(house, "gateway_node_events_wait") == 0, "nothing waits", 20)
