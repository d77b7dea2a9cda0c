"""What this gateway can do for a document, by its settings. In: a verb. Out: why it cannot be done here, or None."""

from collections.abc import Callable
from dataclasses import dataclass

from gateway.domain.verbs import Conference, Gather, PreAnswer, Record, Speak, StartRecording, Verb, Wait

# What would bring a type of transcription, for the refusal.
TRANSCRIPTION_SETTINGS = {
    "auto": "GATEWAY_TRANSCRIPTION_URL, or pip install 'switch-gateway[transcription]'",
    "hybrid": "GATEWAY_TRANSCRIPTION_HYBRID_URL",
    "manual": "GATEWAY_TRANSCRIPTION_MANUAL_URL",
}

NOT_YET = "is not supported by this gateway yet"

# (voice, language) -> the end of a sentence that says why they cannot be spoken, or None
VoiceFault = Callable[[str, str], str | None]


@dataclass(frozen=True)
class Capabilities:
    """`voice_fault` None: any voice goes. `performed` None: every verb is; else these types alone."""

    transcription_types: frozenset[str] = frozenset({"auto"})
    voice_fault: VoiceFault | None = None
    performed: frozenset[type] | None = None

    def fault(self, verb: Verb) -> str | None:
        if self.performed is not None and type(verb) not in self.performed:
            return NOT_YET
        if isinstance(verb, Wait) and verb.silence and self.performed is not None:
            return f'silence="true" {NOT_YET}'
        if isinstance(verb, Conference | Record | StartRecording):
            return self._transcription_fault(verb.transcription_type)
        if isinstance(verb, Speak) and self.voice_fault:
            return self.voice_fault(verb.voice, verb.language)
        if isinstance(verb, Gather | PreAnswer):
            return next(filter(None, map(self.fault, verb.prompts)), None)
        return None

    def _transcription_fault(self, kind: str) -> str | None:
        if not kind or kind in self.transcription_types:
            return None
        return f'transcriptionType="{kind}" needs a provider: set {TRANSCRIPTION_SETTINGS[kind]}'
