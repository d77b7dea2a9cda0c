"""A process of its own that looks where in a recording there is sound. In: a path. Out: JSON with start_ms and end_ms.

Run as a file, it imports nothing of the gateway; a recording may last four hours.
"""

import json
import os
import sys
import wave
from array import array
from collections.abc import Iterator

NO_SOUND_FILE, NOT_INSTALLED = 3, 4
QUIET = 330  # of 32767, about -40 dBFS: line noise and comfort noise are below, a whisper is above
WINDOW_MS = 20
KEPT_MS = 200  # of the silence: a word's first consonant is quiet
_RATE_HZ = 8000
_NICENESS = 10  # calls first


def of_wav(path: str) -> Iterator["array[int]"]:
    """Windows of 16 bit samples, whatever the rate and the channels."""
    with wave.open(path, "rb") as file:
        if file.getsampwidth() != 2:
            raise wave.Error("only 16 bit samples")
        size = file.getframerate() * WINDOW_MS // 1000
        while content := file.readframes(size):
            yield array("h", content)


def of_mp3(path: str) -> Iterator["array[int]"]:
    import miniaudio  # noqa: PLC0415  (an extra)

    size = _RATE_HZ * WINDOW_MS // 1000
    yield from miniaudio.stream_file(path, nchannels=1, sample_rate=_RATE_HZ, frames_to_read=size)


def sounding(windows: Iterator["array[int]"]) -> tuple[int, int]:
    """In ms, with a little of the silence around. Of silence alone the first moment stays."""
    first = last = -1
    for number, window in enumerate(windows):
        if max(window) > QUIET or min(window) < -QUIET:
            first, last = (number if first < 0 else first), number
    if first < 0:
        return 0, KEPT_MS
    return max(0, first * WINDOW_MS - KEPT_MS), (last + 1) * WINDOW_MS + KEPT_MS


def main(path: str) -> int:
    os.nice(_NICENESS)
    try:
        start_ms, end_ms = sounding(of_mp3(path) if path.endswith(".mp3") else of_wav(path))
    except ImportError as error:
        print(error, file=sys.stderr)
        return NOT_INSTALLED
    except Exception as error:  # noqa: BLE001 - miniaudio's, wave's: whatever they cannot read
        print(f"not a recording that can be read: {error}", file=sys.stderr)
        return NO_SOUND_FILE
    print(json.dumps({"start_ms": start_ms, "end_ms": end_ms}))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
