"""The file of a recording, once the switch is done with it: mended, measured, trimmed. In: its path. Out: facts.

What takes long runs in a process of its own or in a thread; the event loop goes on.
"""

import json
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import BinaryIO, TypeVar

import gevent
from gevent.threadpool import ThreadPool

from gateway.errors import MediaError, StoreError
from gateway.media import mp3, sounding_worker
from gateway.media.processes import run
from gateway.media.wav import Wav, read_wav

T = TypeVar("T")
_HEAD_BYTES = 65_536
ENCODER_MS = 300  # a frame for a tag, the encoder's delay, a frame that is not full; it hangs about 500 behind
_TRIM_LIMIT_S = 600.0
_THREADS = 4
_UNKNOWN_SIZE = b"\xff\xff\xff\xff"
_MOST = 2**32 - 1  # that a WAVE header can say


@dataclass(frozen=True)
class Recorded:
    """`duration_ms` None where it was neither asked for nor changed."""

    bytes: int
    duration_ms: int | None


def trim_fault(file_format: str) -> str:
    """Why recordings of this format cannot be trimmed here, naming what is missing; '' when they can."""
    if file_format == "mp3" and find_spec("miniaudio") is None:
        return "trim_silence of mp3 needs miniaudio: pip install 'switch-gateway[transcription]', or record wav"
    return ""


class RecordedFiles:
    """Threads of its own: a disk that hangs holds up recordings, and nothing else (names are resolved in gevent's)."""

    def __init__(self, limit_s: float = 60.0) -> None:
        self._limit_s = limit_s
        self._pool: ThreadPool | None = None

    def finished(self, path: Path, trim: bool, measure: bool, known_ms: int = 0) -> Recorded:
        """`measure`: nobody knows its length, for a crash left it. `known_ms`: how much the switch has recorded.

        What its mp3 encoder hung behind that is cut off. Raises MediaError for a file that is missing or holds no
        sound, and StoreError when the disk does not answer in time.
        """
        try:
            return self._finished(path, trim, measure, known_ms)
        except FileNotFoundError:
            raise MediaError("the file is gone", "recording-file-gone") from None
        except (OSError, ValueError) as error:
            raise MediaError(f"the file cannot be used: {error}", "recording-file-unusable") from error

    def _finished(self, path: Path, trim: bool, measure: bool, known_ms: int) -> Recorded:
        if known_ms and path.suffix == ".mp3" and not trim and not measure:
            self._in_thread(lambda: _shorten(path, known_ms + ENCODER_MS))
        if measure and path.suffix == ".wav":
            self._in_thread(lambda: _mend(path))
        if trim:
            start_ms, end_ms = _sounding(path)
            self._in_thread(lambda: _cut(path, start_ms, end_ms))
        duration_ms = self._in_thread(lambda: _duration_ms(path)) if trim or measure else None
        return Recorded(self._in_thread(lambda: path.stat().st_size), duration_ms)

    def remove(self, path: Path) -> None:
        """A file that is gone already is no error."""
        self._in_thread(lambda: path.unlink(missing_ok=True))

    def _in_thread(self, work: Callable[[], T]) -> T:
        """What `work` raises is raised here; gevent would print it besides."""

        def caught() -> tuple[T | None, Exception | None]:
            try:
                return work(), None
            except Exception as error:  # noqa: BLE001 - raised below
                return None, error

        if self._pool is None:  # an idle pool is false: it has as many tasks as its length
            self._pool = ThreadPool(_THREADS)
        try:
            value, error = self._pool.spawn(caught).get(timeout=self._limit_s)
        except gevent.Timeout:
            raise StoreError(f"the disk of the recordings did not answer within {self._limit_s:g} s") from None
        if error is not None:
            raise error
        result: T = value
        return result


def _facts(file: BinaryIO) -> Wav:
    file.seek(0)
    return read_wav(file.read(_HEAD_BYTES), os.fstat(file.fileno()).st_size)


def _duration_ms(path: Path) -> int:
    if path.suffix == ".wav":
        with open(path, "rb") as file:
            return round(_facts(file).duration_s * 1000)
    found = mp3.duration_ms(path.read_bytes())
    if not found:
        raise ValueError("no sound in it")
    return found


def _mend(path: Path) -> None:
    """After a crash the header says that there is no sound: it is what is there."""
    with open(path, "r+b") as file:
        size = os.fstat(file.fileno()).st_size
        head = file.read(_HEAD_BYTES)
        at = head.find(b"data", 12)
        if at < 0:
            raise ValueError("a WAVE file without samples")
        open_ended = head[: at + 4] + _UNKNOWN_SIZE + head[at + 8 :]
        wav = read_wav(open_ended, size)
        _write_sizes(file, wav.data_at, wav.data_bytes)


def _shorten(path: Path, most_ms: int) -> None:
    """Of a file whose frames all have one size, as the switch writes them; another is left as it is."""
    with open(path, "rb") as file:
        first = mp3.first_frame(file.read(_HEAD_BYTES))
        if first is None:
            return
        end = first.at + -(-most_ms * first.rate_hz // (1000 * first.samples)) * first.size
        file.seek(end)
        if not mp3.is_frame(file.read(4), first):
            return
        file.seek(0)
        with _in_place_of(path) as target:
            _copy(file, target, end)


def _write_sizes(file: BinaryIO, data_at: int, data_bytes: int) -> None:
    file.seek(4)
    file.write(min(data_at - 8 + data_bytes, _MOST).to_bytes(4, "little"))
    file.seek(data_at - 4)
    file.write(min(data_bytes, _MOST).to_bytes(4, "little"))


def _sounding(path: Path) -> tuple[int, int]:
    """Where in it there is sound, from and to, in ms."""
    argv = [sys.executable, "-P", sounding_worker.__file__, str(path.resolve())]
    with TemporaryDirectory(prefix="gateway-trim-") as directory:
        done = run(argv, _TRIM_LIMIT_S, Path(directory))
    if done.code:
        raise ValueError(done.complaint or f"exit code {done.code}")
    found = json.loads(done.output)
    return int(found["start_ms"]), int(found["end_ms"])


def _cut(path: Path, start_ms: int, end_ms: int) -> None:
    with open(path, "rb") as source, _in_place_of(path) as target:
        if path.suffix == ".wav":
            _cut_wav(source, target, start_ms, end_ms)
        else:
            target.write(mp3.cut(source.read(), start_ms, end_ms))


@contextmanager
def _in_place_of(path: Path) -> Iterator[BinaryIO]:
    """A new file that takes the place of the old one at once, whole or not at all; who reads the old one goes on."""
    made = path.with_name(f".{path.name}.new")
    try:
        with open(made, "wb") as target:
            yield target
            target.flush()
            os.fsync(target.fileno())
        os.replace(made, path)
    except BaseException:
        made.unlink(missing_ok=True)  # on a disk that is full, above all
        raise


def _cut_wav(source: BinaryIO, target: BinaryIO, start_ms: int, end_ms: int) -> None:
    wav = _facts(source)
    block = wav.bytes_per_s // wav.rate_hz
    first, last = (min(ms * wav.rate_hz // 1000 * block, wav.data_bytes) for ms in (start_ms, end_ms))
    source.seek(0)
    target.write(source.read(wav.data_at))
    source.seek(wav.data_at + first)
    _copy(source, target, last - first)
    _write_sizes(target, wav.data_at, last - first)
    target.seek(0, os.SEEK_END)


def _copy(source: BinaryIO, target: BinaryIO, size: int) -> None:
    while size > 0 and (content := source.read(min(size, _HEAD_BYTES))):
        target.write(content)
        size -= len(content)
