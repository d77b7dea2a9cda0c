"""The cache on disk. In: a finished file and what is known of its URL. Out: both again, also after a restart.

`{file_id}.wav|mp3` is content, named by its hash; `{key}.json` says which content a URL had, and how long.
"""

import json
import logging
import os
import re
import uuid
from collections import OrderedDict
from dataclasses import asdict, dataclass
from pathlib import Path

from gateway.domain.clock import Clock
from gateway.errors import MediaError
from gateway.media.freshness import Validators

log = logging.getLogger(__name__)
_CONTENT = re.compile(r"[0-9a-f]{40}\.(wav|mp3)")
_SIDECAR = re.compile(r"[0-9a-f]{40}\.json")
_STALE_PART_MS = 3_600_000


@dataclass(frozen=True)
class Entry:
    """What one URL gave when it was last asked; the URL itself is not kept, it may hold a token."""

    file: str  # {file_id}.{extension}
    size_bytes: int
    fresh_until_ms: int
    fresh_for_s: int
    etag: str = ""
    last_modified: str = ""

    @property
    def checked_ms(self) -> int:
        """When it was last fetched, or found to be unchanged."""
        return self.fresh_until_ms - 1000 * self.fresh_for_s

    @property
    def validators(self) -> Validators:
        return Validators(self.etag, self.last_modified)


@dataclass(frozen=True)
class _Content:
    size_bytes: int
    used_at_ms: int


class Shelf:
    """Least recently used goes first, but nothing handed out within `grace_s`: the switch may be reading.

    What then has no room does not come in.
    """

    def __init__(
        self, directory: Path, clock: Clock, max_bytes: int, max_entries: int = 10_000, grace_s: float = 60.0
    ) -> None:
        self.directory = directory
        self._clock = clock
        self._max_bytes = max_bytes
        self._max_entries = max_entries
        self._grace_ms = int(grace_s * 1000)
        self._entries: OrderedDict[str, Entry] = OrderedDict()
        self._contents: OrderedDict[str, _Content] = OrderedDict()
        self._contents_bytes = 0
        self._parts: dict[Path, int] = {}  # of files that come in, how much has come
        directory.mkdir(parents=True, exist_ok=True)
        self._load()

    @property
    def size_bytes(self) -> int:
        """What is on disk, files that come in included."""
        return self._contents_bytes + sum(self._parts.values())

    def path(self, file: str) -> Path:
        return self.directory / file

    def entry(self, key: str) -> Entry | None:
        """None also when the content is gone or was cut short behind our back."""
        entry = self._entries.get(key)
        if entry is None:
            return None
        if _size(self.path(entry.file)) != entry.size_bytes:
            self._drop_entry(key)
            return None
        self._entries.move_to_end(key)
        return entry

    def put_entry(self, key: str, entry: Entry) -> None:
        self._entries[key] = entry
        self._entries.move_to_end(key)
        part = self.new_part()
        part.write_text(json.dumps(asdict(entry)), encoding="utf-8")
        os.replace(part, self._sidecar(key))
        while len(self._entries) > self._max_entries:
            self._drop_entry(next(iter(self._entries)))

    def new_part(self) -> Path:
        return self.directory / f"{uuid.uuid4().hex}.part"

    def grown(self, part: Path, more_bytes: int) -> None:
        """Asked before they are written. MediaError where the limit would not hold, whatever else could go."""
        self.sweep(more_bytes)
        if self.size_bytes + more_bytes > self._max_bytes:
            log.warning("audio cache: %d bytes are in use, nothing more is fetched now", self.size_bytes)
            raise MediaError("the gateway has no room for more audio now", "media-storage")
        self._parts[part] = self._parts.get(part, 0) + more_bytes

    def drop_part(self, part: Path) -> None:
        """Nothing for one that has become a file."""
        self._parts.pop(part, None)
        part.unlink(missing_ok=True)

    def put_file(self, part: Path, file: str, size_bytes: int) -> None:
        os.replace(part, self.path(file))
        self._parts.pop(part, None)
        self._hold(file, _Content(size_bytes, self._clock.now_ms()))
        self.touch(file)
        self.sweep()

    def touch(self, file: str) -> None:
        """Used now: remembered on disk by the file's own time."""
        now_ms = self._clock.now_ms()
        path = self.path(file)
        try:
            os.utime(path, ns=(now_ms * 1_000_000, now_ms * 1_000_000))
            self._hold(file, _Content(path.stat().st_size, now_ms))
        except FileNotFoundError:
            self._let_go(file)

    def sweep(self, more_bytes: int = 0) -> None:
        """`more_bytes` are to come in."""
        before_ms = self._clock.now_ms() - self._grace_ms
        while self._contents and self.size_bytes + more_bytes > self._max_bytes:
            file, content = next(iter(self._contents.items()))
            if content.used_at_ms > before_ms:
                return
            self.path(file).unlink(missing_ok=True)
            self._let_go(file)

    def _hold(self, file: str, content: _Content) -> None:
        """As the one that was used last."""
        self._let_go(file)
        self._contents[file] = content
        self._contents_bytes += content.size_bytes

    def _let_go(self, file: str) -> None:
        if known := self._contents.pop(file, None):
            self._contents_bytes -= known.size_bytes

    def _load(self) -> None:
        oldest_part_ms = self._clock.now_ms() - _STALE_PART_MS
        found = sorted((_used_at_ms(path), path) for path in self.directory.iterdir() if path.is_file())
        for used_at_ms, path in found:
            if _CONTENT.fullmatch(path.name):
                self._hold(path.name, _Content(path.stat().st_size, used_at_ms))
            elif path.suffix == ".part" and used_at_ms < oldest_part_ms:
                path.unlink(missing_ok=True)
        for _, path in found:
            if _SIDECAR.fullmatch(path.name):
                self._load_entry(path)
        self.sweep()

    def _load_entry(self, path: Path) -> None:
        entry = _read_entry(path)
        if entry is None or _size(self.path(entry.file)) != entry.size_bytes:
            path.unlink(missing_ok=True)
            return
        self._entries[path.stem] = entry

    def _drop_entry(self, key: str) -> None:
        self._entries.pop(key, None)
        self._sidecar(key).unlink(missing_ok=True)

    def _sidecar(self, key: str) -> Path:
        return self.directory / f"{key}.json"


def _read_entry(path: Path) -> Entry | None:
    try:
        entry = Entry(**json.loads(path.read_text(encoding="utf-8")))
        whole = all(type(n) is int for n in (entry.size_bytes, entry.fresh_until_ms, entry.fresh_for_s))
        texts = isinstance(entry.etag, str) and isinstance(entry.last_modified, str)
        if whole and texts and _CONTENT.fullmatch(entry.file):
            return entry
    except (OSError, ValueError, TypeError):
        pass
    log.warning("audio cache: dropped the unreadable %s", path.name)
    return None


def _used_at_ms(path: Path) -> int:
    try:
        return path.stat().st_mtime_ns // 1_000_000
    except FileNotFoundError:
        return 0


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return -1
