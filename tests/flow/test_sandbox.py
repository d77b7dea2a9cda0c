"""`gateway sandbox` as an app developer meets it: started as a process, its printed lines pasted into a shell."""

import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import gevent
import orjson
import pytest
import requests

from tests.waiting import wait_for

ROOT = Path(__file__).parents[2]
LAST_LINE = "Webhooks of the demo app follow"
FIRST_KEY = '"base_url"'
START_LIMIT_S = 30


class Running:
    """The process, what it has printed so far, and beside it what it said on stderr."""

    def __init__(self, data_dir: Path, *words: str) -> None:
        command = [sys.executable, "-m", "gateway", "sandbox", "--data-dir", str(data_dir), "--listen", "127.0.0.1:0"]
        environ = {name: value for name, value in os.environ.items() if not name.startswith("GATEWAY_")}
        self._errors = data_dir / "stderr.txt"
        with self._errors.open("w") as errors:
            self.process = subprocess.Popen(
                [*command, *words], stdout=subprocess.PIPE, stderr=errors, text=True, env=environ
            )
        self.printed: list[str] = []
        self._reader = gevent.spawn(self._read)

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.printed.append(line.rstrip("\n"))

    @property
    def text(self) -> str:
        return "\n".join(self.printed)

    @property
    def errors(self) -> str:
        return self._errors.read_text()

    def wait_for_text(self, text: str, limit_s: float = 10) -> None:
        wait_for(
            lambda: text in self.text or self.process.poll() is not None, f"{text!r} is printed: {self.text}", limit_s
        )
        assert text in self.text, f"it ended: {self.errors}"

    def stop(self) -> None:
        self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(timeout=30)
        self._reader.join(timeout=10)
        assert self.process.stdout is not None
        self.process.stdout.close()
        assert code == 0, self.errors


@pytest.fixture
def sandbox(tmp_path: Path) -> Iterator[Running]:
    running = Running(tmp_path)
    try:
        running.wait_for_text(LAST_LINE, START_LIMIT_S)
        yield running
    finally:
        running.stop()


def test_the_pasted_lines_show_a_call_a_join_an_unmute_a_play_and_their_webhooks(sandbox: Running) -> None:
    """ "prints curl lines that work when pasted": the whole block at once, into a shell that knows nothing else."""
    start = sandbox.text.index("GW=")
    tour = sandbox.text[start : sandbox.text.index(LAST_LINE)]
    pasted = subprocess.run(["sh", "-eu", "-c", tour], capture_output=True, text=True, timeout=60, check=True)
    assert '"success"' not in pasted.stdout, f"an error was answered:\n{pasted.stdout}"
    for answer in ("acW68-room-", '"joining"', '"unmuted"', '"in_progress"', '"leaving"', "hung up."):
        assert answer in pasted.stdout, pasted.stdout
    expected = [
        "conference.created",
        "call.created",
        "conference.member.joined",
        "conference.member.unmuted",
        "conference.play.started",
        "conference.play.finished",
        "conference.member.left",
        "call.completed",
    ]
    for event in expected:
        sandbox.wait_for_text(f"[webhook] {event}  ")
    assert "signature is wrong" not in sandbox.text
    assert "/commands/conference/join" in sandbox.text.split("call.created", 1)[1], "lines with the call's own ids"


@pytest.mark.skipif(not any(map(shutil.which, ("flite", "espeak-ng"))), reason="no speech engine: flite or espeak-ng")
def test_the_voice_apis_page_works_when_pasted(tmp_path: Path) -> None:
    """Issue 4: "README has a page of curl examples for calls": docs/voice-api.md, pasted as a whole."""
    running = Running(tmp_path, "--json")
    try:
        running.wait_for_text(FIRST_KEY, START_LIMIT_S)
        start = orjson.loads(running.printed[0])
        page = (Path(__file__).parents[2] / "docs" / "voice-api.md").read_text(encoding="utf-8")
        block = "\n".join(line[4:] for line in page.splitlines() if line.startswith("    "))
        for printed, here in {
            "http://127.0.0.1:8080": start["base_url"],
            "https://example.com/hold-music.mp3": start["sound_url"],
            "https://example.com/a.mp3": start["sound_url"],
        }.items():
            assert printed in block
            block = block.replace(printed, here)
        environ = {**os.environ, "AUTH_ID": start["app_id"], "API_KEY": start["api_key"]}
        done = subprocess.run(["sh", "-eu", "-c", block], capture_output=True, text=True, timeout=90, env=environ)
        assert done.returncode == 0 and '"success"' not in done.stdout, done.stdout + done.stderr
        words = ["queued", "in-progress", "playing", "speaking", "sent", "recording", "stopped", "transferring"]
        words += ["support-room-1", "muted", "speaking", "playing"]  # of conferences, behind those of calls
        at = 0
        for word in words:
            at = done.stdout.find(f'"{word}"', at)
            assert at >= 0, f"{word} is missing: {done.stdout}"
    finally:
        running.stop()


def test_a_program_reads_json_and_plays_the_caller(tmp_path: Path) -> None:
    """--json: the address, id and key first; `sandbox call`, `dtmf` and `hangup` work from another process."""
    running = Running(tmp_path, "--json")
    try:
        running.wait_for_text(FIRST_KEY, START_LIMIT_S)
        start = orjson.loads(running.printed[0])
        headers = {"X-App-ID": start["app_id"], "X-API-Key": start["api_key"]}
        wait_for(
            lambda: requests.get(f"{start['base_url']}/readyz", timeout=5).status_code == 200, "readyz says yes", 20
        )
        called = orjson.loads(caller(tmp_path, "call", "--from", "+15550001111", "--name", "Eve Ännchen", "--json"))
        sessions = f"{start['base_url']}/api/v1/sessions/{called['uuid']}"
        wait_for(lambda: requests.get(sessions, headers=headers, timeout=5).status_code == 200, "the call is known")
        assert orjson.loads(caller(tmp_path, "dtmf", "12#", "--json"))["uuid"] == called["uuid"]
        assert orjson.loads(caller(tmp_path, "hangup", "--json")) == {"uuid": called["uuid"], "hung_up": True}
        running.wait_for_text('"event":"call.completed"')
    finally:
        running.stop()


def test_the_next_sandbox_in_the_same_directory_has_the_same_app(tmp_path: Path) -> None:
    """What was noted or scripted the last time goes on working."""
    starts = []
    for _ in range(2):
        running = Running(tmp_path, "--json")
        try:
            running.wait_for_text(FIRST_KEY, START_LIMIT_S)
            starts.append(orjson.loads(running.printed[0]))
        finally:
            running.stop()
    assert (starts[0]["app_id"], starts[0]["api_key"]) == (starts[1]["app_id"], starts[1]["api_key"])


def test_the_readmes_documents_lead_calls(tmp_path: Path) -> None:
    """Issue 3: "the README shows both document kinds in a copy-paste example that runs in the sandbox"."""
    data_dir, port = tmp_path / "data" / "sandbox", free_port()
    data_dir.mkdir(parents=True)
    program = tmp_path / ".venv" / "bin" / "gateway"  # as where ./scripts/run made it
    program.parent.mkdir(parents=True)
    program.write_text(f'#!/bin/sh\nexec {sys.executable} -m gateway "$@"\n')
    program.chmod(0o755)
    running = Running(data_dir)
    try:
        running.wait_for_text(LAST_LINE, START_LIMIT_S)
        pasted = subprocess.run(
            ["sh", "-eu", "-c", readme_block("A call led by a document").replace("9100", str(port))],
            cwd=tmp_path, env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True, text=True, timeout=90,
            check=False,
        )  # fmt: skip
        assert pasted.returncode == 0, pasted.stdout + pasted.stderr
        wait_for(lambda: running.text.count("[webhook] call.completed") == 2, f"both calls end: {running.text}", 10)
        expected = [
            "call.created", "conference.member.joined", "conference.member.left", "call.completed",
            "call.created", "call.gathered", "conference.member.joined", "conference.member.left", "call.completed",
        ]  # fmt: skip
        told = [line.split()[1] for line in running.printed if line.startswith("[webhook] ")]
        assert [event for event in told if event in expected] == expected
        assert "cause=self" in running.text, "* left the room"
        assert "digits=1 " in running.text and "call.failed" not in running.text
    finally:
        running.stop()


def readme_block(title: str) -> str:
    """The indented lines of a section, as somebody copies them."""
    section = (ROOT / "README.md").read_text().split(f"## {title}\n", 1)[1].split("\n## ", 1)[0]
    lines = [line for line in section.splitlines() if line.startswith("    ") or not line]
    return "\n".join(line.removeprefix("    ") for line in lines)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def caller(data_dir: Path, *words: str) -> bytes:
    command = [sys.executable, "-m", "gateway", "sandbox", "--data-dir", str(data_dir), *words]
    return subprocess.run(command, capture_output=True, timeout=30, check=True).stdout
