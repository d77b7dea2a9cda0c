"""Connections to servers that may mean harm. In: what urllib3 asks of a pool. Out: answers whose lines have an end.

http.client skips any number of interim answers and trailers. From a server that sends faster than it is read no time
limit can end that: a socket that is never empty never waits, and then nobody else has a turn.
"""

import io
from http.client import HTTPException, HTTPResponse
from typing import Any

from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection

MAX_LINES_BYTES = 65_536  # of all that stands before, between and behind pieces of a body
_LEAST_LINE_BYTES = 64  # that each line counts for: reading an empty one costs time, too


class _Stream(io.BufferedReader):
    """Lines are what http.client reads in loops; with each piece of a body they may begin anew."""

    _left_bytes = MAX_LINES_BYTES

    def readline(self, size: int | None = -1, /) -> bytes:
        line = super().readline(size)
        self._left_bytes -= max(len(line), _LEAST_LINE_BYTES)
        if self._left_bytes < 0:
            raise HTTPException(f"more than {MAX_LINES_BYTES} bytes of lines")
        return line

    def read1(self, size: int = -1, /) -> bytes:
        self._left_bytes = MAX_LINES_BYTES
        return super().read1(size)


class _Response(HTTPResponse):
    def __init__(self, sock: Any, *args: Any, **options: Any) -> None:
        super().__init__(sock, *args, **options)
        self.fp = _Stream(self.fp.detach())


class _PlainConnection(HTTPConnection):
    response_class = _Response


class _TlsConnection(HTTPSConnection):
    response_class = _Response


class PlainPool(HTTPConnectionPool):
    ConnectionCls = _PlainConnection


class TlsPool(HTTPSConnectionPool):
    ConnectionCls = _TlsConnection
