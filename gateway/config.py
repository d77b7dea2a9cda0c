"""Settings: read once from a TOML file and GATEWAY_* variables, checked, frozen. An unknown key stops the start."""

import json
import math
import os
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from ipaddress import ip_network
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from gateway.errors import ConfigError

_NODE = re.compile(r"(?P<id>[A-Za-z0-9]{5})=(?P<password>[^@]*)@(?P<host>[^@]+):(?P<port>[0-9]{1,5})")
_HOST_NAME = re.compile(r"(\*\.)?[A-Za-z0-9_-]{1,63}(\.[A-Za-z0-9_-]{1,63})*\.?")
_TTS_MODULE = re.compile(r"(?!tts_commandline)[A-Za-z0-9_-]{1,64}(:[A-Za-z0-9_-]{1,64})?")  # which runs a shell
_TTS_VOICE = re.compile(r"[A-Za-z0-9_-]{0,64}")
_VOICE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
SPEECH_ENGINES = ("auto", "espeak-ng", "flite", "pico2wave", "command", "openai", "switch")
TRANSCRIPTIONS = ("auto", "pocketsphinx", "openai", "off")
LOG_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")
_TRUE, _FALSE = {"1", "true", "yes", "on"}, {"0", "false", "no", "off"}


@dataclass(frozen=True)
class NodeSettings:
    """One switch: `id` is the five letters or digits that open its rooms' and sessions' ids."""

    id: str
    host: str
    port: int
    password: str


@dataclass(frozen=True)
class VoiceSettings:
    """A row of GATEWAY_VOICES: who speaks when an app names `name`; engine "" is the default one."""

    name: str
    engine: str = ""
    voice: str = ""  # the engine's own name; "": the engine's voice for the language and gender
    language: str = ""
    gender: str = "woman"


@dataclass(frozen=True)
class Settings:
    """Every setting with its default (contract, "Settings that tests and operators rely on")."""

    listen: str = "127.0.0.1:8080"  # HTTP; whoever else shall reach it comes by a proxy with TLS
    data_dir: str = "./data"  # the SQLite file, media.key, caches, recordings
    database_url: str = ""  # "": sqlite:///{data_dir}/gateway.db
    nodes: str = "acW68=ClueCon@127.0.0.1:8021"  # id=password@host:port, comma separated
    recordings_dir: str = ""  # the same path for the switch, which writes there; "": {data_dir}/recordings
    public_url: str = ""  # where switches and apps reach us by signed links; "": http://{listen}
    allow_private_urls: bool = False  # all of them: for machines where every app is yours
    allowed_addresses: str = ""  # beside public ones: 10.1.0.0/16, fd00::7, files.example.net, *.example.net
    media_fetch: str = "gateway"  # or switch: it downloads audio itself (docs/answer-documents.md, Addresses)
    inbound_wait_s: int = 60  # how long a call without a document waits for its first command
    digits_match_timeout_ms: int = 2000  # how long keys that begin a longer pattern wait for the rest
    # Calls that we make: the switch's dial string for a number, {number} with + or {digits}, and for a phone.
    trunk: str = "sofia/gateway/trunk/{number}"
    users: str = "user/{user}"
    hold_music: str = ""  # URL of what a held caller hears; "": a soft beep every 5 s
    sip_domain: str = "127.0.0.1"  # of the phones that register at the switch: <User>sip:NAME@DOMAIN</User>
    # Limits: each with its unit in the name.
    reply_timeout_s: float = 5.0  # the switch's reply to a command, which comes in milliseconds; then 504
    job_timeout_s: float = 30.0  # the result of a bgapi job, which may have to fetch a sound first
    join_timeout_s: float = 10.0  # from a join to its member; then join_failed, reason timeout
    reconcile_interval_s: float = 30.0  # how often the switch's lists are compared with ours: the net below events
    lease_s: float = 15.0  # how long another replica leaves a dead one's nodes and endpoints alone
    webhook_timeout_s: float = 10.0  # one POST, from its start to its whole answer; then it is tried again later
    webhook_in_flight: int = 48  # POSTs at once: a pool for all endpoints, beside one of its own for each
    webhook_keep_s: int = 86_400  # a day: how long delivered rows can be listed
    max_body_bytes: int = 1_048_576  # of a request: 1 MiB, several times what 128 URLs take
    recording_keep_s: int = 2_592_000  # 30 days, as the voice API promises
    recording_link_s: int = 604_800  # 7 days
    key_overlap_s: int = 86_400  # a day to change over: a rotated key or secret holds beside its successor
    billing_keep_s: int = 34_560_000  # 400 days
    cdr_dir: str = ""  # where the gateway sees the files of the switch's json_cdr; "": nowhere
    # What is billed: the first seconds whole, then every increment begun: 1/1, 6/6, 60/60, 30/6.
    billing_first_s: int = 1
    billing_next_s: int = 1
    cooldowns: bool = True  # the contract's waits between commands of a kind; off in tests of load alone
    rate_limit_per_s: float = 0.0  # requests of one app, all together, by each gateway process; 0: no limit
    log_level: str = "INFO"  # of serve, to stderr: DEBUG, INFO, WARNING or ERROR
    # Speech: `auto` takes what is configured, else what is on the machine.
    speech_engine: str = "auto"
    speech_command: str = ""  # `piper -m {voice} -f {file}`; with {text} it is one argument, else standard input
    speech_url: str = ""  # OpenAI-compatible, http://host:port/v1
    speech_key: str = field(default="", repr=False)  # its bearer key
    speech_model: str = "tts-1"  # what it is asked for
    speech_switch_module: str = "flite"  # of the engine `switch`: its TTS module, with a profile unimrcp:PROFILE
    voices: str = ""  # JSON, or a table in the file: {"name": {"engine", "voice", "language", "gender"}}
    speech_timeout_s: float = 20.0  # of one text; at the switch, beside 0.6 s a character
    speech_parallel: int = 0  # renderings at once; 0: one per core, 8 at the switch or a service
    speech_cache_bytes: int = 536_870_912  # 512 MiB of rendered texts; the least used go first
    # Transcription: `auto` takes the URL when there is one, else pocketsphinx.
    transcription: str = "auto"
    transcription_url: str = ""  # OpenAI-compatible
    transcription_hybrid_url: str = ""  # of documents that ask for `hybrid`, which is refused without
    transcription_manual_url: str = ""  # `manual` likewise
    transcription_key: str = field(default="", repr=False)  # the bearer key of all three
    transcription_model: str = "whisper-1"  # what they are asked for
    transcription_timeout_s: float = 3600.0  # of one recording: a long one takes pocketsphinx long
    transcription_parallel: int = 0  # 0: one per core
    transcription_rate_per_min: float = 0.0  # what apps are told that a minute costs
    transcription_max_bytes: int = 26_214_400  # of an upload: 25 MiB is what OpenAI takes

    @property
    def listen_address(self) -> tuple[str, int]:
        host, _, port = self.listen.rpartition(":")
        if not 0 <= int(port) < 65536:
            raise ValueError("no port")
        return host.strip("[]"), int(port)

    @property
    def node_list(self) -> list[NodeSettings]:
        return [_node(text.strip()) for text in self.nodes.split(",") if text.strip()]

    @property
    def allowed_address_list(self) -> list[str]:
        return [entry.strip() for entry in self.allowed_addresses.split(",") if entry.strip()]

    @property
    def voice_list(self) -> list[VoiceSettings]:
        return _voices(self.voices)

    @property
    def media_dir(self) -> Path:
        return Path(self.data_dir) / "media"


def _node(text: str) -> NodeSettings:
    match = _NODE.fullmatch(text)
    if not match or not 0 < int(match["port"]) < 65536:
        raise ConfigError(
            f"GATEWAY_NODES: expected id=password@host:port with an id of 5 letters or digits, got {_masked(text)!r}"
        )
    return NodeSettings(match["id"], match["host"], int(match["port"]), match["password"])


def _voices(text: str) -> list[VoiceSettings]:
    try:
        table = json.loads(text or "{}")
    except ValueError as error:
        raise ConfigError(f"GATEWAY_VOICES: not JSON: {error}") from error
    if not isinstance(table, dict):
        raise ConfigError('GATEWAY_VOICES: expected {"name": {"engine": …, "voice": …, "language": …, "gender": …}}')
    return [_voice(name, row) for name, row in table.items()]


def _voice(name: str, row: object) -> VoiceSettings:
    keys = {f.name for f in fields(VoiceSettings)} - {"name"}
    if not _VOICE_NAME.fullmatch(name):
        raise ConfigError(f"GATEWAY_VOICES: {name!r} cannot be the name of a voice")
    if not isinstance(row, dict) or not all(key in keys and isinstance(value, str) for key, value in row.items()):
        raise ConfigError(f"GATEWAY_VOICES: {name}: expected texts for {', '.join(sorted(keys))}")
    voice = VoiceSettings(name, **row)
    if voice.engine not in ("", *SPEECH_ENGINES[1:]):
        raise ConfigError(f"GATEWAY_VOICES: {name}: engine must be one of {', '.join(SPEECH_ENGINES[1:])}")
    if voice.gender not in ("woman", "man") or voice.voice.startswith("-"):
        raise ConfigError(f"GATEWAY_VOICES: {name}: gender must be woman or man, and voice must not begin with a dash")
    return voice


def _masked(text: str) -> str:
    return re.sub(r"^([^=@]*=)?.*?(@[^@]*)?$", r"\1***\2", text, flags=re.DOTALL)


def load(environ: Mapping[str, str] = os.environ, overrides: Mapping[str, Any] | None = None) -> Settings:
    """Read GATEWAY_CONFIG (TOML) first, then GATEWAY_* variables, then `overrides`; raises ConfigError."""
    known = {f.name: f for f in fields(Settings)}
    values: dict[str, Any] = {}
    if path := environ.get("GATEWAY_CONFIG"):
        values.update(_file_values(path))
    for key, text in environ.items():
        if key.startswith("GATEWAY_") and key != "GATEWAY_CONFIG":
            values[key.removeprefix("GATEWAY_").lower()] = text
    values.update(overrides or {})
    if unknown := sorted(set(values) - set(known)):
        raise ConfigError(f"unknown setting: {', '.join('GATEWAY_' + name.upper() for name in unknown)}")
    typed = {name: _typed(name, value, type(known[name].default)) for name, value in values.items()}
    return _completed(Settings(**typed))


def _file_values(path: str) -> dict[str, Any]:
    try:
        with open(path, "rb") as file:
            content = tomllib.load(file)
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise ConfigError(f"GATEWAY_CONFIG: {path}: {error}") from error
    return {key.lower().removeprefix("gateway_"): value for key, value in content.items()}


def _typed(name: str, value: Any, kind: type) -> Any:
    if isinstance(value, kind) and not (kind is int and isinstance(value, bool)):
        return value
    if kind is str and isinstance(value, dict):
        return json.dumps(value)  # a table of the file
    text = str(value).strip()
    if kind is bool and text.lower() in _TRUE | _FALSE:
        return text.lower() in _TRUE
    if kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            pass
    if kind is str:
        return text
    raise ConfigError(f"GATEWAY_{name.upper()}: expected {kind.__name__}, got {text!r}")


def _completed(raw: Settings) -> Settings:
    values = {f.name: getattr(raw, f.name) for f in fields(Settings)}
    data_dir = Path(raw.data_dir).resolve()
    values["data_dir"] = str(data_dir)
    values["database_url"] = raw.database_url.replace("{data_dir}", str(data_dir)) or f"sqlite:///{data_dir}/gateway.db"
    values["recordings_dir"] = str(
        Path(raw.recordings_dir.replace("{data_dir}", str(data_dir)) or data_dir / "recordings").resolve()
    )
    values["cdr_dir"] = str(Path(raw.cdr_dir).resolve()) if raw.cdr_dir else ""
    values["public_url"] = (raw.public_url or f"http://{raw.listen}").rstrip("/")
    values["log_level"] = raw.log_level.upper()
    settings = Settings(**values)
    _check(settings)
    return settings


def _check(settings: Settings) -> None:
    try:
        settings.listen_address  # noqa: B018
    except ValueError as error:
        raise ConfigError(f"GATEWAY_LISTEN: expected host:port, got {settings.listen!r}") from error
    if settings.media_fetch not in ("gateway", "switch"):
        raise ConfigError(f"GATEWAY_MEDIA_FETCH: expected gateway or switch, got {settings.media_fetch!r}")
    ids = [node.id for node in settings.node_list]
    if not ids or len(ids) != len(set(ids)):
        raise ConfigError("GATEWAY_NODES: at least one node, and each id once")
    for name in (
        "reply_timeout_s", "job_timeout_s", "join_timeout_s", "reconcile_interval_s", "lease_s", "webhook_timeout_s",
        "webhook_in_flight", "webhook_keep_s", "recording_keep_s", "recording_link_s", "billing_keep_s",
        "billing_first_s", "billing_next_s", "inbound_wait_s", "digits_match_timeout_ms", "max_body_bytes",
        "speech_timeout_s", "speech_cache_bytes", "transcription_timeout_s", "transcription_max_bytes",
    ):  # fmt: skip
        if not 0 < getattr(settings, name) < math.inf:  # nan is neither
            raise ConfigError(f"GATEWAY_{name.upper()}: must be above 0")
    if not 0 <= settings.rate_limit_per_s < math.inf:
        raise ConfigError("GATEWAY_RATE_LIMIT_PER_S: must not be below 0; 0 is no limit")
    words = (("log_level", LOG_LEVELS), ("speech_engine", SPEECH_ENGINES), ("transcription", TRANSCRIPTIONS))
    for name, known in words:
        if getattr(settings, name) not in known:
            raise ConfigError(f"GATEWAY_{name.upper()}: expected one of {', '.join(known)}")
    _check_speech(settings)
    for entry in settings.allowed_address_list:
        if not _is_network(entry) and (not _HOST_NAME.fullmatch(entry) or entry.rpartition(".")[2].isdigit()):
            raise ConfigError(
                f"GATEWAY_ALLOWED_ADDRESSES: {entry!r} is no network (10.1.0.0/16), address, host name or *.suffix"
            )


def _is_network(entry: str) -> bool:
    try:
        ip_network(entry, strict=False)
    except ValueError:
        return False
    return True


def _check_speech(settings: Settings) -> None:
    if not _TTS_MODULE.fullmatch(settings.speech_switch_module):
        raise ConfigError("GATEWAY_SPEECH_SWITCH_MODULE: expected a TTS module such as flite, and not tts_commandline")
    for row in settings.voice_list:
        if (row.engine or settings.speech_engine) == "switch" and not _TTS_VOICE.fullmatch(row.voice):
            raise ConfigError(f"GATEWAY_VOICES: {row.name}: of the engine switch, voice has letters, digits, - and _")
    for name, value, needed in (
        ("speech_engine", "openai", "speech_url"),
        ("speech_engine", "command", "speech_command"),
        ("transcription", "openai", "transcription_url"),
    ):
        if getattr(settings, name) == value and not getattr(settings, needed):
            raise ConfigError(f"GATEWAY_{name.upper()}={value} needs GATEWAY_{needed.upper()}")
    urls = ("speech_url", "transcription_url", "transcription_hybrid_url", "transcription_manual_url", "hold_music")
    for name in urls:
        if (url := getattr(settings, name)) and not _is_http_url(url):
            raise ConfigError(f"GATEWAY_{name.upper()}: expected http://… or https://…")
    for name in ("speech_parallel", "transcription_parallel", "transcription_rate_per_min"):
        if not 0 <= getattr(settings, name) < math.inf:
            raise ConfigError(f"GATEWAY_{name.upper()}: must not be below 0")


def _is_http_url(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return parts.scheme in ("http", "https") and bool(parts.hostname)
    except ValueError:
        return False
