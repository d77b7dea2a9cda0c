"""What a WAVE file holds, pure. In: its bytes. Out: its facts, and bytes with true sizes; else ValueError."""

import struct
from dataclasses import dataclass

_PCM, _FLOAT, _ALAW, _ULAW, _EXTENSIBLE = 1, 3, 6, 7, 0xFFFE
_FORMATS = frozenset({_PCM, _FLOAT, _ALAW, _ULAW, _EXTENSIBLE})
_RIFF_HEAD = struct.Struct("<4sI4s")
_CHUNK_HEAD = struct.Struct("<4sI")
_FORMAT = struct.Struct("<HHIIHH")


@dataclass(frozen=True)
class Wav:
    """`data_at` is where the samples begin; `data_bytes` what is really there."""

    rate_hz: int
    channels: int
    bytes_per_s: int
    data_at: int
    data_bytes: int

    @property
    def duration_s(self) -> float:
        return self.data_bytes / self.bytes_per_s


def read_wav(content: bytes, whole_bytes: int = 0) -> Wav:
    """`content` may be the head of a file of `whole_bytes`; ValueError says what is wrong with it."""
    whole_bytes = whole_bytes or len(content)
    if len(content) < _RIFF_HEAD.size or content[:4] != b"RIFF" or content[8:12] != b"WAVE":
        raise ValueError("not a RIFF/WAVE file")
    form: tuple[int, ...] | None = None
    at = _RIFF_HEAD.size
    while at + _CHUNK_HEAD.size <= len(content):
        name, size = _CHUNK_HEAD.unpack_from(content, at)
        at += _CHUNK_HEAD.size
        if name == b"data":
            return _facts(form, at, min(size, whole_bytes - at))
        if name == b"fmt " and size >= _FORMAT.size and at + _FORMAT.size <= len(content):
            form = _FORMAT.unpack_from(content, at)
        at += size + size % 2
    raise ValueError("a WAVE file without samples")


def _facts(form: tuple[int, ...] | None, data_at: int, data_bytes: int) -> Wav:
    if form is None:
        raise ValueError("a WAVE file without a format")
    kind, channels, rate_hz, bytes_per_s, block_bytes, _bits = form
    if kind not in _FORMATS or not (channels and rate_hz and bytes_per_s and block_bytes):
        raise ValueError("a WAVE file of an unknown format")
    data_bytes -= data_bytes % block_bytes
    if data_bytes <= 0:
        raise ValueError("a WAVE file without samples")
    return Wav(rate_hz, channels, bytes_per_s, data_at, data_bytes)


def mended(content: bytes, wav: Wav) -> bytes:
    """A server that streams writes sizes that it does not know (0xFFFFFFFF); what follows the samples is dropped."""
    head, samples = bytearray(content[: wav.data_at]), content[wav.data_at : wav.data_at + wav.data_bytes]
    if len(samples) % 2:
        samples += b"\0"
    struct.pack_into("<I", head, 4, len(head) - 8 + len(samples))
    struct.pack_into("<I", head, wav.data_at - 4, wav.data_bytes)
    return bytes(head) + samples
