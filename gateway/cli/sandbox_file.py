"""What a running sandbox tells commands in other terminals. In: its data directory. Out: addresses, id and key."""

import os
from dataclasses import asdict, dataclass
from pathlib import Path

import orjson

from gateway.config import NodeSettings
from gateway.errors import NotFound

NODE_ID = "acW68"
NUMBER = "+15551230002"
APP_NAME = "demo"


@dataclass(frozen=True)
class SandboxFile:
    """Kept in `sandbox.json`, for the owner's eyes only: the demo app's key is in it."""

    app_id: str
    api_key: str
    switch_host: str = "127.0.0.1"
    switch_port: int = 0
    switch_password: str = ""

    @property
    def node(self) -> NodeSettings:
        return NodeSettings(NODE_ID, self.switch_host, self.switch_port, self.switch_password)


def _path(data_dir: Path) -> Path:
    return data_dir / "sandbox.json"


def save(data_dir: Path, content: SandboxFile) -> None:
    """Written beside and renamed: a command in another terminal never reads half of it."""
    beside = _path(data_dir).with_suffix(".new")
    beside.unlink(missing_ok=True)
    with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(orjson.dumps(asdict(content), option=orjson.OPT_INDENT_2))
    beside.replace(_path(data_dir))


def kept(data_dir: Path) -> SandboxFile | None:
    """None when there was no sandbox here, or what it left cannot be read."""
    try:
        return SandboxFile(**orjson.loads(_path(data_dir).read_bytes()))
    except (OSError, orjson.JSONDecodeError, TypeError):
        return None


def running(data_dir: Path) -> SandboxFile:
    """Raises NotFound where no sandbox was started."""
    content = kept(data_dir)
    if content is None:
        raise NotFound(f"no sandbox runs with its data in {data_dir}: start `gateway sandbox` in another terminal")
    return content
