"""The database goes away and comes back while calls come and go: everything is told, by one gateway, in order.

contract.md, "Webhooks": "nothing lost"; design rules 1 and 3.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy.engine import make_url

from tests.flow.house import House, channel
from tests.flow.test_restart import member_of
from tests.gateway_process import GatewayProcess
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
