"""The sandbox: simulated switch, gateway and demo app in one process. In: settings. Out: webhooks, told as lines."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import gevent
from gevent import socket

from gateway.bootstrap import Gateway
from gateway.cli import sandbox_file
from gateway.cli.curl_lines import CurlLines
from gateway.cli.demo_app import DemoApp, Webhook
from gateway.cli.parts import opened_store
from gateway.cli.sandbox_file import APP_NAME, NODE_ID, NUMBER, SandboxFile
from gateway.config import Settings, load
from gateway.domain.clock import SystemClock
from gateway.errors import NotFound, SwitchUnavailable, Unauthorized
from gateway.services.apps import Apps
from gateway.services.directory import Directory
from gateway.services.endpoints import Endpoints
from gateway.simulator.options import GATEWAY_DIALPLAN, GATEWAY_GLOBALS, Options
from gateway.simulator.server import SimulatedSwitch
from gateway.store.store import Store

PASSWORD = "ClueCon"
READY_LIMIT_S = 15.0
# a webhook, the lines to be pasted, the id of the newest room
Told = Callable[[Webhook, CurlLines | None, str], None]


class Sandbox:
    """`start` returns the lines to be pasted once HTTP answers; `told` gets each webhook, `say` what goes wrong."""

    def __init__(
        self, data_dir: Path, listen: str | None, gateway_command: str, told: Told, say: Callable[[str], None]
    ) -> None:
        self._data_dir = data_dir
        self._listen = listen
        self._gateway_command = gateway_command
        self._told = told
        self._room_id = ""
        as_in_conf = Options(PASSWORD, public_dialplan=GATEWAY_DIALPLAN, global_variables=GATEWAY_GLOBALS)
        self._switch = SimulatedSwitch("127.0.0.1", 0, options=as_in_conf)
        self._demo = DemoApp(say, self._on_webhook)
        self._gateway: Gateway | None = None
        self._lines: CurlLines | None = None

    def start(self) -> CurlLines:
        self._data_dir.mkdir(parents=True, exist_ok=True)
        self._switch.start()
        self._demo.start()
        settings = self._settings()
        with opened_store(settings) as store:
            content = self._demo_app(store)
        content = replace(content, switch_port=self._switch.port, switch_password=PASSWORD)
        gateway = Gateway(settings)
        gateway.start()
        self._gateway = gateway
        _wait_until_ready(gateway)
        sandbox_file.save(self._data_dir, content)
        self._lines = CurlLines(
            settings.public_url,
            content.app_id,
            content.api_key,
            f"{self._demo.url}/demo.wav",
            self._gateway_command,
        )
        return self._lines

    def stop(self) -> None:
        if self._gateway is not None:
            self._gateway.stop()
        self._demo.stop()
        self._switch.stop()

    def _settings(self) -> Settings:
        """The sandbox's own database, switch and links, whatever is set for the real gateway."""
        listen = _with_real_port(self._listen or load().listen)
        return load(
            overrides={
                "listen": listen,
                "data_dir": str(self._data_dir),
                "database_url": "",
                "recordings_dir": "",
                "public_url": "",
                "nodes": f"{NODE_ID}={PASSWORD}@127.0.0.1:{self._switch.port}",
                "allow_private_urls": True,
            }
        )

    def _demo_app(self, store: Store) -> SandboxFile:
        """The app of the last time, if its key still works: what was noted or scripted then goes on working."""
        apps, webhook_url = Apps(store), f"{self._demo.url}/webhooks"
        content = sandbox_file.kept(self._data_dir)
        if content is None or not _works(Directory(store, SystemClock()), content):
            content = _fresh(apps, webhook_url)
        apps.update_app(content.app_id, webhook_url=webhook_url)
        apps.add_number(NUMBER, content.app_id)
        self._demo.secret = Endpoints(store).list_endpoints(content.app_id)[0].secrets[0]
        return content

    def _on_webhook(self, webhook: Webhook) -> None:
        if webhook.get("event") == "conference.created":
            self._room_id = webhook["room_id"]
        self._told(webhook, self._lines, self._room_id)


def _works(directory: Directory, content: SandboxFile) -> bool:
    try:
        directory.authenticate(content.app_id, content.api_key)
    except Unauthorized:
        return False
    return True


def _fresh(apps: Apps, webhook_url: str) -> SandboxFile:
    try:
        app_id = apps.find(APP_NAME).id
        return SandboxFile(app_id, apps.rotate_key(app_id, overlap_s=0))
    except NotFound:
        added = apps.add_app(APP_NAME, webhook_url)
        return SandboxFile(added.app.id, added.api_key)


def _wait_until_ready(gateway: Gateway) -> None:
    """What is printed is pasted at once: the switch must be connected by then."""
    with gevent.Timeout(READY_LIMIT_S, SwitchUnavailable("the simulated switch was not connected in time")):
        while gateway.why_not_ready():
            gevent.sleep(0.02)


def _with_real_port(listen: str) -> str:
    """A port 0 becomes a free one here: signed links are made from the settings, which must name it."""
    host, _, port = listen.rpartition(":")
    if port != "0":
        return listen
    family = socket.AF_INET6 if host.startswith("[") else socket.AF_INET
    with socket.create_server((host.strip("[]"), 0), family=family) as probe:
        return f"{host}:{probe.getsockname()[1]}"
