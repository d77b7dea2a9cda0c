"""Sound for live tests: tones and spoken words as packets, and how loud a frequency is in a recording."""

import math
import struct
import subprocess
import wave
from array import array
from collections.abc import Iterable
from pathlib import Path

from tests.live.sipp_sound import KEYS, PCMU, SAMPLES, Packet

RATE_HZ = 8000
_LOUD = 8000


def tone(hz: float, seconds: float) -> list[Packet]:
    return packets(array("h", (round(_LOUD * math.sin(math.tau * hz * at / RATE_HZ)) for at in range(_count(seconds)))))


def silence(seconds: float) -> list[Packet]:
    return packets(array("h", bytes(2 * _count(seconds))))


def spoken(text: str, folder: Path) -> list[Packet]:
    """By flite, at the rate of a phone."""
    file = folder / "spoken.wav"
    subprocess.run(["flite", "-voice", "slt", "-t", text, "-o", str(file)], check=True, capture_output=True)
    with wave.open(str(file), "rb") as sound:
        samples, rate = array("h", sound.readframes(sound.getnframes())), sound.getframerate()
    step = rate / RATE_HZ
    count = int(len(samples) / step)
    # The mean of what falls into one sample: enough of a filter for speech.
    return packets(array("h", (_mean(samples, int(at * step), int((at + 1) * step)) for at in range(count))))


def packets(samples: "array[int]") -> list[Packet]:
    whole = samples[: len(samples) // SAMPLES * SAMPLES]
    coded = bytes(map(_mu_law, whole))
    return [Packet(PCMU, coded[at : at + SAMPLES], first=at == 0) for at in range(0, len(coded), SAMPLES)]


def keys_of(packets: Iterable[bytes]) -> list[tuple[str, int, int]]:
    """The keys in RTP packets of telephone events (RFC 2833): (key, its length, the gap before it), in ms.

    The first gap is 0.
    """
    lengths: dict[int, tuple[str, int]] = {}
    for data in packets:
        began, (event, _, length) = struct.unpack("!I", data[4:8])[0], struct.unpack("!BBH", data[12:16])
        lengths[began] = KEYS[event], max(length, lengths.get(began, ("", 0))[1])
    found, before = [], 0
    for began, (key, length) in sorted(lengths.items()):
        found.append((key, length // 8, (began - before) // 8 if before else 0))
        before = began + length
    return found


def samples_of(path: Path) -> "array[int]":
    with wave.open(str(path), "rb") as sound:
        assert (sound.getnchannels(), sound.getsampwidth()) == (1, 2)
        return array("h", sound.readframes(sound.getnframes()))


def of_phone(heard: bytes | bytearray) -> "array[int]":
    """What a phone was sent."""
    return array("h", (_linear(code) for code in heard))


def share_of(samples: "array[int]", hz: float, rate_hz: int = RATE_HZ) -> float:
    """The part of the sound's energy at this frequency, by Goertzel, over windows of 100 ms."""
    window = rate_hz // 10
    energy = found = 0.0
    for at in range(0, len(samples) - window, window):
        piece = samples[at : at + window]
        energy += sum(value * value for value in piece) * window / 2
        found += _goertzel(piece, hz, rate_hz)
    return found / energy if energy else 0.0


def _goertzel(samples: "array[int]", hz: float, rate_hz: int) -> float:
    factor = 2 * math.cos(math.tau * hz / rate_hz)
    before = last = 0.0
    for value in samples:
        before, last = last, value + factor * last - before
    return before * before + last * last - factor * before * last


def _mean(samples: "array[int]", start: int, end: int) -> int:
    part = samples[start : max(end, start + 1)]
    return sum(part) // len(part)


def _count(seconds: float) -> int:
    return round(RATE_HZ * seconds)


def _mu_law(value: int) -> int:
    """G.711."""
    sign = 0x80 if value < 0 else 0
    magnitude = min(abs(value), 32_635) + 132
    exponent = magnitude.bit_length() - 8
    return ~(sign | exponent << 4 | magnitude >> exponent + 3 & 0x0F) & 0xFF


def _linear(code: int) -> int:
    """G.711."""
    code = ~code & 0xFF
    magnitude = (((code & 0x0F) << 3) + 132 << (code >> 4 & 0x07)) - 132
    return -magnitude if code & 0x80 else magnitude
