"""The media room as the rest of the house sees it: settings in, URLs that the switch can play out."""

from pathlib import Path

from gateway.config import Settings
from gateway.domain.clock import Clock
from gateway.media.addresses import policy_of
from gateway.media.download import AudioCache
from gateway.media.fetch import Fetcher
from gateway.media.guard import Guard
from gateway.media.links import SignedLinks, load_or_create_key
from gateway.media.names import LookUps
from gateway.media.openai import MAX_SPEECH_BYTES
from gateway.media.playable import Playables
from gateway.media.shelf import Shelf
from gateway.media.slots import Slots
from gateway.media.speech import APOLOGY, SOUNDS, SPEECH_WAIT_S, Speech, find_engines, wants_switch
from gateway.media.switch_speech import AT_ONCE, SpeakAtSwitch, SwitchEngine
from gateway.media.transcription import Transcription, find_transcribers
from gateway.media.uploads import Uploads
from gateway.media.voices import Voices

# Of a room's sounds: a waiting room's is opened again and again for as long as nobody starts the room.
LASTING_S = 30 * 86_400


class Media:
    """`public_url` is where the switch reaches this gateway: the base of its signed links.

    `speak` has a text spoken at a switch, for the engine `switch`.
    """

    def __init__(self, settings: Settings, public_url: str, clock: Clock, speak: SpeakAtSwitch | None = None) -> None:
        directory = settings.media_dir
        self.lookups = LookUps()
        guard = Guard(policy_of(settings), self.lookups.audio.addresses)
        cache = AudioCache(directory, Fetcher(guard), clock)
        shelf = Shelf(directory / "speech", clock, settings.speech_cache_bytes)
        key = load_or_create_key(Path(settings.data_dir) / "media.key")
        self._links = SignedLinks(
            key, public_url, clock, (cache.directory, shelf.directory, SOUNDS, Path(settings.recordings_dir))
        )
        self._recordings = Path(settings.recordings_dir)
        self._recording_link_s = settings.recording_link_s
        self._playables = Playables(settings.media_fetch, cache, self._links)
        self._lasting = Playables(settings.media_fetch, cache, self._links, LASTING_S)
        self.uploads = Uploads(directory / "uploads", self._links, MAX_SPEECH_BYTES)
        engines = find_engines(settings, switch=self._switch_engine(settings, speak))
        self.speech = Speech(engines, Voices(settings.voice_list), shelf)
        self.transcription = Transcription(find_transcribers(settings), settings.transcription_parallel)

    def _switch_engine(self, settings: Settings, speak: SpeakAtSwitch | None) -> SwitchEngine | None:
        if speak is None or not wants_switch(settings):
            return None
        slots = Slots(settings.speech_parallel or AT_ONCE, SPEECH_WAIT_S)
        return SwitchEngine(settings.speech_switch_module, speak, self.uploads, slots, settings.speech_timeout_s)

    def resolve(self, url: str, app_id: str = "") -> str:
        """What the switch is given for an app's audio URL; raises MediaError."""
        return self._playables.resolve(url, app_id)

    def spoken(self, text: str, voice: str, language: str, app_id: str) -> str:
        """What the switch is given for a text: a signed URL, whatever GATEWAY_MEDIA_FETCH says."""
        audio = self.speech.rendered(text, voice, language, app_id)
        return self._links.url_for(audio.file_id, audio.extension)

    def resolve_lasting(self, url: str, app_id: str = "") -> str:
        """For a sound that a room may need much later."""
        return self._lasting.resolve(url, app_id)

    def spoken_lasting(self, text: str, voice: str, language: str, app_id: str) -> str:
        audio = self.speech.rendered(text, voice, language, app_id)
        return self._links.url_for(audio.file_id, audio.extension, LASTING_S)

    def apology(self) -> str:
        """Needs no engine: what a caller hears when all else failed."""
        return self._links.url_for(APOLOGY, "wav")

    def recording_link(self, recording_id: str, extension: str) -> str:
        """The URL of a recording's file; holds for GATEWAY_RECORDING_LINK_S."""
        return self._links.url_for(recording_id, extension, self._recording_link_s)

    def is_recording(self, path: Path) -> bool:
        return path.parent == self._recordings

    def file_of(self, name: str) -> Path:
        """The file behind the last part of a signed link; raises Forbidden or NotFound."""
        return self._links.resolve(name)
