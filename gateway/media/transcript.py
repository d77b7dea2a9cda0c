"""The port of transcribers. In: a recording and the kind asked for. Out: a Transcript, or MediaError with a reason."""

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from gateway.errors import MediaError

AUTO, HYBRID, MANUAL = "auto", "hybrid", "manual"
# What would bring each, for who asks in vain.
NEEDED_FOR = {
    AUTO: "GATEWAY_TRANSCRIPTION_URL, or pip install 'switch-gateway[transcription]'",
    HYBRID: "GATEWAY_TRANSCRIPTION_HYBRID_URL",
    MANUAL: "GATEWAY_TRANSCRIPTION_MANUAL_URL",
}


@dataclass(frozen=True)
class Transcript:
    """`duration_s` is None where the provider does not tell: the recording's own row knows it."""

    text: str
    duration_s: float | None


class Transcriber(Protocol):
    def transcribe(self, path: Path, kind: str) -> Transcript: ...


def transcription_failed(why: str, reason: str) -> MediaError:
    """`reason`: unavailable, missing, too-large, decode, engine, http or timeout."""
    return MediaError(f"the recording could not be transcribed: {why}", "transcription-failed", {"reason": reason})
