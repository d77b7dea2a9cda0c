"""The `gateway` command as operators and programs use it, beside no gateway, on a database of its own."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import click
import orjson
import pytest
from click.testing import CliRunner, Result

from gateway.cli import main
from gateway.domain.clock import SystemClock
from gateway.domain.recording import Recording
from gateway.store.engine import open_engine
from gateway.store.tables import outbox, recordings

Run = Callable[..., Result]
URL = "https://app.example/hooks"


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setenv("GATEWAY_DATA_DIR", str(tmp_path / "data"))

    def run_command(*words: str) -> Result:
        return CliRunner().invoke(main, words, catch_exceptions=False)

    return run_command


def answer(result: Result) -> Any:
    assert result.exit_code == 0, result.stderr
    return orjson.loads(result.stdout)


@pytest.fixture
def demo(run: Run) -> dict[str, str]:
    added: dict[str, str] = answer(run("apps", "add", "demo", "--webhook-url", URL, "--json"))
    return added


def test_apps_add_prints_exactly_id_key_and_secret(demo: dict[str, str]) -> None:
    """`gateway apps add NAME --webhook-url URL … --json` prints `{"app_id", "api_key", "webhook_secret"}`."""
    assert list(demo) == ["app_id", "api_key", "webhook_secret"]
    assert demo["webhook_secret"].startswith("whsec_")


def test_apps_add_tells_a_person_that_it_is_shown_once(run: Run) -> None:
    result = run("apps", "add", "demo")
    assert result.exit_code == 0
    assert "never shown again" in result.stdout


def test_what_was_added_is_listed_without_its_secrets(run: Run, demo: dict[str, str]) -> None:
    (app,) = answer(run("apps", "list", "--json"))
    assert (app["app_id"], app["name"]) == (demo["app_id"], "demo")
    for result in (run("apps", "show", "demo", "--json"), run("apps", "show", "demo"), run("apps", "list")):
        assert result.exit_code == 0
        assert demo["app_id"] in result.stdout
        assert demo["api_key"] not in result.stdout
        assert demo["webhook_secret"] not in result.stdout


def test_settings_of_documents_are_options(run: Run) -> None:
    """app settings `--answer-method POST|GET`, `--answer-format form|json`, `--document-dialect plivo|voxml`."""
    options = "--answer-method get --answer-format json --document-dialect voxml --fallback-url https://b.example/"
    run("apps", "add", "ivr", "--answer-url", "https://a.example/", *options.split())
    shown = answer(run("apps", "show", "ivr", "--json"))
    assert shown["answer_url"] == "https://a.example/"
    assert shown["settings"] == {
        "answer_method": "GET",
        "answer_format": "json",
        "document_dialect": "voxml",
        "fallback_url": "https://b.example/",
    }
    changed = answer(run("apps", "update", "ivr", "--answer-url", "", "--fallback-url", "", "--json"))
    assert changed["answer_url"] == ""
    assert "fallback_url" not in changed["settings"]
    assert run("apps", "add", "x", "--answer-format", "xml").exit_code == 2


def test_keys_are_rotated_with_an_overlap(run: Run, demo: dict[str, str]) -> None:
    rotated = answer(run("apps", "rotate-key", "demo", "--overlap-s", "60", "--json"))
    assert rotated["api_key"] != demo["api_key"]
    keys = answer(run("apps", "show", "demo", "--json"))["api_keys"]
    assert [key["expires_at"] is None for key in keys] == [False, True]


@pytest.mark.parametrize("by", ["name", "app_id"])
def test_numbers_are_added_by_id_and_by_name(run: Run, demo: dict[str, str], by: str) -> None:
    """`gateway numbers add +15551230002 --app demo`, "matched with or without a leading +"."""
    app = demo.get(by, "demo")
    added = answer(run("numbers", "add", "+15551230002", "--app", app, "--json"))
    assert (added["number"], added["app_id"]) == ("15551230002", demo["app_id"])
    assert answer(run("numbers", "list", "--json")) == [added]
    assert answer(run("numbers", "list", "--app", app, "--json")) == [added]
    assert answer(run("numbers", "remove", "15551230002", "--json"))["removed"] is True
    assert answer(run("numbers", "list", "--json")) == []


def test_endpoints_live_their_life(run: Run, demo: dict[str, str]) -> None:
    words = ("webhooks", "endpoints")
    added = answer(run(*words, "add", "demo", URL, "--pattern", "call.*", "--pattern", "command.result", "--json"))
    endpoint_id = added["endpoint_id"]
    first, second = answer(run(*words, "list", "demo", "--json"))
    assert (first["patterns"], second["patterns"]) == (None, ["call.*", "command.result"])
    assert answer(run(*words, "update", endpoint_id, "--all-events", "--json"))["patterns"] is None
    assert answer(run(*words, "update", endpoint_id, "--url", URL + "2", "--json"))["url"] == URL + "2"
    fresh = answer(run(*words, "rotate-secret", endpoint_id, "--json"))["webhook_secret"]
    assert fresh not in (added["webhook_secret"], demo["webhook_secret"])
    assert answer(run(*words, "disable", endpoint_id, "--json"))["disabled_reason"] == "disabled by an operator"
    assert answer(run(*words, "enable", endpoint_id, "--json"))["disabled_at"] is None
    assert answer(run(*words, "remove", endpoint_id, "--json")) == {"endpoint_id": endpoint_id, "removed": True}
    assert run(*words, "remove", first["endpoint_id"]).exit_code == 1, "it holds the app's webhook_secret"


def test_dead_letters_are_listed_shown_and_sent_again(run: Run, demo: dict[str, str], tmp_path: Path) -> None:
    """ "exhausted rows go to the dead letters, listed and re-sendable by API and CLI"; "keeps id … and bytes"."""
    body = b'{"id": "evt_1"}'
    dead = {
        **dict.fromkeys(("room_id", "session_id", "url"), ""),
        **dict.fromkeys(("created_at", "due_at", "ended_at"), 1_700_000_000_000),
        "event_id": "evt_1",
        "event": "call.created",
        "app_id": demo["app_id"],
        "endpoint_id": "ep_1",
        "method": "POST",
        "content_type": "application/json",
        "attempts": 30,
        "state": "dead",
        "last_status": 500,
        "last_error": "500",
        "body": body,
    }
    engine = open_engine(f"sqlite:///{tmp_path}/data/gateway.db")
    with engine.begin() as connection:
        connection.execute(outbox.insert(), dead)
    engine.dispose()
    (listed,) = answer(run("webhooks", "list", "--app", "demo", "--json"))["deliveries"]
    assert (listed["event_id"], listed["state"], listed["last_status"]) == ("evt_1", "dead", 500)
    assert "evt_1" in run("webhooks", "list").stdout
    (shown,) = answer(run("webhooks", "show", "evt_1", "--json"))
    assert shown["body"] == {"id": "evt_1"}, "as the API shows it"
    assert body.decode() in run("webhooks", "show", "evt_1").stdout
    assert answer(run("webhooks", "purge", "--before", "1970-01-01", "--json")) == {"purged": 0}
    assert answer(run("webhooks", "purge", "--before", "2126-01-01", "--endpoint", "ep_2", "--json")) == {"purged": 0}
    assert answer(run("webhooks", "resend", str(listed["id"]), "--json")) == {"resent": 1}
    assert answer(run("webhooks", "purge", "--before", "2126-01-01", "--app", "demo", "--json")) == {"purged": 0}
    assert answer(run("webhooks", "list", "--json"))["deliveries"] == []
    (pending,) = answer(run("webhooks", "show", str(listed["id"]), "--json"))
    assert (pending["state"], pending["body"], pending["id"]) == ("pending", shown["body"], shown["id"])
    assert answer(run("webhooks", "resend", "--dead", "ep_1", "--json")) == {"resent": 0}
    assert run("webhooks", "resend").exit_code == 2


@pytest.mark.parametrize(
    "words",
    [
        ("webhooks", "show", "evt_nobody"),
        ("webhooks", "resend", "404"),
        ("apps", "show", "nobody"),
        ("apps", "add", "demo", "--webhook-url", "ftp://x"),
        ("apps", "remove", "nobody", "--json"),
        ("numbers", "add", "12a", "--app", "demo"),
        ("numbers", "remove", "404"),
        ("webhooks", "endpoints", "enable", "ep_nobody"),
        ("sandbox", "call"),
    ],
)
def test_what_cannot_be_done_is_one_sentence_on_stderr(run: Run, demo: dict[str, str], words: tuple[str, ...]) -> None:
    result = run(*words)
    assert result.exit_code == 1
    assert result.stdout == ""
    assert result.stderr.startswith("gateway: ")
    assert result.stderr.count("\n") == 1


def test_an_unknown_setting_stops_every_command(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """ "unknown GATEWAY_ keys stop the start": exit code 2, naming the key."""
    monkeypatch.setenv("GATEWAY_COLOUR", "red")
    result = run("apps", "list")
    assert result.exit_code == 2
    assert "GATEWAY_COLOUR" in result.stderr


def test_the_database_is_set_up_by_the_first_command(run: Run) -> None:
    assert answer(run("db", "upgrade", "--json"))["before"] is None
    current = answer(run("db", "current", "--json"))
    assert current["current"] is True
    assert "already" in run("db", "upgrade").stdout


def test_a_database_of_no_revision_is_not_current(run: Run) -> None:
    assert run("db", "current").exit_code == 1


def leaves(command: click.Command, path: str = "gateway") -> Iterator[tuple[str, click.Command]]:
    if isinstance(command, click.Group):
        for name, each in command.commands.items():
            yield from leaves(each, f"{path} {name}")
    if not isinstance(command, click.Group) or command.invoke_without_command:
        yield path, command


@pytest.mark.parametrize(("path", "command"), [pytest.param(*leaf, id=leaf[0]) for leaf in leaves(main)])
def test_every_command_that_prints_takes_json(path: str, command: click.Command) -> None:
    """ "Every CLI command that prints something takes `--json`": `serve` prints nothing, it logs."""
    takes = any("--json" in parameter.opts for parameter in command.params)
    assert takes or path == "gateway serve"
    assert command.help


def test_recordings_are_listed_shown_and_swept(run: Run, demo: dict[str, str], tmp_path: Path) -> None:
    """Issue 3: "kept 30 days by default, then swept"; every command that prints takes --json."""
    day_ms = 86_400_000
    now = SystemClock().now_ms()
    ids = [f"950e8400-e29b-41d4-a716-44665544000{number}" for number in range(2)]
    engine = open_engine(f"sqlite:///{tmp_path}/data/gateway.db")
    folder = tmp_path / "data" / "recordings"
    folder.mkdir()
    with engine.begin() as connection:
        for recording_id, age in zip(ids, (31, 29), strict=True):
            ended = now - age * day_ms
            row = Recording(recording_id, demo["app_id"], "acW68", "wav", ended, "room", ended_at=ended)
            connection.execute(recordings.insert(), vars(replace(row, state="completed", duration_ms=1500)))
            (folder / row.file_name).write_bytes(b"RIFF")
    engine.dispose()
    listed = answer(run("recordings", "list", "--app", "demo", "--json"))
    assert [one["recording_id"] for one in listed] == ids and listed[0]["duration_ms"] == 1500
    assert answer(run("recordings", "show", ids[0], "--json"))["file"] == str(folder / f"{ids[0]}.wav")
    assert answer(run("recordings", "sweep", "--json")) == {"swept": 1}
    assert [path.name for path in folder.iterdir()] == [f"{ids[1]}.wav"]
    assert run("recordings", "show", ids[0]).exit_code == 1
    assert ids[1] in run("recordings", "list").stdout
    assert answer(run("recordings", "sweep", "--days", "1", "--json")) == {"swept": 1}
    assert "No recordings." in run("recordings", "list").stdout
