"""`gateway doctor`: clear sentences, and exit code 1 when something must be mended."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import pytest
from click.testing import CliRunner
from gevent import socket

from gateway.cli import main
from gateway.cli.checks import shipped_configuration
from tests.unit.switch.fake_server import FakeSwitch, Peer

Doctor = Callable[..., tuple[int, dict[str, list[dict[str, str]]]]]


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
        return port


@pytest.fixture
def doctor(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Doctor:
    """Its findings by check; nothing listens where the node should be."""
    monkeypatch.setenv("GATEWAY_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("GATEWAY_LISTEN", f"127.0.0.1:{free_port()}")
    monkeypatch.setenv("GATEWAY_NODES", f"acW68=ClueCon@127.0.0.1:{free_port()}")

    def examine(**settings: Any) -> tuple[int, dict[str, list[dict[str, str]]]]:
        for name, value in settings.items():
            monkeypatch.setenv(f"GATEWAY_{name.upper()}", str(value))
        result = CliRunner().invoke(main, ["doctor", "--json"], catch_exceptions=False)
        found: dict[str, list[dict[str, str]]] = {}
        for check in orjson.loads(result.stdout)["checks"]:
            found.setdefault(check["check"], []).append(check)
        return result.exit_code, found

    return examine


def test_a_switch_that_is_not_there_fails(doctor: Doctor) -> None:
    code, found = doctor()
    assert code == 1
    (finding,) = found["node acW68"]
    assert finding["status"] == "failed"
    assert "GATEWAY_NODES" in finding["message"]
    assert [found[check][0]["status"] for check in ("settings", "database", "recordings", "public_url", "listen")] == [
        "ok",
        "warning",
        "ok",
        "ok",
        "ok",
    ]


def test_wrong_settings_are_a_finding(doctor: Doctor) -> None:
    code, found = doctor(media_fetch="nobody")
    assert code == 1
    assert "GATEWAY_MEDIA_FETCH" in found["settings"][0]["message"]


def test_a_database_that_cannot_be_reached_fails(doctor: Doctor) -> None:
    code, found = doctor(database_url=f"postgresql+psycopg://nobody@127.0.0.1:{free_port()}/x")
    assert code == 1
    assert found["database"][0]["status"] == "failed"


def test_a_port_that_another_program_has_fails(doctor: Doctor) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        code, found = doctor(listen=f"127.0.0.1:{taken.getsockname()[1]}")
    assert code == 1
    assert found["listen"][0]["status"] == "failed"


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_directory_that_cannot_be_written_to_fails(doctor: Doctor, tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o500)
    assert doctor(recordings_dir=closed)[1]["recordings"][0]["status"] == "failed"


@pytest.mark.parametrize(
    "url",
    ["ftp://gateway.example", "http://", "http://user:pw@gateway.example", "http://0.0.0.0:8080", "http://x/?a=b"],
)
def test_a_public_url_that_makes_no_links_fails(doctor: Doctor, url: str) -> None:
    assert doctor(public_url=url)[1]["public_url"][0]["status"] == "failed"


def test_a_loopback_public_url_is_no_use_to_a_far_switch(doctor: Doctor) -> None:
    _, found = doctor(nodes="acW68=ClueCon@192.0.2.1:8021", reply_timeout_s="0.05")
    assert found["public_url"][0]["status"] == "failed"
    assert "acW68" in found["public_url"][0]["message"]


def test_the_engine_that_speaks_is_named(doctor: Doctor) -> None:
    _, found = doctor(speech_url="http://127.0.0.1:9/v1")
    assert found["speech"][0]["status"] == "ok"
    assert found["speech"][0]["message"].startswith("openai speaks")


def test_without_an_engine_the_settings_are_named(doctor: Doctor, monkeypatch: pytest.MonkeyPatch) -> None:
    """No engine, no speech: the operator is told which settings would mend it."""
    monkeypatch.setenv("PATH", "")
    _, found = doctor()
    assert found["speech"][0]["status"] == "warning"
    for name in ("GATEWAY_SPEECH_URL", "GATEWAY_SPEECH_COMMAND", "espeak-ng", "flite"):
        assert name in found["speech"][0]["message"]


def test_a_voice_whose_engine_is_missing_is_told(doctor: Doctor) -> None:
    voices = '{"Nova": {"engine": "command", "voice": "nova"}}'
    _, found = doctor(speech_url="http://127.0.0.1:9/v1", voices=voices)
    assert found["speech"][0]["status"] == "warning"
    assert "Nova" in found["speech"][0]["message"] and "GATEWAY_SPEECH_COMMAND" in found["speech"][0]["message"]


def test_the_folder_of_cdr_files(doctor: Doctor, tmp_path: Path) -> None:
    for folder, status in (("", "warning"), (tmp_path / "none", "failed"), (tmp_path, "ok")):
        assert doctor(cdr_dir=folder)[1]["cdr"][0]["status"] == status


def test_what_a_switch_needs_is_where_the_doctor_says() -> None:
    """It names a file to take: that must be there, from the sources as from an install."""
    for needed in ("scripts/gateway_speech.lua", "configuration/conference.xml"):
        assert (shipped_configuration() / needed).is_file()


@pytest.mark.parametrize(
    ("script", "module", "status", "said"),
    [
        ("+OK gateway_speech", "true", "ok", "It can speak"),
        ("+OK gateway_speech", "false", "failed", "mod_unimrcp is not loaded"),
        ("-ERR lua Command not found!", "true", "failed", "load mod_lua"),
        ("-ERR Cannot execute script", "true", "failed", "gateway_speech.lua into its scripts"),
    ],
)
def test_a_switch_that_shall_speak_is_asked_whether_it_can(
    doctor: Doctor, script: str, module: str, status: str, said: str
) -> None:
    def switch(peer: Peer, command: str) -> None:
        peer.api(script if "lua" in command else module if "module_exists mod_unimrcp" in command else "-ERR no")

    with FakeSwitch(switch) as fake:
        nodes = f"acW68=ClueCon@127.0.0.1:{fake.port}"
        _, found = doctor(nodes=nodes, speech_engine="switch", speech_switch_module="unimrcp:nuance")
    finding = found["node acW68"][-1]
    assert finding["status"] == status and said in finding["message"]
    assert "unimrcp:nuance" in found["speech"][0]["message"]
