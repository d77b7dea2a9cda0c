"""Audio of the outside, kept in a cache. In: a URL. Out: a checked local file, or MediaError saying why not.

One download per URL at a time; a fresh entry costs no request, a stale one is asked for with its validators.
"""

import hashlib
import logging
import os
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import BinaryIO

import gevent

from gateway.domain.clock import Clock
from gateway.domain.values import replace
from gateway.errors import MediaError
from gateway.media.addresses import parse
from gateway.media.fetch import MIB, Fetched, Fetcher, Request
from gateway.media.flights import Flights, to_the_end
from gateway.media.freshness import Validators, fresh_for_s, validators
from gateway.media.places import Places
from gateway.media.shelf import Entry, Shelf

log = logging.getLogger(__name__)
MAX_DOWNLOADS = 96
MAX_DOWNLOADS_PER_APP = 48
PLACE_TIMEOUT_S = 20.0
_SNIFF_BYTES = 12
_NOT_FOUND = frozenset({404, 410})


@dataclass(frozen=True)
class CachedAudio:
    path: Path
    file_id: str  # by content: changed audio has another id, and so another signed URL
    extension: str  # wav or mp3
    size_bytes: int


def audio_kind(head: bytes) -> str | None:
    """`wav` or `mp3` by the first bytes, whatever the name or Content-Type says; None for all else."""
    if head[:4] == b"RIFF" and head[8:12] == b"WAVE":
        return "wav"
    if head[:3] == b"ID3":
        return "mp3"
    if len(head) < 3 or head[0] != 0xFF or head[1] & 0xE0 != 0xE0:
        return None
    version, layer = head[1] >> 3 & 3, head[1] >> 1 & 3
    bitrate, rate = head[2] >> 4, head[2] >> 2 & 3
    # Layer 0 is AAC, layer 3 (I) also a UTF-16 byte order mark; 2 is layer II, 1 is layer III.
    return "mp3" if version != 1 and layer in (1, 2) and 0 < bitrate < 15 and rate != 3 else None


class AudioCache:
    """Files by URL, each whole and playable; a Shelf says which of them stay on disk."""

    def __init__(
        self,
        directory: Path,
        fetcher: Fetcher,
        clock: Clock,
        max_cache_bytes: int = 2048 * MIB,
        max_entries: int = 10_000,
        grace_s: float = 60.0,
    ) -> None:
        self._fetcher = fetcher
        self._clock = clock
        self._shelf = Shelf(directory, clock, max_cache_bytes, max_entries, grace_s)
        self._flights: Flights[CachedAudio] = Flights()
        self._places = Places(MAX_DOWNLOADS, MAX_DOWNLOADS_PER_APP, PLACE_TIMEOUT_S)

    @property
    def directory(self) -> Path:
        return self._shelf.directory

    @property
    def fetcher(self) -> Fetcher:
        return self._fetcher

    def get(self, url: str, app_id: str = "") -> CachedAudio:
        """Only what is under way is joined: an app that waits for a place of its own keeps no other from the file.

        The place goes with the download: who began it may hang up while others wait for it.
        """
        key, asked_ms = _key(url), self._clock.now_ms()
        while True:
            if audio := self._at_hand(key, asked_ms):
                return audio
            give_back = self._places.take(app_id)
            if self._flights.is_under_way(key) or self._whole(key, asked_ms):  # it came while we waited for a place
                give_back()
                continue
            work = partial(self._refreshed, key, Request(url, owner=app_id), self._shelf.entry(key))
            return self._flights.begin(key, work, give_back)

    def _at_hand(self, key: str, asked_ms: int) -> CachedAudio | None:
        """A whole file, or what another's download gives."""
        entry = self._whole(key, asked_ms)
        return self._handed_out(entry) if entry is not None else self._flights.joined(key)

    def _whole(self, key: str, asked_ms: int) -> Entry | None:
        """A fresh one, or one that somebody asked for behind us; to ask for it once more would tell nothing new."""
        entry = self._shelf.entry(key)
        if entry is None or not (entry.fresh_until_ms > self._clock.now_ms() or entry.checked_ms > asked_ms):
            return None
        return entry

    def _refreshed(self, key: str, request: Request, known: Entry | None) -> CachedAudio:
        if known is not None:
            self._shelf.touch(known.file)  # so that no sweep takes it meanwhile
        part = self._shelf.new_part()
        try:
            with open(part, "xb") as file:
                incoming = _Incoming(file, parse(request.url).host, partial(self._shelf.grown, part))
                validity = known.validators if known is not None else Validators()
                answer = self._fetcher.fetch(replace(request, headers=validity.as_headers()), incoming.write)
                if answer.status == 200:
                    incoming.finish()
            entry = self._kept(answer, known, incoming, part)
            self._shelf.put_entry(key, entry)
            return self._handed_out(entry)
        except OSError as error:
            log.exception("the audio cache cannot be written")
            raise MediaError("the gateway cannot store audio now", "media-storage") from error
        finally:
            self._shelf.drop_part(part)

    def _kept(self, answer: Fetched, known: Entry | None, incoming: "_Incoming", part: Path) -> Entry:
        given, now_ms = validators(answer.headers), self._clock.now_ms()
        if answer.status == 304 and known is not None:
            fresh_s = fresh_for_s(answer.headers, known.fresh_for_s)
            etag, modified = given.etag or known.etag, given.last_modified or known.last_modified
            return Entry(known.file, known.size_bytes, now_ms + 1000 * fresh_s, fresh_s, etag, modified)
        if answer.status != 200:
            error_id = "media-not-found" if answer.status in _NOT_FOUND else "media-http-error"
            message = f"{incoming.host}: answered {answer.status}"
            raise MediaError(message, error_id, {"status": answer.status})
        file, fresh_s = f"{incoming.file_id}.{incoming.extension}", fresh_for_s(answer.headers)
        self._shelf.put_file(part, file, incoming.size_bytes)
        fresh_until_ms = now_ms + 1000 * fresh_s
        return Entry(file, incoming.size_bytes, fresh_until_ms, fresh_s, given.etag, given.last_modified)

    def _handed_out(self, entry: Entry) -> CachedAudio:
        self._shelf.touch(entry.file)
        file_id, _, extension = entry.file.partition(".")
        return CachedAudio(self._shelf.path(entry.file), file_id, extension, entry.size_bytes)


class _Incoming:
    """A file that comes in: written, hashed and, at its first bytes, known or refused. `grown` may refuse more."""

    def __init__(self, file: BinaryIO, host: str, grown: Callable[[int], None]) -> None:
        self.host = host
        self.extension = ""
        self.size_bytes = 0
        self._file = file
        self._grown = grown
        self._hash = hashlib.sha256()
        self._head = b""

    @property
    def file_id(self) -> str:
        return self._hash.hexdigest()[:40]

    def write(self, chunk: bytes) -> None:
        self._grown(len(chunk))
        self._file.write(chunk)
        self._hash.update(chunk)
        self.size_bytes += len(chunk)
        if not self.extension:
            self._head += chunk[:_SNIFF_BYTES]
            if len(self._head) >= _SNIFF_BYTES:
                self._sniff()

    def finish(self) -> None:
        """On disk before it is named: a power cut leaves no half file under a whole one's name."""
        if not self.extension:
            self._sniff()
        self._file.flush()
        # Not broken off: the file would be closed beneath it.
        to_the_end(lambda: gevent.get_hub().threadpool.apply(os.fsync, (self._file.fileno(),)))

    def _sniff(self) -> None:
        kind = audio_kind(self._head)
        if kind is None:
            raise MediaError(f"{self.host}: sent neither wav nor mp3 audio", "media-unsupported")
        self.extension = kind


def _key(url: str) -> str:
    return hashlib.sha256(url.partition("#")[0].encode()).hexdigest()[:40]
