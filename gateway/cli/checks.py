"""What `gateway doctor` looks at. In: the settings. Out: findings, each a clear sentence that says what to do."""

import http.client
import os
import socket
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from gateway.cli.parts import opened_store
from gateway.config import NodeSettings, Settings
from gateway.errors import ConfigError, GatewayError, SwitchError, SwitchRefused
from gateway.media.speech import speech_state, wants_switch
from gateway.media.switch_speech import SWITCH
from gateway.services.forgetting import left_behind
from gateway.start_checks import cdr_dir_problem, public_url_fault, public_url_problem
from gateway.store import migrate
from gateway.store.engine import open_engine
from gateway.switch.commands.calls import PROFILE
from gateway.switch.commands.operator import ConferenceConfiguration, ModuleExists, SpeechScript
from gateway.switch.console import Console

OK, WARNING, FAILED = "ok", "warning", "failed"
HEALTH_TIMEOUT_S = 3


@dataclass(frozen=True)
class Finding:
    check: str
    status: str
    message: str


def findings(settings: Settings) -> Iterator[Finding]:
    yield Finding("settings", OK, "The settings can be read.")
    yield _database(settings)
    for node in settings.node_list:
        yield from _node(node, settings)
    yield from _left_behind(settings)
    yield _recordings(settings)
    yield _cdrs(settings)
    yield _public_url(settings)
    yield _listen(settings)
    yield _speech(settings)


def _database(settings: Settings) -> Finding:
    try:
        revision, newest = revisions(settings.database_url)
    except (GatewayError, OSError) as error:
        return Finding("database", FAILED, f"The database cannot be used: {error}.")
    if revision is None:
        return Finding("database", WARNING, "The database is new: `gateway serve` sets it up.")
    if revision != newest:
        message = f"The database is at revision {revision}, not {newest}: run `gateway db upgrade`."
        return Finding("database", FAILED, message)
    return Finding("database", OK, f"The database answers and is at revision {revision}.")


def revisions(database_url: str) -> tuple[str | None, str]:
    """The revision that the database is at, and the newest one."""
    engine = open_engine(database_url)
    try:
        return migrate.current(engine), migrate.newest()
    finally:
        engine.dispose()


def _left_behind(settings: Settings) -> Iterator[Finding]:
    """Nothing where the database cannot be asked: then its own finding says so."""
    try:
        revision, newest = revisions(settings.database_url)
        if revision != newest:
            return
        with opened_store(settings) as store:
            sentences = left_behind(store, [node.id for node in settings.node_list])
    except (GatewayError, OSError):
        return
    for sentence in sentences:
        yield Finding("nodes", WARNING, f"{sentence}.")


def _node(node: NodeSettings, settings: Settings) -> Iterator[Finding]:
    check, where = f"node {node.id}", f"{node.host}:{node.port}"
    try:
        with Console(node, settings.reply_timeout_s) as console:
            yield Finding(check, OK, f"The switch at {where} answers and takes the password.")
            yield _profile(check, console)
            if wants_switch(settings):
                yield _speaking(check, console, settings.speech_switch_module)
    except SwitchError as error:
        hint = "check its address and password in GATEWAY_NODES, and the ACL of its event_socket.conf"
        yield Finding(check, FAILED, f"The switch at {where}: {error.message}; {hint}.")


def _profile(check: str, console: Console) -> Finding:
    try:
        text = console.ask(ConferenceConfiguration()).text
    except SwitchRefused:
        return Finding(check, WARNING, "The switch does not tell its conference profiles.")
    if f'<profile name="{PROFILE}"' in text:
        return Finding(check, OK, f"mod_conference has the profile {PROFILE!r}.")
    whence = shipped_configuration() / "configuration" / "conference.xml"
    message = f"conference.conf has no profile {PROFILE!r}: take it from {whence} and run `reloadxml`."
    return Finding(check, FAILED, message)


def shipped_configuration() -> Path:
    """freeswitch-conf: beside the sources, or where an install has put it."""
    places = Path(__file__).parents[2], Path(sys.prefix) / "share" / "switch-gateway"
    found = (place / "freeswitch-conf" for place in places if (place / "freeswitch-conf").is_dir())
    return next(found, Path("freeswitch-conf"))


def _speaking(check: str, console: Console, module: str) -> Finding:
    """For the speech engine `switch`."""
    try:
        console.ask(SpeechScript())
    except SwitchRefused:
        script = shipped_configuration() / "scripts" / "gateway_speech.lua"
        return Finding(check, FAILED, f"It cannot speak: load mod_lua, and put {script} into its scripts.")
    if not console.ask(ModuleExists(module)).is_true:
        message = f"It cannot speak: mod_{module.partition(':')[0]} is not loaded (GATEWAY_SPEECH_SWITCH_MODULE)."
        return Finding(check, FAILED, message)
    return Finding(check, OK, f"It can speak: mod_lua runs gateway_speech.lua, and {module} is loaded.")


def _recordings(settings: Settings) -> Finding:
    directory = Path(settings.recordings_dir)
    if not directory.exists():
        parent = next(each for each in directory.parents if each.exists())
        if os.access(parent, os.W_OK | os.X_OK):
            return Finding("recordings", OK, f"{directory} is not there yet and can be made.")
        return Finding("recordings", FAILED, f"{directory} is not there, and {parent} cannot be written to.")
    try:
        with tempfile.TemporaryFile(dir=directory):
            pass
    except OSError as error:
        return Finding("recordings", FAILED, f"{directory} cannot be written to: {error.strerror}.")
    return Finding("recordings", OK, f"{directory} can be written to; the switch must see it under the same path.")


def _cdrs(settings: Settings) -> Finding:
    if not settings.cdr_dir:
        message = "GATEWAY_CDR_DIR is not set: calls whose end is missed are billed until they are found gone."
        return Finding("cdr", WARNING, message)
    if problem := cdr_dir_problem(settings):
        return Finding("cdr", FAILED, f"{problem}.")
    return Finding("cdr", OK, f"What is missed is billed by the files in {settings.cdr_dir}.")


def _public_url(settings: Settings) -> Finding:
    if problem := public_url_fault(settings) or public_url_problem(settings):
        return Finding("public_url", FAILED, f"{problem}.")
    return Finding("public_url", OK, f"Signed links begin with {settings.public_url}.")


def _listen(settings: Settings) -> Finding:
    host, port = settings.listen_address
    try:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        with socket.create_server((host, port), family=family):
            return Finding("listen", OK, f"{settings.listen} is free.")
    except OSError as error:
        if _answers_healthz(host, port):
            return Finding("listen", OK, f"A gateway already runs on {settings.listen}.")
        message = f"{settings.listen} cannot be used: {error.strerror}. Set GATEWAY_LISTEN to another address."
        return Finding("listen", FAILED, message)


def _speech(settings: Settings) -> Finding:
    try:
        state = speech_state(settings)
    except ConfigError as error:
        return Finding("speech", FAILED, error.message)
    if not state.engine:
        message = f"Nothing can be spoken: {'; '.join(state.problems)}. Install one, or set it."
        return Finding("speech", WARNING, message)
    if state.engine == SWITCH:
        return Finding("speech", OK, f"The switch speaks, with its module {settings.speech_switch_module}.")
    if state.problems:
        return Finding("speech", WARNING, f"{state.engine} speaks, but {'; '.join(state.problems)}.")
    return Finding("speech", OK, f"{state.engine} speaks; there is {', '.join(state.ready)}.")


def _answers_healthz(host: str, port: int) -> bool:
    connection = http.client.HTTPConnection(host, port, timeout=HEALTH_TIMEOUT_S)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
