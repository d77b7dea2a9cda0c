"""Signed URLs for files of ours. In: a file's id. Out: a URL ending in .wav or .mp3, and the file behind one.

No query: a dot or slash in a query breaks the file type in the switch. The URL stays the same within a bucket
of time, so that the switch's own cache knows it again.
"""

import hashlib
import hmac
import os
import re
import secrets
from collections.abc import Sequence
from pathlib import Path

from gateway.domain.clock import Clock
from gateway.errors import ConfigError, Forbidden, NotFound

_NAME = re.compile(r"(?P<id>[A-Za-z0-9_-]{1,64})\.(?P<exp>[0-9]{1,12})\.(?P<sig>[0-9a-f]{32})\.(?P<ext>wav|mp3)")
_UPLOAD = re.compile(r"(?P<id>[0-9a-f]{32})\.(?P<exp>[0-9]{1,12})\.(?P<sig>[0-9a-f]{32})\.wav")
_FILE_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
_EXTENSIONS = ("wav", "mp3")
_KEY_BYTES = 32
_BUCKET_S = 3600
DEFAULT_TTL_S = 3600


def load_or_create_key(path: Path) -> bytes:
    """The secret in `path`, made on first use with mode 0600; of two processes at it, one wins whole."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists():
        made = path.with_name(f"{path.name}.{secrets.token_hex(8)}")
        with open(os.open(made, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w", encoding="ascii") as file:
            file.write(secrets.token_hex(_KEY_BYTES))
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(made, path)
        except FileExistsError:
            pass
        finally:
            made.unlink()
    try:
        key = bytes.fromhex(path.read_text(encoding="ascii"))
    except (OSError, ValueError) as error:
        raise ConfigError(f"{path}: cannot be read as the key of signed links") from error
    if len(key) != _KEY_BYTES:
        raise ConfigError(f"{path}: must hold {_KEY_BYTES} bytes in hex; remove it to have a new one made")
    return key


def invalid_link() -> Forbidden:
    return Forbidden("this link is not valid", "media-link-invalid")


class SignedLinks:
    """`directories` are where `{file_id}.{extension}` is looked for, in this order."""

    def __init__(
        self,
        secret: bytes,
        public_url: str,
        clock: Clock,
        directories: Sequence[Path] = (),
    ) -> None:
        self._secret = secret
        self._public_url = public_url.rstrip("/")
        self._clock = clock
        self._directories = tuple(directories)

    def url_for(self, file_id: str, extension: str, ttl_s: int = DEFAULT_TTL_S) -> str:
        """Valid for `ttl_s` at least and one bucket longer at most."""
        if not _FILE_ID.fullmatch(file_id) or extension not in _EXTENSIONS:
            raise ValueError(f"no link can be made for {file_id!r}.{extension!r}")
        bucket_end_s = (self._now_s() // _BUCKET_S + 1) * _BUCKET_S
        expires = str(bucket_end_s + ttl_s)
        signature = self._signature(file_id, expires, extension)
        return f"{self._public_url}/media/{file_id}.{expires}.{signature}.{extension}"

    def resolve(self, path_part: str) -> Path:
        """The file behind the last part of a link's path; NotFound when it has been swept.

        Forbidden when the link was not made here or is over.
        """
        file_id, extension = self._opened(path_part)
        for directory in self._directories:
            path = directory / f"{file_id}.{extension}"
            if path.is_file():
                return path
        raise NotFound("this file is gone", "media-not-found")

    def _opened(self, path_part: str) -> tuple[str, str]:
        match = _NAME.fullmatch(path_part)
        if match is None:
            raise invalid_link()
        expected = self._signature(match["id"], match["exp"], match["ext"])
        if not hmac.compare_digest(expected, match["sig"]):
            raise invalid_link()
        if int(match["exp"]) <= self._now_s():
            raise Forbidden("this link has expired", "media-link-expired")
        return match["id"], match["ext"]

    def upload_url(self, upload_id: str, limit_s: int) -> str:
        """Where a switch may PUT one file, `limit_s` seconds long."""
        expires = str(self._now_s() + limit_s)
        signature = self._signature(upload_id, expires, "wav", "upload")
        return f"{self._public_url}/media/speech/{upload_id}.{expires}.{signature}.wav"

    def uploaded_id(self, path_part: str) -> str:
        """The id in an upload link; Forbidden, always the same, when it was not made here or is over."""
        match = _UPLOAD.fullmatch(path_part)
        if match is None:
            raise invalid_link()
        expected = self._signature(match["id"], match["exp"], "wav", "upload")
        if not hmac.compare_digest(expected, match["sig"]) or int(match["exp"]) <= self._now_s():
            raise invalid_link()
        return match["id"]

    def _signature(self, file_id: str, expires: str, extension: str, use: str = "media") -> str:
        text = f"{use}.{file_id}.{expires}.{extension}"
        return hmac.new(self._secret, text.encode(), hashlib.sha256).hexdigest()[:32]

    def _now_s(self) -> int:
        return self._clock.now_ms() // 1000
