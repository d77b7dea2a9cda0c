"""The file of a recording: measured, mended after a crash, trimmed (media/recorded.py, media/mp3.py)."""

import errno
import math
import threading
import wave
from array import array
from pathlib import Path

import miniaudio
import pytest

from gateway.errors import MediaError, StoreError
from gateway.media import mp3, recorded
from gateway.media.sounding_worker import KEPT_MS

FILES = recorded.RecordedFiles()
SPOKEN = Path(__file__).parent / "spoken.mp3"


def sound(path: Path, *parts: tuple[float, bool]) -> Path:
    """A wav of silence and a tone: (seconds, whether it sounds)."""
    samples = array("h")
    for seconds, sounds in parts:
        loud = 8000 if sounds else 20
        samples.extend(round(loud * math.sin(math.tau * 440 * at / 8000)) for at in range(round(8000 * seconds)))
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(8000)
        file.writeframes(samples.tobytes())
    return path


def test_silence_is_cut_at_both_ends(tmp_path: Path) -> None:
    path = sound(tmp_path / "a.wav", (1.5, False), (1, True), (0.8, False), (0.5, True), (2, False))
    found = FILES.finished(path, trim=True, measure=False)
    assert found.duration_ms == pytest.approx(2300 + 2 * KEPT_MS, abs=40)
    with wave.open(str(path)) as file:
        assert file.getnframes() * 1000 // 8000 == found.duration_ms
    assert found.bytes == path.stat().st_size
    assert list(tmp_path.iterdir()) == [path]


def test_sound_alone_and_silence_alone(tmp_path: Path) -> None:
    assert FILES.finished(sound(tmp_path / "a.wav", (1, True)), True, False).duration_ms == 1000
    assert FILES.finished(sound(tmp_path / "b.wav", (1, False)), True, False).duration_ms == KEPT_MS


def test_a_header_that_a_crash_left_is_mended(tmp_path: Path) -> None:
    """Facts: "After a crash of the switch … the wav header is not written"."""
    path = sound(tmp_path / "a.wav", (1.25, True))
    whole = path.read_bytes()
    path.write_bytes(whole[:4] + bytes(4) + whole[8:40] + bytes(4) + whole[44:] + b"\x01")
    assert FILES.finished(path, trim=False, measure=True) == recorded.Recorded(len(whole) + 1, 1250)
    with wave.open(str(path)) as file:
        assert file.getnframes() == 10_000


@pytest.mark.parametrize(
    ("content", "suffix"), [(None, "wav"), (b"", "wav"), (b"RIFF", "wav"), (b"", "mp3"), (b"x" * 99, "mp3")]
)
def test_what_holds_no_sound(tmp_path: Path, content: bytes | None, suffix: str) -> None:
    path = tmp_path / f"a.{suffix}"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(MediaError):
        FILES.finished(path, trim=False, measure=True)


def test_an_mp3_is_measured_and_cut_between_frames(tmp_path: Path) -> None:
    content = SPOKEN.read_bytes()
    whole = mp3.duration_ms(content)
    assert whole == pytest.approx(miniaudio.mp3_get_file_info(str(SPOKEN)).duration * 1000, abs=250)
    part = tmp_path / "part.mp3"
    part.write_bytes(mp3.cut(content, 500, 1000))
    assert mp3.duration_ms(part.read_bytes()) == pytest.approx(500, abs=160)
    assert miniaudio.mp3_get_file_info(str(part)).duration > 0.3
    assert mp3.cut(content, 0, whole + 1) == b"".join(content[f.at : f.at + f.size] for f in mp3.frames(content))


def test_what_the_encoder_hangs_behind_is_cut_off(tmp_path: Path) -> None:
    """ "agree with … an mp3 to 500 ms": the switch's encoder adds as much."""
    header = bytes((0xFF, 0xE3, 0x48, 0xC4))  # MPEG 2.5, 32 kbit/s, 8 kHz: 288 bytes for 72 ms
    tag, frame = b"ID3\x03\x00\x00\x00\x00\x00\x05title", header + bytes(284)
    path = tmp_path / "a.mp3"
    path.write_bytes(tag + frame * 40)
    assert mp3.duration_ms(path.read_bytes()) == 40 * 72
    found = FILES.finished(path, False, False, known_ms=2370)
    assert found == recorded.Recorded(len(tag) + 38 * 288, None)
    assert mp3.duration_ms(path.read_bytes()) == 38 * 72
    assert FILES.finished(path, False, False, known_ms=5000).bytes == len(tag) + 38 * 288
    path.write_bytes(tag + frame * 38 + b"x" * 300)
    assert FILES.finished(path, False, False, known_ms=2370).bytes == path.stat().st_size


def test_a_torn_mp3_has_its_whole_frames() -> None:
    content = SPOKEN.read_bytes()
    frames = list(mp3.frames(content))
    assert len(list(mp3.frames(content[: frames[5].at + 3]))) == 5
    assert len(list(mp3.frames(b"\xff\xff" + content))) >= len(frames)


def test_a_file_is_removed_once(tmp_path: Path) -> None:
    path = sound(tmp_path / "a.wav", (1, True))
    FILES.remove(path)
    FILES.remove(path)
    assert not path.exists()


def test_many_files_take_few_threads(tmp_path: Path) -> None:
    """A soak of 25 minutes left 1,156 threads: each file got a pool of its own, for a pool without tasks is false."""
    files = recorded.RecordedFiles()
    before = len(list(Path("/proc/self/task").iterdir()))
    for _ in range(20):
        files.remove(tmp_path / "none.wav")
    assert len(list(Path("/proc/self/task").iterdir())) - before <= 4


def test_a_disk_that_hangs_is_not_waited_for_for_ever(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    hangs = threading.Event()
    monkeypatch.setattr(recorded, "_duration_ms", lambda _path: hangs.wait(20))
    path = sound(tmp_path / "a.wav", (1, True))
    with pytest.raises(StoreError, match="did not answer within 0.1 s"):
        recorded.RecordedFiles(limit_s=0.1).finished(path, trim=False, measure=True)
    hangs.set()


def test_a_crash_left_more_than_a_header_can_say(tmp_path: Path) -> None:
    """A day of a room in wav: 4 GiB is the most that a WAVE header counts. It must end as a recording all the same."""
    path = sound(tmp_path / "a.wav", (1, True))
    with open(path, "r+b") as file:
        file.truncate(2**32 + 4096)  # a hole: it takes no room on the disk
    found = FILES.finished(path, trim=False, measure=True)
    assert found.bytes == 2**32 + 4096
    assert found.duration_ms == pytest.approx(2**32 / 16, rel=0.001)


@pytest.mark.parametrize("suffix", ["wav", "mp3"])
def test_a_full_disk_keeps_the_recording_and_no_half_of_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, suffix: str
) -> None:
    path = sound(tmp_path / "a.wav", (1, False), (1, True), (1, False))
    if suffix == "mp3":
        path.unlink()
        path = tmp_path / "a.mp3"
        path.write_bytes(SPOKEN.read_bytes())
    whole = path.read_bytes()

    def full(_descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(MediaError):
        FILES.finished(path, trim=True, measure=False)
    assert path.read_bytes() == whole and list(tmp_path.iterdir()) == [path]
