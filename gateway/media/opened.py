"""The media room as the rest of the house sees it: settings in, URLs that the switch can play out."""

from pathlib import Path

from gateway.config import Settings
from gateway.domain.clock import Clock
from gateway.media.addresses import AddressPolicy
from gateway.media.download import AudioCache
from gateway.media.fetch import Fetcher
from gateway.media.guard import Guard
from gateway.media.links import SignedLinks, load_or_create_key
from gateway.media.playable import Playables


class Media:
    """`public_url` is where the switch reaches this gateway: the base of its signed links."""

    def __init__(self, settings: Settings, public_url: str, clock: Clock) -> None:
        directory = settings.media_dir
        cache = AudioCache(directory, Fetcher(Guard(AddressPolicy(allow_private=settings.allow_private_urls))), clock)
        key = load_or_create_key(Path(settings.data_dir) / "media.key")
        self._links = SignedLinks(key, public_url, clock, (cache.directory,))
        self._playables = Playables(settings.media_fetch, cache, self._links)

    def resolve(self, url: str) -> str:
        """What the switch is given for an app's audio URL; raises MediaError."""
        return self._playables.resolve(url)

    def file_of(self, name: str) -> Path:
        """The file behind the last part of a signed link; raises Forbidden or NotFound."""
        return self._links.resolve(name)
