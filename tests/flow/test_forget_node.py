"""A switch taken out of GATEWAY_NODES: what ran on it ends by `gateway nodes forget`, told and billed as any end."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.gateway_process import GatewayProcess, Keys
from tests.simulator_process import PASSWORD, SimulatorProcess
from tests.sink import Sink
from tests.waiting import wait_for

NUMBER = "15551230002"


class Site:
    """A gateway with the switch `gone1`, which is replaced by `stay1`."""

    def __init__(self, folder: Path, switches: list[SimulatorProcess], sink: Sink) -> None:
        self.switches, self.sink = switches, sink
        pairs = zip(("gone1", "stay1"), switches, strict=True)
        self.nodes = [f"{name}={PASSWORD}@127.0.0.1:{switch.esl_port}" for name, switch in pairs]
        self.gateway = GatewayProcess(folder, 0, PASSWORD, nodes=self.nodes[0])
        self.gateway.start()
        self.keys: Keys = self.gateway.add_app("demo", sink.url("/a"), NUMBER)
        sink.trust("/a", self.keys.webhook_secret)

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        url = f"{self.gateway.url}/api/v1{path}"
        return requests.request(method, url, json=body, headers=self.keys.headers, timeout=20).json()

    def recorded_call(self) -> tuple[str, str, str]:
        """(session, room, recording): a call in a room that is recorded."""
        session = f"gone1-{self.switches[0].api(f'simulator call 1555 {NUMBER} x').split()[-1]}"
        self.sink.wait_for_event("call.created", session_uuid=session)
        room = self.ask("POST", "/conferences", {"name": "support"})["room_id"]
        self.ask("POST", f"/sessions/{session}/commands/answer", {})
        self.ask("POST", f"/sessions/{session}/commands/conference/join", {"room_id": room})
        self.sink.wait_for_event("conference.member.joined", session_uuid=session)
        recording = self.ask("POST", f"/conferences/{room}/record/start", {"format": "wav"})["recording_id"]
        self.sink.wait_for_event("conference.recording.started", room_id=room)
        return session, room, recording

    def forget(self) -> subprocess.CompletedProcess[str]:
        words = [sys.executable, "-m", "gateway", "nodes", "forget", "gone1"]
        return subprocess.run(words, capture_output=True, text=True, env=self.gateway._environment(), timeout=60)

    def doctor(self) -> str:
        words = [sys.executable, "-m", "gateway", "doctor"]
        return subprocess.run(words, capture_output=True, text=True, env=self.gateway._environment(), timeout=60).stdout


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    sink = Sink()
    sink.start()
    switches = [SimulatorProcess(tmp_path / name) for name in ("first", "second")]
    for switch in switches:
        switch.start()
    made = Site(tmp_path / "gateway", switches, sink)
    yield made
    made.gateway.close()
    for switch in switches:
        switch.stop()
    sink.stop()


def test_what_ran_on_a_switch_that_is_gone_ends(site: Site) -> None:
    """Its room kept its name for ever, its call was in progress for ever, and the app could not be removed."""
    session, room, recording = site.recorded_call()
    refused = site.forget()
    assert refused.returncode == 1 and "GATEWAY_NODES" in refused.stderr

    site.gateway.restart(nodes=site.nodes[1])
    wait_for(lambda: "gone1" in site.gateway.log(), "the start says that something is left of it")
    assert "gateway nodes forget gone1" in site.doctor()
    assert site.gateway.cli("nodes", "forget", "gone1") == {
        "node_id": "gone1", "sessions": 1, "recordings": 1, "rooms": 1,
    }  # fmt: skip
    completed = site.sink.wait_for_event("call.completed", session_uuid=session)
    assert completed["session_uuid"] == session
    site.sink.wait_for_event("conference.recording.completed", room_id=room)
    site.sink.wait_for_event("conference.destroyed", room_id=room)
    names = [event["event"] for event in site.sink.events if event.get("room_id") == room]
    assert [name for name in names if "recording" not in name][-3:] == [
        "conference.member.left", "conference.ended", "conference.destroyed",
    ]  # fmt: skip
    site.sink.assert_ordered()

    records = site.ask("GET", "/records")["records"]
    assert {(one["kind"], one["reason"], one["closed_by"]) for one in records} == {
        ("call", "orphan", "reconcile"), ("stay", "orphan", "reconcile"),
    }  # fmt: skip
    assert site.ask("GET", f"/recordings/{recording}")["reason"] == "lost"
    assert site.ask("POST", "/conferences", {"name": "support"})["room_id"].startswith("stay1-")
    assert "gone1" not in site.doctor()
    assert site.forget().returncode == 1, "nothing is left of it"
