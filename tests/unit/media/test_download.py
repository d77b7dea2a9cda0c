"""The audio cache: what is kept, for how long, and what is refused."""

from pathlib import Path

import gevent
import pytest
from gevent.event import Event
from gevent.socket import socket
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.errors import MediaError
from gateway.media.download import AudioCache, CachedAudio, audio_kind
from tests.unit.media.origin import (
    MP3,
    WAV,
    FakeClock,
    Origin,
    Route,
    Seen,
    answer,
    fetcher,
    redirect,
    refused,
)
from tests.waiting import wait_for


@pytest.fixture
def cache(tmp_path: Path, clock: FakeClock) -> AudioCache:
    return AudioCache(tmp_path, fetcher(), clock)


def files(directory: Path) -> list[str]:
    return sorted(path.suffix for path in directory.iterdir())


def with_etag(body: bytes, etag: str = '"1"', **headers: str) -> Route:
    """Answers 304 to who has this etag already."""

    def route(seen: Seen, connection: socket) -> None:
        known = seen.headers.get("if-none-match") == etag
        reply = answer(status="304 Not Modified") if known else answer(body, etag=etag, **headers)
        reply(seen, connection)

    return route


@pytest.mark.parametrize(("body", "extension"), [(WAV, "wav"), (MP3, "mp3"), (b"\xff\xfb\x90\x64" + bytes(99), "mp3")])
def test_audio_is_known_by_its_bytes(cache: AudioCache, origin: Origin, body: bytes, extension: str) -> None:
    origin.routes["/a.txt"] = answer(body, content_type="text/html")
    audio = cache.get(origin.url("/a.txt"))
    assert (audio.extension, audio.size_bytes) == (extension, len(body))
    assert audio.path.name == f"{audio.file_id}.{extension}"
    assert audio.path.read_bytes() == body


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"RIFF",
        b"RIFF\x24\x00\x00\x00AVI LIST",
        b"<html>not audio</html>",
        b"OggS" + bytes(60),
        b"\xff\xfea\x00b\x00",
        b"\xff\xf1" + bytes(60),
        b"\x00" * 40,
    ],
)
def test_other_kinds_are_refused_and_leave_nothing(cache: AudioCache, origin: Origin, body: bytes) -> None:
    origin.routes["/a.wav"] = answer(body, content_type="audio/wav")
    with refused("media-unsupported") as errors:
        cache.get(origin.url("/a.wav"))
    assert errors[0].message == "127.0.0.1: sent neither wav nor mp3 audio"
    assert files(cache.directory) == []


@settings(deadline=None)
@given(st.binary(max_size=16))
def test_any_bytes_are_a_kind_or_none(head: bytes) -> None:
    assert audio_kind(head) in ("wav", "mp3", None)


@pytest.mark.parametrize(
    ("status", "error_id"),
    [("404 Not Found", "media-not-found"), ("410 Gone", "media-not-found"), ("403 No", "media-http-error"),
     ("500 Oops", "media-http-error"), ("206 Partial Content", "media-http-error"),
     ("304 Not Modified", "media-http-error")],
)  # fmt: skip
def test_a_bad_status_is_named(cache: AudioCache, origin: Origin, status: str, error_id: str) -> None:
    origin.routes["/a.wav"] = answer(b"" if status.startswith("304") else WAV, status)
    with refused(error_id) as errors:
        cache.get(origin.url("/a.wav"))
    assert errors[0].message == f"127.0.0.1: answered {status[:3]}"
    assert errors[0].detail == {"status": int(status[:3])}
    assert files(cache.directory) == []


def test_too_large_leaves_nothing(cache: AudioCache, origin: Origin) -> None:
    def endless(_seen: Seen, connection: socket) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n" + WAV)
        while True:
            connection.sendall(bytes(1000))

    origin.routes["/a.wav"] = endless
    with refused("media-too-large"):
        cache.get(origin.url("/a.wav"))
    assert files(cache.directory) == []


def test_a_redirect_to_the_inside_is_refused_for_audio_too(cache: AudioCache, origin: Origin) -> None:
    origin.routes["/a.wav"] = redirect(f"http://127.0.0.2:{origin.port}/a.wav")
    with refused("media-forbidden-address"):
        cache.get(origin.url("/a.wav"))


def test_max_age_is_honoured_then_the_validators_are_asked(cache: AudioCache, origin: Origin, clock: FakeClock) -> None:
    origin.routes["/a.wav"] = with_etag(WAV, cache_control="public, max-age=100")
    first = cache.get(origin.url("/a.wav"))
    clock.pass_s(99)
    assert cache.get(origin.url("/a.wav#.wav")) == first
    assert len(origin.seen) == 1
    clock.pass_s(2)
    assert cache.get(origin.url("/a.wav")) == first
    assert origin.seen[1].headers["if-none-match"] == '"1"'
    clock.pass_s(99)
    assert cache.get(origin.url("/a.wav")) == first
    assert len(origin.seen) == 2, "the 304 made it fresh again"


def test_without_max_age_a_validator_is_asked_each_time(cache: AudioCache, origin: Origin) -> None:
    origin.routes["/a.wav"] = answer(WAV, last_modified="Wed, 06 May 2026 12:00:00 GMT")
    cache.get(origin.url("/a.wav"))
    origin.routes["/a.wav"] = answer(status="304 Not Modified")
    cache.get(origin.url("/a.wav"))
    assert origin.seen[1].headers["if-modified-since"] == "Wed, 06 May 2026 12:00:00 GMT"


def test_changed_audio_has_a_new_id_and_the_old_file_stays_for_who_was_given_it(
    cache: AudioCache, origin: Origin
) -> None:
    origin.routes["/a"] = with_etag(WAV)
    old = cache.get(origin.url("/a"))
    origin.routes["/a"] = with_etag(MP3, '"2"')
    new = cache.get(origin.url("/a"))
    assert (old.extension, new.extension) == ("wav", "mp3")
    assert old.file_id != new.file_id
    assert old.path.read_bytes() == WAV


def test_an_error_at_revalidation_is_an_error(cache: AudioCache, origin: Origin) -> None:
    origin.routes["/a"] = with_etag(WAV)
    cache.get(origin.url("/a"))
    origin.routes["/a"] = answer(status="404 Not Found")
    with refused("media-not-found"):
        cache.get(origin.url("/a"))


def test_one_download_per_url_at_a_time(cache: AudioCache, origin: Origin) -> None:
    go = Event()

    def waiting(seen: Seen, connection: socket) -> None:
        go.wait()
        answer(WAV, cache_control="no-cache")(seen, connection)

    origin.routes["/a.wav"] = waiting
    origin.routes["/b.wav"] = answer(WAV)
    getting = [gevent.spawn(cache.get, origin.url("/a.wav")) for _ in range(20)]
    wait_for(lambda: origin.seen, "the first of twenty asks")
    assert cache.get(origin.url("/b.wav")).extension == "wav", "another URL waits for nobody"
    go.set()
    gevent.joinall(getting, raise_error=True)
    assert {greenlet.value for greenlet in getting} == {getting[0].value}
    assert [seen.path for seen in origin.seen] == ["/a.wav", "/b.wav"]


def _outcome(cache: AudioCache, url: str) -> CachedAudio | MediaError:
    try:
        return cache.get(url)
    except MediaError as error:
        return error


@pytest.mark.parametrize("killed", [False, True])
def test_who_waits_on_a_download_that_fails_fails_too_whoever_asked_first(
    cache: AudioCache, origin: Origin, killed: bool
) -> None:
    """A caller who hangs up ends no download that another waits for."""
    go = Event()

    def waiting(seen: Seen, connection: socket) -> None:
        go.wait()
        answer(status="404 Not Found")(seen, connection)

    origin.routes["/a.wav"] = waiting
    getting = [gevent.spawn(_outcome, cache, origin.url("/a.wav")) for _ in range(3)]
    wait_for(lambda: origin.seen, "the first of three asks")
    if killed:
        getting[0].kill()
    go.set()
    gevent.joinall(getting, raise_error=True)
    assert {greenlet.value.error_id for greenlet in getting[1:]} == {"media-not-found"}
    assert len({id(greenlet.value) for greenlet in getting}) == 3, "each has an error of its own"
    assert files(cache.directory) == []


def test_a_download_that_nobody_waits_for_any_more_ends_and_leaves_nothing(cache: AudioCache, origin: Origin) -> None:
    """150 files were fetched for one call, and went on being fetched when it had hung up."""
    closed = Event()

    def endless(_seen: Seen, connection: socket) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 4000\r\n\r\n" + WAV)
        connection.settimeout(10)
        if not connection.recv(1):
            closed.set()

    origin.routes["/a.wav"] = endless
    getting = [gevent.spawn(_outcome, cache, origin.url("/a.wav")) for _ in range(2)]
    wait_for(lambda: files(cache.directory), "it comes in")
    gevent.killall(getting)
    wait_for(closed.is_set, "its connection is closed")
    wait_for(lambda: not files(cache.directory), "nothing of it is left")
    origin.routes["/a.wav"] = answer(WAV)
    assert cache.get(origin.url("/a.wav")).extension == "wav"


def test_a_restart_keeps_what_is_fresh_and_drops_what_is_broken(
    tmp_path: Path, origin: Origin, clock: FakeClock
) -> None:
    for name, body in (("/a", WAV), ("/b", MP3), ("/c", WAV + b"c"), ("/d", WAV + b"d")):
        origin.routes[name] = answer(body, cache_control="max-age=1000")
    cache = AudioCache(tmp_path, fetcher(), clock)
    kept, cut, lost, _ = (cache.get(origin.url(name)) for name in ("/a", "/b", "/c", "/d"))
    cut.path.write_bytes(MP3[:10])
    lost.path.unlink()
    sidecars = sorted(tmp_path.glob("*.json"))
    assert not any(str(origin.port) in sidecar.read_text() for sidecar in sidecars), "a URL may hold a token"
    (tmp_path / ("0" * 40 + ".json")).write_text("{}")
    (tmp_path / ("1" * 40 + ".json")).write_text("nonsense")
    (tmp_path / "stray").mkdir()
    again = AudioCache(tmp_path, fetcher(), clock)
    assert again.get(origin.url("/a")) == kept
    assert len(origin.seen) == 4, "a fresh entry needs no request after a restart"
    assert again.get(origin.url("/b")).path.read_bytes() == MP3
    assert again.get(origin.url("/c")).path.read_bytes() == WAV + b"c"
    assert len(origin.seen) == 6
    assert len(list(tmp_path.glob("*.json"))) == 4


def test_old_parts_of_a_killed_process_are_swept_at_start(tmp_path: Path) -> None:
    (tmp_path / "x.part").write_bytes(b"x")
    made_at_ms = (tmp_path / "x.part").stat().st_mtime_ns // 1_000_000
    AudioCache(tmp_path, fetcher(), FakeClock(made_at_ms))
    assert files(tmp_path) == [".part"], "another process may be at it"
    AudioCache(tmp_path, fetcher(), FakeClock(made_at_ms + 7_200_000))
    assert files(tmp_path) == []


def test_the_least_recently_used_go_first_and_never_what_was_just_handed_out(
    tmp_path: Path, origin: Origin, clock: FakeClock
) -> None:
    bodies = {f"/{name}": WAV + name.encode() for name in "abcdef"}
    for path, body in bodies.items():
        origin.routes[path] = answer(body, cache_control="max-age=10000")
    cache = AudioCache(tmp_path, fetcher(), clock, max_cache_bytes=3 * len(WAV) + 3, grace_s=60)
    a, b, c = (cache.get(origin.url(path)) for path in ("/a", "/b", "/c"))
    with refused("media-storage"):
        cache.get(origin.url("/d"))
    assert all(audio.path.exists() for audio in (a, b, c)), "all were handed out a moment ago"
    clock.pass_s(61)
    cache.get(origin.url("/a"))
    d = cache.get(origin.url("/d"))
    clock.pass_s(1)
    cache.get(origin.url("/a"))
    cache.get(origin.url("/e"))
    assert [audio.path.exists() for audio in (a, b, c, d)] == [True, False, False, True]
    clock.pass_s(61)
    again = AudioCache(tmp_path, fetcher(), clock, max_cache_bytes=2 * len(WAV) + 2, grace_s=60)
    assert [audio.path.exists() for audio in (a, d)] == [True, False], "use is remembered over a restart"
    requests = len(origin.seen)
    again.get(origin.url("/b"))
    assert len(origin.seen) == requests + 1, "what was swept is fetched again"


def test_the_number_of_entries_has_a_limit_too(tmp_path: Path, origin: Origin, clock: FakeClock) -> None:
    origin.routes["/a"] = answer(WAV)
    cache = AudioCache(tmp_path, fetcher(), clock, max_entries=3)
    for number in range(6):
        cache.get(origin.url(f"/a?{number}"))
    assert len(list(tmp_path.glob("*.json"))) == 3
    assert len(list(tmp_path.glob("*.wav"))) == 1


def test_a_directory_that_cannot_be_written_is_an_error_of_ours(cache: AudioCache, origin: Origin) -> None:
    origin.routes["/a"] = answer(WAV)
    cache.directory.rmdir()
    with refused("media-storage"):
        cache.get(origin.url("/a"))
