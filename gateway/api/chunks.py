"""A chunked body, read strictly line by line: in, the connection's bytes; out, the data and nothing else.

pywsgi reads what stands around the data byte by byte, and as much of it as is sent.
"""

import re
from typing import Any

from gevent.pywsgi import Input, _InvalidClientInput

from gateway.api.http_lines import MAX_LINE_BYTES
from gateway.time_limits import give_way

MAX_FRAMING_BYTES = 65_536  # of one body: sizes, extensions, line ends, trailers; a chunk of 8 KiB has 8 of them
TURN_BYTES = 4096  # of framing; then others have their turn
PIECE_BYTES = 65_536  # at once: the size of a chunk is only what the client says
_SIZE = re.compile(rb"([0-9A-Fa-f]{1,16})(?:;[^\r\n]*)?\r\n")
_TRAILER = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+:[^\r\n]*\r\n")


class Chunks(Input):  # type: ignore[misc]
    """After any fault in it nobody knows where the next request begins: nothing more is read, the connection ends."""

    chunk_length: int
    _chunked_input_error: bool

    def __init__(self, rfile: Any, socket: Any) -> None:
        super().__init__(rfile, None, socket, chunked_input=True)
        self._left = 0  # of this chunk
        self._framing_bytes = 0

    def _chunked_read(self, length: int | None = None, use_readline: bool = False) -> bytes:
        """In the words of Input: `position` is how much data was read, `chunk_length` is 0 behind the last chunk."""
        if self._chunked_input_error:
            raise _InvalidClientInput("a chunked body that is broken")
        try:
            self._send_100_continue()
            return self._read_data(length, use_readline)
        except (OSError, ValueError):
            self._chunked_input_error = True
            raise

    def _read_data(self, length: int | None, one_line: bool) -> bytes:
        pieces: list[bytes] = []
        read = self.rfile.readline if one_line else self.rfile.read
        while length != 0 and (self._left or self._next_chunk()):
            data = read(min(self._left, PIECE_BYTES, length or PIECE_BYTES))
            if not data:
                raise _InvalidClientInput("a chunked body that is cut off")
            pieces.append(data)
            self.position += len(data)
            self._left -= len(data)
            if not self._left and self._line() != b"\r\n":
                raise _InvalidClientInput("a chunk that is longer than it says")
            if length is not None:
                length -= len(data)
            if one_line and data.endswith(b"\n"):
                break
        return b"".join(pieces)

    def _next_chunk(self) -> bool:
        """False behind the last one, whose trailers nobody wants."""
        if self.chunk_length == 0:
            return False
        size = _SIZE.fullmatch(self._line())
        if size is None:
            raise _InvalidClientInput("a chunk without a proper size")
        self._left = self.chunk_length = int(size[1], 16)
        if self._left:
            return True
        while (line := self._line()) != b"\r\n":
            if not _TRAILER.fullmatch(line):
                raise _InvalidClientInput("a trailer that is none")
        return False

    def _line(self) -> bytes:
        line: bytes = self.rfile.readline(MAX_LINE_BYTES)
        before, self._framing_bytes = self._framing_bytes, self._framing_bytes + len(line)
        if self._framing_bytes > MAX_FRAMING_BYTES:
            raise _InvalidClientInput("a chunked body with too much around its data")
        if before // TURN_BYTES != self._framing_bytes // TURN_BYTES:
            give_way()
        return line
