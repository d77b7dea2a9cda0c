"""A gateway as an operator runs it: a process of its own, started, killed and ended from outside.

In: a folder, the switch's address, settings. Out: its URL, its database's path, its log.
"""

import os
import signal
import socket
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import orjson
import requests

from tests.waiting import wait_for

NODE = "acW68"
START_LIMIT_S = 60.0
STOP_LIMIT_S = 30.0


@dataclass(frozen=True)
class Keys:
    """What `gateway apps add` prints once."""

    app_id: str
    api_key: str
    webhook_secret: str

    @property
    def headers(self) -> dict[str, str]:
        return {"X-App-ID": self.app_id, "X-API-Key": self.api_key}


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
        return port


class GatewayProcess:
    """`python -m gateway serve`. Settings are keyword arguments: inbound_wait_s=2 is GATEWAY_INBOUND_WAIT_S=2."""

    def __init__(self, folder: Path, switch_port: int, password: str, **settings: object) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.port = free_port()
        self._process: subprocess.Popen[bytes] | None = None
        self._settings: dict[str, object] = {
            "listen": f"127.0.0.1:{self.port}",
            "data_dir": folder,
            "nodes": f"{NODE}={password}@127.0.0.1:{switch_port}",
            "allow_private_urls": True,
            **settings,
        }

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self.close()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def database(self) -> Path:
        return self.folder / "gateway.db"

    @property
    def log_file(self) -> Path:
        return self.folder / "gateway.log"

    @property
    def pid(self) -> int:
        assert self._process is not None, "it was never started"
        return self._process.pid

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def log(self) -> str:
        """The end of what it said, for the message of a failed assertion."""
        return self.log_file.read_text(errors="replace")[-6000:] if self.log_file.exists() else ""

    def start(self, **settings: object) -> None:
        """Returns once /readyz says 200; `settings` hold from here on."""
        self.launch(**settings)
        self.wait_ready()

    def launch(self, **settings: object) -> None:
        """Returns at once."""
        assert not self.running, "it runs already"
        self._settings.update(settings)
        with self.log_file.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "gateway", "serve"],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=self._environment(),
            )

    def wait_ready(self) -> None:
        wait_for(lambda: self._is_ready() or not self.running, f"{self.url}/readyz answers 200", START_LIMIT_S)
        assert self.running, f"the gateway ended by itself:\n{self.log()}"

    def restart(self, **settings: object) -> None:
        """After a kill as after an orderly end."""
        if self.running:
            self.terminate()
        self.start(**settings)

    def kill9(self) -> None:
        """As a power cut: nothing ends in order."""
        assert self._process is not None, "it was never started"
        self._process.send_signal(signal.SIGKILL)
        self._process.wait(STOP_LIMIT_S)

    def terminate(self) -> None:
        """SIGTERM: "stop accepting, finish requests, hand leases back": it ends by itself with code 0."""
        assert self._process is not None, "it was never started"
        self._process.send_signal(signal.SIGTERM)
        code = self._process.wait(STOP_LIMIT_S)
        assert code == 0, f"exit code {code}:\n{self.log()}"

    def close(self) -> None:
        """Whatever happened, no process stays."""
        if self.running:
            self.kill9()

    def add_app(self, name: str, webhook_url: str, *numbers: str) -> Keys:
        """By the CLI, as an operator does, beside the running gateway."""
        added = self.cli("apps", "add", name, "--webhook-url", webhook_url)
        for number in numbers:
            self.cli("numbers", "add", number, "--app", added["app_id"])
        return Keys(added["app_id"], added["api_key"], added["webhook_secret"])

    def cli(self, *words: str) -> Any:
        """What `gateway … --json` prints."""
        done = subprocess.run(
            [sys.executable, "-m", "gateway", *words, "--json"],
            capture_output=True,
            env=self._environment(),
            timeout=START_LIMIT_S,
        )
        assert done.returncode == 0, f"gateway {' '.join(words)}: {done.stderr.decode()}"
        return orjson.loads(done.stdout)

    def _environment(self) -> dict[str, str]:
        others = {name: value for name, value in os.environ.items() if not name.startswith("GATEWAY_")}
        return {**others, **{f"GATEWAY_{name.upper()}": str(value) for name, value in self._settings.items()}}

    def _is_ready(self) -> bool:
        try:
            return requests.get(f"{self.url}/readyz", timeout=5).status_code == 200
        except requests.ConnectionError:
            return False
