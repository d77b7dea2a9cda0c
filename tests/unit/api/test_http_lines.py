"""Header lines read strictly: the body's end must be beyond doubt, and nothing may pass for another header."""

import io

import pytest

from gateway.api.http_lines import MAX_HEAD_BYTES, MAX_LINE_BYTES, MAX_LINES, Headers, HeadTooLarge


def _read(raw: bytes) -> Headers:
    return Headers(io.BytesIO(raw + b"\r\n"))


def test_names_are_without_case_and_values_without_space_around_them() -> None:
    found = _read(b"Host: a\r\ncontent-TYPE:\t application/json \r\nX-Empty:\r\n")
    assert (found.get("HOST"), found.typeheader, found.getheader("x-empty"), found.get("x", "")) == (
        "a",
        "application/json",
        "",
        "",
    )


def test_the_body_is_left_where_it_begins() -> None:
    lines = io.BytesIO(b"A: b\r\nContent-Length: 2\r\n\r\n{}")
    assert Headers(lines).get("content-length") == "2" and lines.read() == b"{}"


def test_the_environ_of_wsgi() -> None:
    found = _read(
        b"X-App-ID: a\r\nX_App_ID: b\r\nAccept: c\r\naccept: d\r\nCookie: e=1\r\nCookie: f=2\r\nContent-Type: g\r\n"
    )
    assert dict(found.environ()) == {"HTTP_X_APP_ID": "a", "HTTP_ACCEPT": "c,d", "HTTP_COOKIE": "e=1; f=2"}


def test_bytes_that_are_not_ascii_are_latin_1_as_wsgi_wants_them() -> None:
    assert _read("X-Name: ä".encode() + b"\r\n").get("x-name") == "ä".encode().decode("latin-1")


@pytest.mark.parametrize(
    "raw",
    [
        b"Host\r\n",
        b"Host : a\r\n",
        b" Host: a\r\n",
        b"Host: a\r\n folded\r\n",
        b": a\r\n",
        b"H\xc3\xb6st: a\r\n",
        b"X: a\0b\r\n",
        b"X: a\rY: b\r\n",
        b"Host: a\r\nHost: b\r\n",
        b"Content-Length: 2\r\nContent-Length: 2\r\n",
        b"Content-Length: 2, 2\r\n",
        b"Content-Length: +2\r\n",
        b"Content-Length: -2\r\n",
        b"Content-Length: 1_0\r\n",
        b"Content-Length:\r\n",
        b"Transfer-Encoding: gzip, chunked\r\n",
        b"Transfer-Encoding: chunked\r\ntransfer-encoding: identity\r\n",
    ],
)
def test_what_is_no_http_is_refused(raw: bytes) -> None:
    with pytest.raises(ValueError, match=r"header|given twice|Content-Length"):
        _read(raw)


_LARGE = b"X: " + b"a" * (MAX_LINE_BYTES - 5) + b"\r\n"


@pytest.mark.parametrize("raw", [b"X: a" + _LARGE, b"X: a\r\n" * (MAX_LINES + 1), _LARGE * 8 + b"X: a\r\n"])
def test_a_head_that_is_too_large_is_refused_as_soon_as_it_is(raw: bytes) -> None:
    """98 lines of 8 KB would hold 0.8 MB of each connection, before anybody has said who he is."""
    lines = io.BytesIO(raw + b"X: a\r\n")
    with pytest.raises(HeadTooLarge):
        Headers(lines)
    assert lines.read() != b""


def test_a_head_of_the_largest_size_is_read() -> None:
    assert len(_read(_LARGE[:-3] + b"\r\n" + _LARGE * 7).get("x", "") or "") > MAX_HEAD_BYTES - 100
    assert _read(b"X: a\r\n" * MAX_LINES).get("x") == ",".join("a" * MAX_LINES)


@pytest.mark.parametrize("raw", [b"", b"Host: a", b"Host: a\r\n"])
def test_a_head_that_is_cut_off_is_refused(raw: bytes) -> None:
    with pytest.raises(ValueError, match="cut off"):
        Headers(io.BytesIO(raw))
