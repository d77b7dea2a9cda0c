"""Frames of an MPEG layer III file, pure. In: its bytes. Out: where each frame is and how long it sounds.

Frames are found and counted, never decoded: enough to measure a file, and to cut it between two of them.
"""

from collections.abc import Iterator
from dataclasses import dataclass

_V1_KBPS = (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320)
_V2_KBPS = (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160)
_RATES_HZ = {3: (44_100, 48_000, 32_000), 2: (22_050, 24_000, 16_000), 0: (11_025, 12_000, 8_000)}
_MPEG_1 = 3
_LAYER_III = 1
_ID3_HEAD = 10


@dataclass(frozen=True, slots=True)
class Frame:
    at: int
    size: int
    samples: int
    rate_hz: int


def frames(content: bytes) -> Iterator[Frame]:
    """In order; what lies between frames (a tag, a torn end) is stepped over."""
    at, end = _behind_tag(content), len(content)
    while at + 4 <= end:
        frame = _frame(content, at)
        if frame is None:
            at = content.find(b"\xff", at + 1)
            if at < 0:
                return
        elif at + frame.size > end:
            return  # cut off
        else:
            yield frame
            at += frame.size


def duration_ms(content: bytes) -> int:
    """0 for what has no frame."""
    samples, rate_hz = 0, 1
    for frame in frames(content):
        samples, rate_hz = samples + frame.samples, frame.rate_hz
    return samples * 1000 // rate_hz


def cut(content: bytes, start_ms: int, end_ms: int) -> bytes:
    """The frames that sound between two times; one more in front, for a frame may borrow bits of the one before."""
    kept, samples = bytearray(), 0
    for frame in frames(content):
        first_ms = samples * 1000 // frame.rate_hz
        samples += frame.samples
        length_ms = frame.samples * 1000 // frame.rate_hz
        if first_ms + 2 * length_ms > start_ms and first_ms < end_ms:
            kept += content[frame.at : frame.at + frame.size]
    return bytes(kept)


def first_frame(head: bytes) -> Frame | None:
    """Of the beginning of a file."""
    return next(frames(head), None)


def is_frame(head: bytes, like: Frame) -> bool:
    """Whether these four bytes begin a frame as long as that one."""
    found = _frame(head, 0) if len(head) >= 4 else None
    return found is not None and (found.size, found.samples, found.rate_hz) == (like.size, like.samples, like.rate_hz)


def _behind_tag(content: bytes) -> int:
    if content[:3] != b"ID3" or len(content) < _ID3_HEAD:
        return 0
    size = 0
    for byte in content[6:10]:
        size = size << 7 | byte & 0x7F
    return _ID3_HEAD + size


def _frame(content: bytes, at: int) -> Frame | None:
    first, second, third = content[at], content[at + 1], content[at + 2]
    version, layer = second >> 3 & 3, second >> 1 & 3
    bitrate, rate = third >> 4, third >> 2 & 3
    if first != 0xFF or second & 0xE0 != 0xE0 or version == 1 or layer != _LAYER_III or rate == 3:
        return None
    if not 0 < bitrate < 15:
        return None
    kbps = (_V1_KBPS if version == _MPEG_1 else _V2_KBPS)[bitrate]
    rate_hz = _RATES_HZ[version][rate]
    samples = 1152 if version == _MPEG_1 else 576
    return Frame(at, samples // 8 * kbps * 1000 // rate_hz + (third >> 1 & 1), samples, rate_hz)
