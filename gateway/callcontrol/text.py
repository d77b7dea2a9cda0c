"""Bytes of an answer as text. In: the body as it came. Out: text without BOM, or a fault of size or encoding."""

import codecs
import re
from typing import Final

from gateway.errors import DocumentError

MAX_DOCUMENT_BYTES: Final = 1_048_576

_DECLARED = re.compile(rb"""\s*<\?xml\b[^>]{0,200}?\sencoding\s*=\s*["']([A-Za-z0-9._-]{1,40})["']""")
# Expat would ask Python for any codec; these are the ones that answers are written in.
_ENCODINGS = {
    "utf-8": "utf-8",
    "utf8": "utf-8",
    "us-ascii": "utf-8",
    "ascii": "utf-8",
    "iso-8859-1": "iso-8859-1",
    "latin1": "iso-8859-1",
    "windows-1252": "windows-1252",
}


def decoded(body: bytes) -> str:
    if len(body) > MAX_DOCUMENT_BYTES:
        raise DocumentError(f"the answer is longer than {MAX_DOCUMENT_BYTES} bytes")
    encoding, skip = _encoding(body)
    try:
        return body[skip:].decode(encoding)
    except UnicodeDecodeError as fault:
        raise DocumentError(f"the answer is not {encoding}: wrong byte at position {skip + fault.start}") from None


def _encoding(body: bytes) -> tuple[str, int]:
    """The codec, and the length of the byte order mark. Two bytes of UTF-16 show themselves by their zero."""
    if body.startswith(codecs.BOM_UTF8):
        return "utf-8", 3
    if body.startswith((codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)):
        raise DocumentError("the answer is UTF-32; use UTF-8")
    if body.startswith(codecs.BOM_UTF16_LE) or body[1:2] == b"\0" != body[:1]:
        return "utf-16-le", 2 * body.startswith(codecs.BOM_UTF16_LE)
    if body.startswith(codecs.BOM_UTF16_BE) or body[:1] == b"\0" != body[1:2]:
        return "utf-16-be", 2 * body.startswith(codecs.BOM_UTF16_BE)
    declared = _DECLARED.match(body)
    name = declared[1].decode("ascii") if declared else "utf-8"
    if name.lower() not in _ENCODINGS:
        raise DocumentError(f"the encoding {name} is not supported here; use UTF-8")
    return _ENCODINGS[name.lower()], 0
