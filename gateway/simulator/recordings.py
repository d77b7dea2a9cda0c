"""Recording to a file on disk: silence of the right length, pauses left out; for rooms and for single calls."""

import os
import struct
import time
import wave
from dataclasses import dataclass, field

from gateway.simulator.sounds import RATE

# MPEG-1 layer III, 32 kbit/s, 32 kHz, mono, no sound: 144 bytes for 36 ms
_MP3_FRAME = b"\xff\xfb\x18\xc4" + bytes(140)
_MP3_FRAME_S = 0.036
_MP3_TAIL_S = 0.42  # what mod_shout's encoder adds


FORMATS = frozenset({"wav", "mp3", "sln", "raw", "ul", "al", "gsm", "ogg", "opus"})


class RecordingRefused(Exception):
    """The file cannot be written."""


@dataclass(frozen=True)
class Written:
    samples: int
    milliseconds: int
    size: int


class FileRecorder:
    """Opens the file at once, as the switch does; its contents are written when it stops."""

    def __init__(self, path: str) -> None:
        if not path.startswith("/") or path.rsplit(".", 1)[-1].lower() not in FORMATS:
            raise RecordingRefused(path)
        self.path = path
        self._elapsed_s = 0.0
        self._since: float | None = time.monotonic()
        try:
            os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
            with open(path, "wb"):
                pass
        except OSError as e:
            raise RecordingRefused(path) from e

    @property
    def paused(self) -> bool:
        return self._since is None

    def pause(self) -> None:
        if self._since is not None:
            self._elapsed_s += time.monotonic() - self._since
            self._since = None

    def resume(self) -> None:
        if self._since is None:
            self._since = time.monotonic()

    def stop(self) -> Written:
        self.pause()
        samples = int(self._elapsed_s * RATE) // 160 * 160
        try:
            size = _write_mp3(self.path, samples) if self.path.endswith(".mp3") else _write_wav(self.path, samples)
        except OSError:
            size = 0  # the folder went away meanwhile: the events come all the same
        return Written(samples, samples * 1000 // RATE, size)


@dataclass(eq=False)
class RoomRecording:
    """Listed among the members, without id and uuid."""

    path: str
    recorder: FileRecorder
    seat: int
    automatic: bool = False
    started_epoch: int = field(default_factory=lambda: int(time.time()))


def _write_wav(path: str, samples: int) -> int:
    with open(path, "wb") as file:
        with wave.open(file, "wb") as out:
            out.setnchannels(1)
            out.setsampwidth(2)
            out.setframerate(RATE)
        length = samples * 2
        file.seek(4)
        file.write(struct.pack("<I", 36 + length))
        file.seek(40)
        file.write(struct.pack("<I", length))
        file.truncate(44 + length)  # zeros: silence that takes no room on the disk
        return 44 + length


def _write_mp3(path: str, samples: int) -> int:
    frames = int((samples / RATE + _MP3_TAIL_S) / _MP3_FRAME_S)
    with open(path, "wb") as file:
        return file.write(_MP3_FRAME * frames)
