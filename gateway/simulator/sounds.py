"""What can be played, and for how long: the name of a sound in, its length and parameters out; URLs are fetched."""

import os
import re
import struct
import urllib.error
import urllib.request
from dataclasses import dataclass, field

from gateway.simulator.options import Options

ENDLESS = float("inf")
RATE = 8000
_TONE = re.compile(r"%\((\d+),(\d+)")
_LOOPS = re.compile(r"[;,]loops=(-?\d+)|L=(\d+)")
_MP3_KBITS = (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 0)
_RAW_BYTES_A_SECOND = {"ulaw": 8000, "pcmu": 8000, "alaw": 8000, "pcma": 8000, "gsm": 1650, "r8": 16000, "sln": 16000}
_HEADER_BYTES = 64 * 1024


class SoundMissing(Exception):
    """It cannot be opened: no such file, HTTP error, unknown scheme."""


@dataclass(frozen=True)
class Sound:
    text: str  # as it was asked for, parameters and all
    seconds: float
    loud: bool = True
    params: dict[str, str] = field(default_factory=dict)


def split_params(text: str) -> tuple[dict[str, str], str]:
    """`{a=b,c=d}rest` -> the parameters and the rest."""
    if not text.startswith("{") or "}" not in text:
        return {}, text
    inside, rest = text[1:].split("}", 1)
    return dict(item.partition("=")[::2] for item in inside.split(",") if "=" in item), rest


def open_sound(text: str, options: Options) -> Sound:
    """May wait for a download, so never from within the model."""
    params, name = split_params(text)
    scheme, separator, rest = name.partition("://")
    if not separator:
        seconds, loud = _file_seconds(name), True
    elif scheme in _STREAMS:
        seconds, loud = _STREAMS[scheme](rest)
    elif scheme in ("http", "https"):
        seconds, loud = _url_seconds(name, options), True
    elif scheme == "http_cache":
        seconds, loud = _url_seconds(split_params(rest)[1], options), True
    elif scheme == "file_string":
        sounds = [open_sound(part, options) for part in rest.split("!")]
        seconds, loud = sum(s.seconds for s in sounds), any(s.loud for s in sounds)
    else:
        raise SoundMissing(text)
    return Sound(text, seconds, loud, params)


def is_local(text: str) -> bool:
    """Whether opening it needs no network."""
    return "http" not in split_params(text)[1].partition("://")[0]


def _silence(rest: str) -> tuple[float, bool]:
    number = int(re.match(r"-?\d*", rest)[0] or 0)  # type: ignore[index]
    return (ENDLESS if number < 0 else number / 1000), False


def _tone(rest: str) -> tuple[float, bool]:
    seconds = sum((int(on) + int(off)) / 1000 for on, off in _TONE.findall(rest))
    loops = next((int(a or b) for a, b in _LOOPS.findall(rest)), 1)
    return (ENDLESS if loops < 0 else seconds * max(1, loops)), True


def _endless(rest: str) -> tuple[float, bool]:
    return ENDLESS, True


_STREAMS = {"silence_stream": _silence, "tone_stream": _tone, "local_stream": _endless, "shout": _endless}


def _file_seconds(path: str) -> float:
    try:
        with open(path, "rb") as file:
            head = file.read(_HEADER_BYTES)
        return _seconds(head, os.path.getsize(path), path)
    except OSError as e:
        raise SoundMissing(path) from e


def _url_seconds(url: str, options: Options) -> float:
    try:
        with urllib.request.urlopen(url, timeout=options.fetch_timeout_s) as answer:
            head = answer.read(_HEADER_BYTES)
            size = len(head)
            while size < options.fetch_limit_bytes and (more := len(answer.read(_HEADER_BYTES))):
                size += more
        return _seconds(head, size, url)
    except (urllib.error.URLError, OSError, ValueError) as e:
        raise SoundMissing(url) from e


def _seconds(head: bytes, size: int, name: str) -> float:
    if head[:4] == b"RIFF" and head[8:12] == b"WAVE":
        return _wav_seconds(head, size)
    extension = re.split(r"[?#]", name)[0].rsplit(".", 1)[-1].lower()
    if extension == "mp3" or head[:3] == b"ID3" or _frame_at(head) == 0:
        return _mp3_seconds(head, size)
    if not head:
        raise SoundMissing(name)
    return size / _RAW_BYTES_A_SECOND.get(extension, 16000)


def _wav_seconds(head: bytes, size: int) -> float:
    at, byte_rate = 12, RATE * 2
    while at + 8 <= len(head):
        kind, length = head[at : at + 4], struct.unpack("<I", head[at + 4 : at + 8])[0]
        if kind == b"fmt ":
            byte_rate = struct.unpack("<I", head[at + 16 : at + 20])[0] or byte_rate
        if kind == b"data":  # a recorder that crashed left a length of 0 or of all bits
            return float(min(length or size, size - at - 8)) / byte_rate
        at += 8 + length + (length & 1)
    return max(0, size - 44) / byte_rate


def _frame_at(head: bytes) -> int:
    return next((i for i in range(len(head) - 1) if head[i] == 0xFF and head[i + 1] & 0xE0 == 0xE0), -1)


def _mp3_seconds(head: bytes, size: int) -> float:
    skip = 0
    if head[:3] == b"ID3" and len(head) >= 10:
        skip = 10 + (head[6] << 21 | head[7] << 14 | head[8] << 7 | head[9])
    at = _frame_at(head[skip:])
    kbits = _MP3_KBITS[head[skip + at + 2] >> 4] if at >= 0 and skip + at + 2 < len(head) else 0
    return max(0, size - skip) * 8 / ((kbits or 64) * 1000)


def speech_seconds(text: str) -> float:
    """About how long a synthetic voice needs for a text."""
    return 0.2 + 0.07 * len(text)
