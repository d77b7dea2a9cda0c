"""Files that a switch sends here. In: the body of a PUT to a signed link. Out: a file, for the one who waits for it.

Who waits, and what came, stands in a folder: any gateway process on the same media folder may take the upload.
"""

import os
import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from gateway.errors import InvalidInput, TooLarge
from gateway.media.links import SignedLinks, invalid_link
from gateway.time_limits import give_way

_PIECE_BYTES: Final = 65_536
_TURN_BYTES: Final = 1_048_576
_LEFTOVER_S: Final = 86_400  # of a gateway that was killed while it waited


@dataclass(frozen=True)
class Awaited:
    """`path` is there once the upload has come whole."""

    url: str
    path: Path


class Uploads:
    def __init__(self, directory: Path, links: SignedLinks, max_bytes: int) -> None:
        self._directory = directory
        self._links = links
        self._max_bytes = max_bytes

    @contextmanager
    def awaited(self, limit_s: int) -> Iterator[Awaited]:
        """Within it one upload is taken, `limit_s` seconds long."""
        self._directory.mkdir(parents=True, exist_ok=True)
        self._sweep()
        upload_id = secrets.token_hex(16)
        wanted, came = self._wanted(upload_id), self._directory / f"{upload_id}.wav"
        wanted.touch(mode=0o600)
        try:
            yield Awaited(self._links.upload_url(upload_id, limit_s), came)
        finally:
            wanted.unlink(missing_ok=True)
            came.unlink(missing_ok=True)

    def take(self, name: str, read: Callable[[int], bytes]) -> None:
        """`name` is the last part of the link; `read(n)` gives up to n bytes of the body, b'' at its end.

        Forbidden, always the same, for a link that is wrong, over, used, or that nobody waits for (any more).
        """
        upload_id = self._links.uploaded_id(name)
        part = self._directory / f"{upload_id}.part"
        try:
            os.rename(self._wanted(upload_id), part)  # of two that come at once, one wins
        except FileNotFoundError:
            raise invalid_link() from None
        try:
            self._write(part, read)
            os.rename(part, part.with_suffix(".wav"))
        finally:
            part.unlink(missing_ok=True)

    def _write(self, part: Path, read: Callable[[int], bytes]) -> None:
        size_bytes = 0
        with open(part, "wb") as file:
            while piece := _read(read):
                size_bytes += len(piece)
                if size_bytes > self._max_bytes:
                    raise TooLarge(f"The body is larger than {self._max_bytes} bytes")
                file.write(piece)
                if size_bytes // _TURN_BYTES != (size_bytes - len(piece)) // _TURN_BYTES:
                    give_way()  # who sends as fast as it is written is never waited for

    def _wanted(self, upload_id: str) -> Path:
        return self._directory / f"{upload_id}.wanted"

    def _sweep(self) -> None:
        for path in self._directory.iterdir():
            try:
                if path.stat().st_mtime < time.time() - _LEFTOVER_S:
                    path.unlink()
            except FileNotFoundError:
                continue  # another one was faster


def _read(read: Callable[[int], bytes]) -> bytes:
    try:
        return read(_PIECE_BYTES)
    except (OSError, ValueError) as error:
        raise InvalidInput("The body ended before its time") from error
