"""A gateway is restored from a backup that was taken while it served."""

import shutil
from pathlib import Path

import requests

from tests.gateway_process import GatewayProcess
from tests.simulator_process import PASSWORD, SimulatorProcess


def test_a_gateway_goes_on_from_a_backup_of_a_running_one(tmp_path: Path) -> None:
    copy = tmp_path / "monday.db"
    with SimulatorProcess(tmp_path / "switch") as switch:
        with GatewayProcess(tmp_path / "first", switch.esl_port, PASSWORD) as first:
            keys = first.add_app("demo", "http://127.0.0.1:9/hook")
            rooms = f"{first.url}/api/v1/conferences"
            made = requests.post(rooms, json={"name": "standup"}, headers=keys.headers, timeout=10).json()
            first.cli("db", "backup", str(copy))
            requests.post(rooms, json={"name": "later"}, headers=keys.headers, timeout=10)
            assert first.running
        folder = tmp_path / "second"
        folder.mkdir()
        shutil.copy(copy, folder / "gateway.db")
        shutil.copy(tmp_path / "first" / "media.key", folder)
        with GatewayProcess(folder, switch.esl_port, PASSWORD) as second:
            listed = requests.get(f"{second.url}/api/v1/conferences", headers=keys.headers, timeout=10).json()
    assert [room["room_id"] for room in listed["conferences"]] == [made["room_id"]]
