"""What the switch is given: a link of ours, or the app's URL with its type where the switch looks for it."""

import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.config import load
from gateway.errors import Forbidden, MediaError
from gateway.media.download import AudioCache
from gateway.media.links import SignedLinks
from gateway.media.parts import Media
from gateway.media.playable import Playables, typed_url
from tests.unit.media.origin import WAV, FakeClock, Names, Origin, answer, fetcher, refused


def playables(mode: str, directory: Path, clock: FakeClock, names: Names | None = None) -> Playables:
    cache = AudioCache(directory, fetcher(names), clock)
    return Playables(mode, cache, SignedLinks(b"s" * 32, "http://127.0.0.1:8080", clock, [directory]))


def test_the_gateway_downloads_and_gives_the_same_link_each_time(
    tmp_path: Path, clock: FakeClock, origin: Origin
) -> None:
    origin.routes["/song"] = answer(WAV, cache_control="max-age=60")
    made = playables("gateway", tmp_path, clock)
    link = made.resolve(origin.url("/song?v=1.2/3"))
    assert re.fullmatch(r"http://127\.0\.0\.1:8080/media/[0-9a-f]{40}\.[0-9]+\.[0-9a-f]{32}\.wav", link)
    assert made.resolve(origin.url("/song?v=1.2/3")) == link
    assert len(origin.seen) == 1


def test_settings_are_enough_for_the_whole_way(tmp_path: Path, clock: FakeClock, origin: Origin) -> None:
    origin.routes["/a"] = answer(WAV)
    environ = {"GATEWAY_DATA_DIR": str(tmp_path), "GATEWAY_ALLOW_PRIVATE_URLS": "true"}
    media = Media(load(environ), "http://127.0.0.1:8080", clock)
    link = media.resolve(origin.url("/a"))
    assert media.file_of(link.rpartition("/")[2]).read_bytes() == WAV
    with pytest.raises(Forbidden):
        media.file_of("a.wav")
    with refused("media-forbidden-address"):
        closed = load({"GATEWAY_DATA_DIR": str(tmp_path / "closed")})
        Media(closed, "http://127.0.0.1:8080", clock).resolve(origin.url("/a"))


def test_an_unknown_mode_stops_the_start(tmp_path: Path, clock: FakeClock) -> None:
    with pytest.raises(ValueError, match="unknown mode"):
        playables("other", tmp_path, clock)


def test_in_mode_switch_the_url_is_handed_on_with_its_type(tmp_path: Path, clock: FakeClock) -> None:
    made = playables("switch", tmp_path, clock, Names(audio_example=[["8.8.8.8"]]))
    assert made.resolve("https://audio.example/a.wav?v=1.2") == "https://audio.example/a.wav?v=1.2#.wav"


def test_in_mode_switch_what_leads_inside_is_refused(tmp_path: Path, clock: FakeClock) -> None:
    made = playables("switch", tmp_path, clock, Names(db_internal=[["10.0.0.1"]]))
    for url in ("http://10.0.0.1/a.wav", "http://[::1]/a.wav", "http://db.internal/a.wav"):
        with refused("media-forbidden-address"):
            made.resolve(url)


def test_in_mode_switch_a_name_only_the_switch_knows_is_handed_on(tmp_path: Path, clock: FakeClock) -> None:
    assert playables("switch", tmp_path, clock).resolve("http://cdn/a.wav") == "http://cdn/a.wav"


@pytest.mark.parametrize(
    "url",
    [
        "/etc/passwd",
        "ftp://x/a.wav",
        "http://u:p@x/a.wav",
        "http://x/a b.wav",
        "http://x\\@y/a.wav",
        "http://x/\n.wav",
    ],
)
def test_in_mode_switch_what_two_readers_may_read_differently_is_refused(
    tmp_path: Path, clock: FakeClock, url: str
) -> None:
    with refused("media-invalid-url"):
        playables("switch", tmp_path, clock).resolve(url)


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://x.example/a.wav", "https://x.example/a.wav"),
        ("https://x.example/a.mp3", "https://x.example/a.mp3"),
        ("https://x.example/a.wav#part", "https://x.example/a.wav"),
        ("https://x.example/a.wav?v=1.2", "https://x.example/a.wav?v=1.2#.wav"),
        ("https://x.example/a.MP3", "https://x.example/a.MP3#.mp3"),
        ("https://x.example/get?file=dir/a.mp3", "https://x.example/get?file=dir/a.mp3#.mp3"),
        ("https://x.example/get.php?id=1#.mp3", "https://x.example/get.php?id=1#.mp3"),
        ("https://x.example/get.php?id=1#song.wav", "https://x.example/get.php?id=1#.wav"),
        ("https://x.example/audio/12", "https://x.example/audio/12"),
        ("https://x.example/audio?id=12", "https://x.example/audio?id=12"),
        ("https://x.example/a.wav?", "https://x.example/a.wav?#.wav"),
    ],
)
def test_the_type_is_where_the_switch_looks_for_it(url: str, expected: str) -> None:
    assert typed_url(url) == expected


@pytest.mark.parametrize(
    "url",
    [
        "https://x.example/a.ogg",
        "https://x.example/get.php",
        "https://x.example/get?to=a.b",
        "https://x/a?b/c",
    ],
)
def test_a_type_that_cannot_be_told_is_refused(url: str) -> None:
    with refused("media-unsupported") as errors:
        typed_url(url)
    assert "append #.wav or #.mp3" in errors[0].message


@settings(deadline=None)
@given(st.from_regex(r"https://h\.example/[a-z.%/]{0,12}(\?[a-z=./]{0,12})?(#[a-z.]{0,8})?", fullmatch=True))
def test_a_typed_url_ends_in_its_type_or_has_none_at_all(url: str) -> None:
    try:
        typed = typed_url(url)
    except MediaError:
        return
    after_host = typed.removeprefix("https://h.example")
    assert re.search(r"\.(wav|mp3)\Z", typed) or "." not in after_host.rpartition("/")[2]
