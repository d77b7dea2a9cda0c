"""Signed links: made, held, tampered with, expired; and their key."""

import re
import stat
from pathlib import Path

import gevent
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from gateway.errors import ConfigError, Forbidden, NotFound
from gateway.media.links import SignedLinks, load_or_create_key
from tests.unit.media.origin import FakeClock

SECRET = b"s" * 32
BUCKET_START_MS = 1_800_000_000_000  # a whole hour


def links(clock: FakeClock, *directories: Path) -> SignedLinks:
    return SignedLinks(SECRET, "http://gateway.example:8080/", clock, directories)


def name_of(url: str) -> str:
    return url.rpartition("/")[2]


def test_a_link_ends_in_its_type_has_no_query_and_opens_again(clock: FakeClock, tmp_path: Path) -> None:
    (tmp_path / "abc_-9.mp3").touch()
    url = links(clock).url_for("abc_-9", "mp3", 600)
    assert re.fullmatch(r"http://gateway\.example:8080/media/abc_-9\.[0-9]+\.[0-9a-f]{32}\.mp3", url)
    assert links(clock, tmp_path).resolve(name_of(url)) == tmp_path / "abc_-9.mp3"


def test_a_link_stays_the_same_within_its_hour_and_not_longer() -> None:
    clock = FakeClock(BUCKET_START_MS)
    first = links(clock).url_for("abc", "wav", 600)
    clock.pass_s(3599)
    assert links(clock).url_for("abc", "wav", 600) == first
    clock.pass_s(1)
    assert links(clock).url_for("abc", "wav", 600) != first


def test_a_link_holds_for_its_ttl_even_when_made_at_the_end_of_an_hour(tmp_path: Path) -> None:
    (tmp_path / "abc.wav").touch()
    clock = FakeClock(BUCKET_START_MS + 3_599_999)
    name = name_of(links(clock).url_for("abc", "wav", 600))
    clock.pass_s(600)
    assert links(clock, tmp_path).resolve(name) == tmp_path / "abc.wav"
    clock.pass_s(1)
    with pytest.raises(Forbidden) as caught:
        links(clock).resolve(name)
    assert caught.value.error_id == "media-link-expired"


@settings(deadline=None)
@given(position=st.integers(0, 200), other=st.characters())
def test_a_link_with_one_character_changed_is_refused(position: int, other: str) -> None:
    clock = FakeClock()
    name = name_of(links(clock).url_for("abcdef", "wav", 600))
    position %= len(name)
    assume(name[position] != other)
    with pytest.raises(Forbidden) as caught:
        links(clock).resolve(name[:position] + other + name[position + 1 :])
    assert caught.value.error_id == "media-link-invalid"


@settings(deadline=None)
@given(st.text())
def test_any_text_is_refused(text: str) -> None:
    with pytest.raises(Forbidden):
        links(FakeClock()).resolve(text)


def test_another_key_another_type_and_a_line_end_are_refused(clock: FakeClock) -> None:
    name = name_of(links(clock).url_for("abc", "wav", 600))
    for wrong in (name[:-3] + "mp3", name + "\n", name.upper(), "../" + name, name + ".wav"):
        with pytest.raises(Forbidden):
            links(clock).resolve(wrong)
    with pytest.raises(Forbidden):
        SignedLinks(b"t" * 32, "http://x", clock).resolve(name)


@pytest.mark.parametrize(("file_id", "extension"), [("a/b", "wav"), ("", "wav"), ("a.b", "wav"), ("a", "exe")])
def test_what_cannot_be_a_link_is_never_signed(clock: FakeClock, file_id: str, extension: str) -> None:
    with pytest.raises(ValueError, match="no link"):
        links(clock).url_for(file_id, extension, 600)


def test_a_link_leads_to_the_first_directory_that_has_its_file(tmp_path: Path, clock: FakeClock) -> None:
    first, second = tmp_path / "1", tmp_path / "2"
    first.mkdir()
    second.mkdir()
    (second / "abc.wav").write_bytes(b"x")
    made = links(clock, first, second)
    name = name_of(made.url_for("abc", "wav", 600))
    assert made.resolve(name) == second / "abc.wav"
    (second / "abc.wav").unlink()
    with pytest.raises(NotFound) as caught:
        made.resolve(name)
    assert caught.value.error_id == "media-not-found"
    with pytest.raises(Forbidden):
        made.resolve("abc.wav")


def test_the_key_is_made_once_for_all_and_for_the_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "data" / "media.key"
    made = [gevent.spawn(load_or_create_key, path) for _ in range(5)]
    gevent.joinall(made, raise_error=True)
    keys = {greenlet.value for greenlet in made}
    assert len(keys) == 1
    assert len(keys.pop()) == 32
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [entry.name for entry in path.parent.iterdir()] == ["media.key"]


@pytest.mark.parametrize("content", ["", "zz", "00ff", "é"])
def test_a_broken_key_stops_the_start_and_is_not_replaced(tmp_path: Path, content: str) -> None:
    path = tmp_path / "media.key"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(ConfigError, match=r"media\.key"):
        load_or_create_key(path)
    assert path.read_text(encoding="utf-8") == content
