"""What this gateway can do for a document, by its settings. In: a verb. Out: why it cannot be done here, or None."""

from collections.abc import Callable
from dataclasses import dataclass

from gateway.domain.dial import PHONE_NAME
from gateway.domain.verbs import Conference, Dial, Gather, PreAnswer, Record, Speak, StartRecording, Target, Verb, Wait
from gateway.media.transcript import NEEDED_FOR

NOT_YET = "is not supported by this gateway yet"

# (voice, language) -> the end of a sentence that says why they cannot be spoken, or None
VoiceFault = Callable[[str, str], str | None]


@dataclass(frozen=True)
class Capabilities:
    """`voice_fault` None: any voice goes. `performed` None: every verb is; else these types alone.

    `sip_domain`: where phones register that may be dialled; "" any.
    """

    transcription_types: frozenset[str] = frozenset({"auto"})
    voice_fault: VoiceFault | None = None
    performed: frozenset[type] | None = None
    sip_domain: str = ""

    def fault(self, verb: Verb | Target) -> str | None:
        if isinstance(verb, Target):
            return self._target_fault(verb)
        if self.performed is not None and type(verb) not in self.performed:
            return NOT_YET
        if isinstance(verb, Conference | Record | StartRecording):
            return self._transcription_fault(verb.transcription_type)
        if isinstance(verb, Speak) and self.voice_fault:
            return self.voice_fault(verb.voice, verb.language)
        if isinstance(verb, Dial):
            return next(filter(None, map(self._target_fault, verb.targets)), None)
        if isinstance(verb, Gather) and any(isinstance(prompt, Wait) and prompt.silence for prompt in verb.prompts):
            return 'silence="true" is not supported in a <Wait> that keys interrupt'
        if isinstance(verb, Gather | PreAnswer):
            return next(filter(None, map(self.fault, verb.prompts)), None)
        return None

    def _target_fault(self, target: Target) -> str | None:
        name, _, domain = target.address.partition(":")[2].partition("@")
        if target.kind == "number" or not self.sip_domain:
            return None
        if domain == self.sip_domain and PHONE_NAME.fullmatch(name):
            return None
        return f"{target.address} is no phone here: only sip:NAME@{self.sip_domain} is (GATEWAY_SIP_DOMAIN)"

    def _transcription_fault(self, kind: str) -> str | None:
        if not kind or kind in self.transcription_types:
            return None
        return f'transcriptionType="{kind}" needs a provider: set {NEEDED_FOR[kind]}'
