"""A chunked body: its data comes whole, what stands around it is read strictly and has an end."""

import io

import pytest

from gateway.api.chunks import MAX_FRAMING_BYTES, Chunks

NEXT = b"GET / HTTP/1.1\r\n"


def _body(raw: bytes) -> Chunks:
    return Chunks(io.BytesIO(raw), None)


@pytest.mark.parametrize(
    "raw",
    [
        b"3\r\nabc\r\n7\r\n\ndef\r\n!\r\n0\r\n\r\n",
        b'0003;a=b;c="d ;"\r\nabc\r\n7\r\n\ndef\r\n!\r\n000;x\r\n\r\n',
        b"A\r\nabc\ndef\r\n!\r\n0\r\nExpires: never\r\nX:\r\n\r\n",
        b"a\r\nabc\ndef\r\n!\r\n0\r\n\r\n",
    ],
)
def test_the_data_comes_in_any_pieces_and_what_follows_is_left_where_it_is(raw: bytes) -> None:
    for size in (None, -1, 1, 2, 3, 4, 100):
        rest = io.BytesIO(raw + NEXT)
        body, read = Chunks(rest, None), b""
        while piece := body.read(size):
            assert size in (None, -1) or len(piece) <= int(size)
            read += piece
        assert (read, body.position, body.read(), rest.read()) == (b"abc\ndef\r\n!", 10, b"", NEXT)
    assert _body(raw).readlines() == [b"abc\n", b"def\r\n", b"!"]
    assert _body(raw).readline(2) == b"ab"


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"3",
        b"3\r\nab",
        b"3\r\nabc",
        b"3\r\nabcd\r\n0\r\n\r\n",
        b"3\r\nabc\n0\r\n\r\n",
        b"3\nabc\r\n0\r\n\r\n",
        b"3 \r\nabc\r\n0\r\n\r\n",
        b"0x3\r\nabc\r\n0\r\n\r\n",
        b"+3\r\nabc\r\n0\r\n\r\n",
        b"3;\nabc\r\n0\r\n\r\n",
        b"3;\rabc\r\n0\r\n\r\n",
        b"00000000000000003\r\nabc\r\n0\r\n\r\n",
        b"FFFFFFFFFFFFFFFF\r\nabc",
        b"7FFFFFFFFFFFFFFF\r\nabc",
        b"3;" + b"x" * 9000 + b"\r\nabc\r\n0\r\n\r\n",
        b"0\r\n",
        b"0\r\nname\r\n\r\n",
        b"0\r\na b: c\r\n\r\n",
        b"0\r\n: c\r\n\r\n",
        b"0\r\na: b\n\r\n\r\n",
        b"0\r\n" + b"a: b\r\n" * (MAX_FRAMING_BYTES // 6) + b"\r\n",
        b"1\r\nx\r\n" * (MAX_FRAMING_BYTES // 5 + 1) + b"0\r\n\r\n",
    ],
)
def test_behind_a_fault_nothing_is_read(raw: bytes) -> None:
    body = _body(raw)
    for _ in range(2):
        with pytest.raises(OSError, match="a chunk|a trailer"):
            body.read()
    assert body._chunked_input_error


def test_a_body_of_a_megabyte_in_small_chunks_is_within_the_limit() -> None:
    raw = (b"80\r\n" + b"x" * 128 + b"\r\n") * 8191 + b"0\r\n\r\n"
    assert len(_body(raw).read()) == 8191 * 128
