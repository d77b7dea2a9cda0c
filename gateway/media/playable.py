"""What the switch is given to play. In: an app's audio URL. Out: a URL that the switch knows how to open."""

import re
from urllib.parse import urlsplit

from gateway.domain.urls import url_fault
from gateway.errors import MediaError
from gateway.media.addresses import parse
from gateway.media.download import AudioCache
from gateway.media.links import DEFAULT_TTL_S, SignedLinks

_CLEAN_END = re.compile(r"\.(wav|mp3)\Z")
_ANY_END = re.compile(r"\.(wav|mp3)\Z", re.IGNORECASE)


class Playables:
    """mode `gateway`: the gateway downloads and gives a link of its own; `switch`: the switch downloads."""

    def __init__(self, mode: str, cache: AudioCache, links: SignedLinks, link_ttl_s: int = DEFAULT_TTL_S) -> None:
        if mode not in ("gateway", "switch"):
            raise ValueError(f"unknown mode {mode!r}")
        self._mode = mode
        self._cache = cache
        self._links = links
        self._link_ttl_s = link_ttl_s

    def resolve(self, url: str, app_id: str = "") -> str:
        """Raises MediaError."""
        if self._mode == "switch":
            return self._handed_on(url, app_id)
        audio = self._cache.get(url, app_id)
        return self._links.url_for(audio.file_id, audio.extension, self._link_ttl_s)

    def _handed_on(self, url: str, app_id: str) -> str:
        """The switch follows redirects by itself: this check is a first gate, its egress needs a fence."""
        if fault := url_fault(url):
            raise MediaError(f"the URL {fault}", "media-invalid-url")
        try:
            self._cache.fetcher.guard.checked(parse(url), app_id)
        except MediaError as error:
            if error.error_id not in ("media-unreachable", "media-timeout"):
                raise  # a name that only the switch can resolve is the switch's to judge
        return typed_url(url)


def typed_url(url: str) -> str:
    """`url` with the file type where the switch looks for it: after the last dot; else MediaError."""
    whole, _, hint = url.partition("#")
    parts = urlsplit(whole)
    if _CLEAN_END.search(parts.path) and "?" not in whole:
        return whole
    last_name = parts.path.rpartition("/")[2]
    for text in ("." + hint.rpartition(".")[2], last_name, parts.query):
        if end := _ANY_END.search(text):
            return f"{whole}#.{end[1].lower()}"
    if "." not in last_name and not re.search(r"[./]", parts.query):
        return whole  # the switch goes by Content-Type (conf/mime.types)
    raise MediaError("the URL's file type cannot be told: append #.wav or #.mp3", "media-unsupported")
