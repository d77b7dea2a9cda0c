"""Uploads from a switch: one per link, within its time, of a size, for somebody who waits."""

import io
import os
from pathlib import Path

import pytest

from gateway.errors import Forbidden, InvalidInput, TooLarge
from gateway.media.links import SignedLinks
from gateway.media.uploads import Uploads
from tests.unit.media.origin import FakeClock


@pytest.fixture
def uploads(tmp_path: Path, clock: FakeClock) -> Uploads:
    return Uploads(tmp_path / "uploads", SignedLinks(b"s" * 32, "http://gateway:8080", clock), 1000)


def name_of(url: str) -> str:
    assert url.startswith("http://gateway:8080/media/speech/")
    return url.rpartition("/")[2]


def refuse(uploads: Uploads, name: str) -> None:
    """Each time the same, whatever is wrong."""
    with pytest.raises(Forbidden) as caught:
        uploads.take(name, io.BytesIO(b"x").read)
    assert (caught.value.error_id, caught.value.message) == ("media-link-invalid", "this link is not valid")


def test_what_is_sent_is_there_for_the_one_who_waits_and_gone_afterwards(uploads: Uploads, tmp_path: Path) -> None:
    with uploads.awaited(10) as upload:
        assert not upload.path.exists()
        uploads.take(name_of(upload.url), io.BytesIO(b"x" * 1000).read)
        assert upload.path.read_bytes() == b"x" * 1000
    assert list((tmp_path / "uploads").iterdir()) == []


def test_a_link_is_good_once_and_only_while_somebody_waits(uploads: Uploads) -> None:
    with uploads.awaited(10) as upload:
        uploads.take(name_of(upload.url), io.BytesIO(b"first").read)
        refuse(uploads, name_of(upload.url))
        assert upload.path.read_bytes() == b"first"
    refuse(uploads, name_of(upload.url))


def test_a_link_is_good_for_its_time(uploads: Uploads, clock: FakeClock) -> None:
    with uploads.awaited(10) as upload:
        clock.pass_s(11)
        refuse(uploads, name_of(upload.url))


def test_a_link_that_was_not_made_here_is_refused(uploads: Uploads, clock: FakeClock) -> None:
    with uploads.awaited(10) as upload:
        upload_id, expires, signature, _ = name_of(upload.url).split(".")
        other = "0" if signature[0] != "0" else "1"
        for name in (
            f"{upload_id}.{expires}.{other}{signature[1:]}.wav",
            f"{upload_id}.{int(expires) + 1}.{signature}.wav",
            f"{'0' * 32}.{expires}.{signature}.wav",
            f"..%2f{upload_id}.{expires}.{signature}.wav",
            "x",
        ):
            refuse(uploads, name)
        download = SignedLinks(b"s" * 32, "http://gateway:8080", clock).url_for(upload_id, "wav")
        refuse(uploads, download.rpartition("/")[2])


def test_a_body_that_is_too_large_or_cut_off_is_not_kept(uploads: Uploads, tmp_path: Path) -> None:
    def broken(_size: int) -> bytes:
        raise OSError("unexpected end of file")

    with uploads.awaited(10) as upload, pytest.raises(TooLarge):
        uploads.take(name_of(upload.url), io.BytesIO(b"x" * 1001).read)
    with uploads.awaited(10) as upload, pytest.raises(InvalidInput):
        uploads.take(name_of(upload.url), broken)
    assert list((tmp_path / "uploads").iterdir()) == []


def test_what_a_killed_gateway_left_behind_is_swept(uploads: Uploads, tmp_path: Path) -> None:
    (tmp_path / "uploads").mkdir()
    old, new = tmp_path / "uploads" / "old.wanted", tmp_path / "uploads" / "new.wanted"
    old.touch()
    new.touch()
    os.utime(old, (1, 1))
    with uploads.awaited(10):
        assert not old.exists() and new.exists()


def test_a_quick_upload_lets_others_have_their_turn(uploads: Uploads, monkeypatch: pytest.MonkeyPatch) -> None:
    """64 MiB of a switch that sends as fast as they are written."""
    turns: list[int] = []
    monkeypatch.setattr(uploads, "_max_bytes", 4 * 1_048_576)
    monkeypatch.setattr("gateway.media.uploads.give_way", lambda: turns.append(1))
    with uploads.awaited(10) as upload:
        uploads.take(name_of(upload.url), io.BytesIO(bytes(4 * 1_048_576)).read)
    assert len(turns) == 4
