"""A process of its own that hears English. In: the path of a wav or mp3. Out: JSON with text and duration_s.

Run as a file, it imports nothing of the gateway; the C code in it blocks nobody but itself.
"""

import json
import os
import sys
from collections.abc import Iterator
from typing import Any, Protocol

DECODE_FAILED, NOT_INSTALLED = 3, 4
_RATE_HZ = 16_000
_SAMPLE_BYTES = 2
_TAIL_S = 1  # silence behind the end, so that the last sentence is closed
_MAX_UTTERANCE_BYTES = 30 * _RATE_HZ * _SAMPLE_BYTES
_NICENESS = 10  # calls first


class Endpointer(Protocol):
    frame_bytes: int
    in_speech: bool

    def process(self, frame: bytes) -> bytes | None: ...


class Sound:
    """A file as frames of 16 kHz mono, read as they are heard: four hours of a room fit."""

    def __init__(self, path: str) -> None:
        self._path = path
        self.frames = 0

    @property
    def duration_s(self) -> float:
        return self.frames / _RATE_HZ

    def pieces(self, size_bytes: int) -> Iterator[bytes]:
        import miniaudio  # noqa: PLC0415  (an extra)

        kept = bytearray()
        for block in miniaudio.stream_file(self._path, nchannels=1, sample_rate=_RATE_HZ, frames_to_read=_RATE_HZ):
            self.frames += len(block)
            kept += block.tobytes()
            while len(kept) >= size_bytes:
                yield bytes(kept[:size_bytes])
                del kept[:size_bytes]
        kept += bytes(_TAIL_S * _RATE_HZ * _SAMPLE_BYTES)
        for at in range(0, len(kept) - size_bytes + 1, size_bytes):
            yield bytes(kept[at : at + size_bytes])


def utterances(pieces: Iterator[bytes], endpointer: Endpointer) -> Iterator[bytes]:
    """What was spoken between silences; endless talk (or music) is cut."""
    speech = bytearray()
    for piece in pieces:
        speech += endpointer.process(piece) or b""
        if speech and (not endpointer.in_speech or len(speech) >= _MAX_UTTERANCE_BYTES):
            yield bytes(speech)
            speech.clear()
    if speech:
        yield bytes(speech)


def heard(decoder: Any, speech: bytes) -> str:
    decoder.start_utt()
    decoder.process_raw(speech, full_utt=True)
    decoder.end_utt()
    hypothesis = decoder.hyp()
    return str(hypothesis.hypstr) if hypothesis else ""


def transcribed(path: str) -> dict[str, object]:
    import pocketsphinx  # noqa: PLC0415  (an extra)

    parent = os.getppid()
    sound, decoder = Sound(path), pocketsphinx.Decoder(samprate=_RATE_HZ, loglevel="FATAL")
    endpointer = pocketsphinx.Endpointer(sample_rate=_RATE_HZ)
    said = []
    for speech in utterances(sound.pieces(endpointer.frame_bytes), endpointer):
        said.append(heard(decoder, speech))
        if os.getppid() != parent:
            sys.exit("the gateway is gone")
    return {"text": " ".join(filter(None, said)), "duration_s": round(sound.duration_s, 3)}


def main(path: str) -> int:
    os.nice(_NICENESS)
    try:
        import miniaudio  # noqa: PLC0415  (an extra)

        print(json.dumps(transcribed(path)))
    except ImportError as error:
        print(error, file=sys.stderr)
        return NOT_INSTALLED
    except miniaudio.MiniaudioError as error:
        print(f"not a wav or mp3 file that can be read: {error}", file=sys.stderr)
        return DECODE_FAILED
    except OSError as error:
        print(error.strerror or "the file cannot be read", file=sys.stderr)
        return DECODE_FAILED
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
