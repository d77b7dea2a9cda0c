"""Many downloads at once: how many an app may have, and that they keep within the disk's limit together."""

from pathlib import Path

import gevent
import pytest
from gevent.event import Event
from gevent.socket import socket

from gateway.errors import MediaError
from gateway.media import download
from gateway.media.download import MAX_DOWNLOADS_PER_APP, AudioCache
from gateway.media.places import Places
from tests.unit.media.origin import MP3, WAV, FakeClock, Origin, Seen, answer, fetcher, refused
from tests.waiting import wait_for

HEAD = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n"


def _outcome(cache: AudioCache, url: str, app_id: str) -> str:
    try:
        return cache.get(url, app_id).extension
    except MediaError as error:
        return error.error_id


def _half(go: Event, body: bytes) -> object:
    """A route that sends the first half at once, the other one when it is told to."""

    def route(_seen: Seen, connection: socket) -> None:
        connection.sendall(HEAD % len(body) + body[: len(body) // 2])
        go.wait()
        connection.sendall(body[len(body) // 2 :])

    return route


def _slow_and_fine(origin: Origin) -> Event:
    """Routes: of /slow the second half comes when the event is set, /fine comes at once."""
    go = Event()
    origin.routes["/slow"], origin.routes["/fine"] = _half(go, WAV), answer(MP3)  # type: ignore[assignment]
    return go


def test_an_app_has_so_many_downloads_at_a_time_and_keeps_no_other_from_its_own(
    tmp_path: Path, origin: Origin, clock: FakeClock
) -> None:
    go = _slow_and_fine(origin)
    cache = AudioCache(tmp_path, fetcher(), clock)
    attack = [gevent.spawn(_outcome, cache, origin.url(f"/slow?{number}"), "evil") for number in range(50)]
    wait_for(lambda: len(origin.seen) >= MAX_DOWNLOADS_PER_APP, "it has its share")
    assert cache.get(origin.url("/fine"), "good").extension == "mp3"
    assert len(origin.seen) == MAX_DOWNLOADS_PER_APP + 1
    go.set()
    wait_for(lambda: all(greenlet.ready() for greenlet in attack), "one after the other they are fetched")
    assert {greenlet.value for greenlet in attack} == {"wav"}


def test_a_file_that_another_app_waits_for_in_vain_is_fetched_all_the_same(
    tmp_path: Path, origin: Origin, clock: FakeClock
) -> None:
    go = _slow_and_fine(origin)
    cache = AudioCache(tmp_path, fetcher(), clock)
    urls = [origin.url(f"/slow?{number}") for number in range(MAX_DOWNLOADS_PER_APP)] + [origin.url("/fine")]
    attack = [gevent.spawn(_outcome, cache, url, "evil") for url in urls]
    wait_for(lambda: len(origin.seen) == MAX_DOWNLOADS_PER_APP, "it has no place for the last one")
    assert cache.get(origin.url("/fine"), "good").extension == "mp3"
    go.set()
    gevent.joinall(attack, raise_error=True)
    assert len(origin.seen) == MAX_DOWNLOADS_PER_APP + 1, "who waited finds it there"


def test_who_waits_for_a_place_does_so_for_a_limited_time(
    tmp_path: Path, origin: Origin, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(download, "PLACE_TIMEOUT_S", 0.05)
    monkeypatch.setattr(download, "MAX_DOWNLOADS_PER_APP", 1)
    go = _slow_and_fine(origin)
    cache = AudioCache(tmp_path, fetcher(), clock)
    first = gevent.spawn(_outcome, cache, origin.url("/slow?1"), "evil")
    wait_for(lambda: origin.seen, "it is under way")
    with refused("media-timeout") as errors:
        cache.get(origin.url("/slow?2"), "evil")
    assert errors[0].message == "1 downloads of this app are under way"
    go.set()
    gevent.joinall([first], raise_error=True)
    assert cache.get(origin.url("/slow?2"), "evil").extension == "wav", "the place is free again"


def test_all_apps_together_have_so_many_places() -> None:
    places = Places(most=2, most_per_owner=2, wait_s=0.02)
    held = [places.take("a"), places.take("b")]
    with refused("media-timeout") as errors:
        places.take("c")
    assert errors[0].message == "too many downloads are under way"
    for give_back in held:
        give_back()
    places.take("c")
    places.take("c")


def test_a_place_goes_with_the_download_not_with_who_began_it(
    tmp_path: Path, origin: Origin, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With two calls for each URL, of which one hangs up, 120 downloads of one app were under way."""
    monkeypatch.setattr(download, "MAX_DOWNLOADS_PER_APP", 1)
    go = _slow_and_fine(origin)
    cache = AudioCache(tmp_path, fetcher(), clock)
    first = gevent.spawn(_outcome, cache, origin.url("/slow?1"), "app")
    wait_for(lambda: origin.seen, "it is under way")
    second = gevent.spawn(_outcome, cache, origin.url("/slow?1"), "app")
    gevent.idle()
    first.kill()
    other = gevent.spawn(_outcome, cache, origin.url("/slow?2"), "app")
    gevent.idle()
    assert len(origin.seen) == 1, "the first one still has the place"
    go.set()
    gevent.joinall([second, other], raise_error=True)
    assert (second.value, other.value) == ("wav", "wav")


def test_what_was_asked_for_meanwhile_is_not_asked_for_again(
    tmp_path: Path, origin: Origin, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file without Cache-Control is asked for at each play: 1,000 calls at once asked 221 times for 20 of them."""
    monkeypatch.setattr(download, "MAX_DOWNLOADS_PER_APP", 1)
    go = _slow_and_fine(origin)
    cache = AudioCache(tmp_path, fetcher(), clock)
    slow = gevent.spawn(_outcome, cache, origin.url("/slow"), "app")
    wait_for(lambda: origin.seen, "it has the place")
    many = [gevent.spawn(_outcome, cache, origin.url("/fine"), "app") for _ in range(20)]
    gevent.idle()
    clock.pass_s(1)
    go.set()
    gevent.joinall([slow, *many], raise_error=True)
    assert {greenlet.value for greenlet in many} == {"mp3"}
    assert len(origin.seen) == 2


def test_what_comes_in_counts_against_the_caches_size(tmp_path: Path, origin: Origin, clock: FakeClock) -> None:
    go, body = Event(), WAV + bytes(3000)
    origin.routes["/slow"] = _half(go, body)  # type: ignore[assignment]
    origin.routes["/old"] = answer(WAV, cache_control="max-age=1000")
    cache = AudioCache(tmp_path, fetcher(), clock, max_cache_bytes=5 * len(body) // 2)
    old = cache.get(origin.url("/old"), "good")
    clock.pass_s(61)
    coming = [gevent.spawn(_outcome, cache, origin.url(f"/slow?{number}"), "evil") for number in range(7)]
    wait_for(lambda: len(origin.seen) == 8 and sum(not greenlet.ready() for greenlet in coming) == 5, "five halves fit")
    assert sum(path.stat().st_size for path in tmp_path.glob("*.part")) <= 5 * len(body) // 2
    assert not old.path.exists(), "what is not in use goes first"
    go.set()
    gevent.joinall(coming, raise_error=True)
    values = [greenlet.value for greenlet in coming]
    assert values.count("media-storage") >= 2, values
    assert list(tmp_path.glob("*.part")) == []
    clock.pass_s(61)
    assert cache.get(origin.url("/slow?9"), "good").size_bytes == len(body), "there is room again"
