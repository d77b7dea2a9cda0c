"""What a WAVE file says of itself, true or not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.media.wav import mended, read_wav
from tests.unit.media.speakers import wav


def test_the_facts_of_a_file() -> None:
    sound = read_wav(wav(bytes(16_000)))
    assert (sound.rate_hz, sound.channels, sound.data_bytes, sound.duration_s) == (8000, 1, 16_000, 1.0)


def test_chunks_before_the_samples_are_passed_over() -> None:
    plain = wav()
    listed = plain[:36] + b"LIST\x03\x00\x00\x00abc\x00" + plain[36:]
    assert read_wav(listed).data_at == 44 + 12
    assert mended(listed, read_wav(listed))[36:] == listed[36:]


@pytest.mark.parametrize("claimed", [0xFFFFFFFF, 0x7FFFFFFF, 1601])
def test_a_size_that_is_too_large_becomes_the_true_one(claimed: int) -> None:
    content = wav(data_size=claimed)
    assert mended(content, read_wav(content)) == wav()


def test_the_head_of_a_file_is_enough() -> None:
    assert read_wav(wav()[:64], whole_bytes=len(wav())).data_bytes == 1600


@given(st.binary(max_size=200))
def test_no_bytes_do_more_than_be_refused(tail: bytes) -> None:
    for content in (tail, b"RIFF\x00\x00\x00\x00WAVE" + tail, wav()[:36] + tail):
        try:
            sound = read_wav(content)
        except ValueError:
            continue
        again = mended(content, sound)
        assert read_wav(again) == sound
