"""A gateway that cannot start says why, once; one that runs ends by SIGTERM and SIGINT only."""

import logging
import os
import signal
import socket
from pathlib import Path

import pytest

from gateway.bootstrap import Gateway
from gateway.config import load
from gateway.errors import StoreError
from tests.gateway_process import GatewayProcess
from tests.simulator_process import PASSWORD, SimulatorProcess
from tests.waiting import wait_for


def test_a_database_that_is_not_there_is_one_sentence(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """459 lines of traceback stood before it: leases were handed back that nobody had."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        url = f"postgresql+psycopg://nobody@127.0.0.1:{probe.getsockname()[1]}/x"
    settings = {"GATEWAY_LISTEN": "127.0.0.1:0", "GATEWAY_DATA_DIR": str(tmp_path), "GATEWAY_DATABASE_URL": url}
    gateway = Gateway(load(settings))
    with caplog.at_level(logging.WARNING), pytest.raises(StoreError, match="could not be migrated"):
        gateway.start()
    assert caplog.records == []


def test_sighup_does_not_end_a_server(tmp_path: Path) -> None:
    """What a log rotation or a closed terminal sends left callers without anybody to answer them."""
    switch = SimulatorProcess(tmp_path / "switch")
    switch.start()
    try:
        with GatewayProcess(tmp_path / "gateway", switch.esl_port, PASSWORD) as gateway:
            os.kill(gateway.pid, signal.SIGHUP)
            wait_for(lambda: "SIGHUP" in gateway.log() or not gateway.running, "it says that it heard it")
            gateway.wait_ready()
            gateway.terminate()
    finally:
        switch.stop()
