"""Sounds of a room: a URL of XML or of an audio file in, what the switch plays out, fetched before it is needed."""

from collections.abc import Callable

from gateway.callcontrol import xml
from gateway.callcontrol.capabilities import Capabilities
from gateway.callcontrol.fetch import Body, DocumentFetcher
from gateway.domain.apps import App
from gateway.domain.session import Session
from gateway.domain.verbs import BEEP_ONCE, BEEP_TWICE, Prompt, Speak, Wait
from gateway.errors import DocumentError, InvalidInput, MediaError, UnsafeArgument
from gateway.schemas.shapes import call_shape
from gateway.services import legs

BEEPS = {BEEP_ONCE: legs.BEEP, BEEP_TWICE: legs.TWO_BEEPS}
FAULTS = (DocumentError, InvalidInput, MediaError, UnsafeArgument)
MAX_LOOPS = 20  # of one prompt; a waiting room's sound as a whole is played over and over


class RoomSounds:
    """`playable` and `spoken` give URLs that must last as long as a room may."""

    def __init__(
        self,
        documents: DocumentFetcher,
        capabilities: Capabilities,
        playable: Callable[[str, str], str],
        spoken: Callable[[str, str, str, str], str],
    ) -> None:
        self._documents = documents
        self._capabilities = capabilities
        self._playable = playable
        self._spoken = spoken

    def sound(self, app: App, session: Session, sound: str, params: dict[str, str]) -> str:
        """'' for an empty one. Raises one of FAULTS."""
        if sound in BEEPS:
            return BEEPS[sound]
        body = self._document(app, session, sound, params)
        if body is None or not _is_xml(body):
            return self._playable(sound, app.id)
        prompts = xml.parse_sound(body.content, self._capabilities)
        sounds: list[str] = []
        for prompt in prompts:
            if len(sounds) >= legs.MAX_PARTS:
                break  # the switch would forget it
            sounds += self._parts(app, prompt)
        return legs.playback(sounds) if sounds else ""

    def _document(self, app: App, session: Session, url: str, params: dict[str, str]) -> Body | None:
        """None for what is no document: too long for one, or not to be had by POST, as files often are."""
        try:
            return self._documents.ask(app, url, "POST", params, call_shape(session))
        except MediaError:
            return None

    def _parts(self, app: App, prompt: Prompt) -> list[str]:
        if isinstance(prompt, Wait):
            return [f"silence_stream://{prompt.length_s * 1000}"]
        times = min(prompt.loop or MAX_LOOPS, MAX_LOOPS)
        if isinstance(prompt, Speak):
            return [self._spoken(prompt.text, prompt.voice, prompt.language, app.id)] * times
        return [self._playable(prompt.url, app.id)] * times


def _is_xml(body: Body) -> bool:
    return body.content.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<")
