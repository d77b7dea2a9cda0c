"""Plain answers are known at a glance; whatever else comes, it is the whole parser's to judge."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.webhooks.answers import plain_status

PLAIN = [
    (b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", 200),
    (b"HTTP/1.1 202 Accepted\r\nDate: Sat, 21 Nov 2026 11:00:00 GMT\r\ncontent-length:2\r\nX-Id: a:b\r\n\r\n{}", 202),
    (b"HTTP/1.1 204 No Content\r\nServer: any\r\n\r\n", 204),
    (b"HTTP/1.1 200 \r\nServer:\r\nContent-Length: 3 \r\n\r\nabc", 200),
]
OTHERS = [
    b"HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\n\r\n",
    b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1/\r\nContent-Length: 0\r\n\r\n",
    b"HTTP/1.1 100 Continue\r\n\r\n",
    b"HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n",
    b"HTTP/1.1 200 OK\r\n\r\n",
    b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n",
    b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nabc",
    b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nab",
    b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
    b"HTTP/1.1 200 OK\r\nCONNECTION: close\r\nContent-Length: 0\r\n\r\n",
    b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nContent-Length: 1\r\n\r\n",
    b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nTransfer-Encoding: chunked\r\n\r\n",
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    b"HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n\r\n",
    b"HTTP/1.1 200 OK\r\nContent-Length : 0\r\n\r\n",
    b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
    b"HTTP/1.1 200 OK\r\nContent-Length: 000000\r\n\r\n",
    b"HTTP/1.1 200 OK\r\nX: a\r\n folded\r\nContent-Length: 0\r\n\r\n",
    b"HTTP/1.1 200 OK\r\nX: \0\r\nContent-Length: 0\r\n\r\n",
    b"HTTP/1.1 200 OK\nContent-Length: 0\n\n",
    b"SSH-2.0-OpenSSH_9.2\r\n",
]


@pytest.mark.parametrize(("answer", "status"), PLAIN)
def test_plain_answers(answer: bytes, status: int) -> None:
    assert plain_status(answer) == status
    assert not plain_status(answer + b"H"), "what follows it belongs to no request"
    assert not any(plain_status(answer[:size]) for size in range(len(answer)))


@pytest.mark.parametrize("answer", OTHERS)
def test_all_else_is_for_the_parser(answer: bytes) -> None:
    assert plain_status(answer) == 0


@given(st.binary(max_size=50), st.integers(0, 200), st.integers(0, 200))
def test_whatever_comes_nothing_is_raised(noise: bytes, at: int, to: int) -> None:
    answer = PLAIN[1][0]
    assert plain_status(answer[:at] + noise + answer[to:]) in (0, *range(200, 300))
