"""A request's header lines, read strictly: bytes in, names and values out; ValueError (400, 431) for what is not HTTP.

pywsgi reads them with the parser for e-mail, which takes 25 µs a request and folded lines, too.
"""

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Protocol

MAX_LINE_BYTES = 8192
MAX_LINES = 100
MAX_HEAD_BYTES = 65_536  # of all its lines: every connection may hold as much before anybody has said who he is
_NAME = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_ONCE = frozenset({"content-length", "transfer-encoding", "host"})  # twice would let two readers see two requests


class Lines(Protocol):
    def readline(self, size: int, /) -> bytes: ...


class HeadTooLarge(ValueError):
    """Answered 431."""


@lru_cache(maxsize=256)
def _name(raw: bytes) -> str:
    if not _NAME.fullmatch(raw):
        raise ValueError("a header line without a proper name")
    return raw.decode("ascii").lower()


@lru_cache(maxsize=256)
def _environ_name(name: str) -> str:
    return "HTTP_" + name.replace("-", "_").upper()


def _unfinished(line: bytes) -> ValueError:
    return (
        HeadTooLarge("a header line too long") if len(line) == MAX_LINE_BYTES else ValueError("a head that is cut off")
    )


class Headers:
    """What pywsgi asks of a request's headers."""

    status = ""

    def __init__(self, lines: Lines) -> None:
        self._values: dict[str, str] = {}
        left_bytes = MAX_HEAD_BYTES
        for _ in range(MAX_LINES + 1):
            line = lines.readline(MAX_LINE_BYTES)
            left_bytes -= len(line)
            if line in (b"\r\n", b"\n"):
                self._check_framing()
                return
            if left_bytes < 0:
                raise HeadTooLarge("too much of a head")
            if not line.endswith(b"\n"):
                raise _unfinished(line)
            self._take(line)
        raise HeadTooLarge("too many header lines")

    def _take(self, line: bytes) -> None:
        raw_name, colon, raw = line.partition(b":")
        value = raw.strip(b" \t\r\n")
        if not colon or b"\r" in value or b"\0" in value:
            raise ValueError("a header line that is none")
        name = _name(raw_name)
        if name not in self._values:
            self._values[name] = value.decode("latin-1")
        elif name in _ONCE:
            raise ValueError(f"{name} is given twice")
        else:
            self._values[name] += ("; " if name == "cookie" else ",") + value.decode("latin-1")

    def _check_framing(self) -> None:
        """Where the body ends must be beyond doubt."""
        if "transfer-encoding" in self._values and "content-length" in self._values:
            raise ValueError("Content-Length and Transfer-Encoding: two ends of one body")
        length, coding = self._values.get("content-length", "0"), self._values.get("transfer-encoding", "chunked")
        if not (length.isascii() and length.isdecimal()) or coding.lower() != "chunked":
            raise ValueError("Content-Length is no number, or Transfer-Encoding is not chunked")

    def get(self, name: str, default: str | None = None) -> str | None:
        return self._values.get(name.lower(), default)

    getheader = get

    def __delitem__(self, name: str) -> None:
        del self._values[name.lower()]

    @property
    def typeheader(self) -> str | None:
        return self._values.get("content-type")

    def environ(self) -> Iterator[tuple[str, str]]:
        """For WSGI. A name with an underscore could pass for another: left out, as pywsgi does."""
        for name, value in self._values.items():
            if name not in ("content-type", "content-length") and "_" not in name:
                yield _environ_name(name), value
