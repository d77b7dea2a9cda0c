"""How long an answer is fresh: what its headers say, and no more than a day."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.media.freshness import MAX_FRESH_S, fresh_for_s


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, 10),
        ({"etag": '"1"'}, 0),
        ({"cache-control": "max-age=30"}, 30),
        ({"cache-control": 'Public , MAX-AGE="30"', "age": "10"}, 20),
        ({"cache-control": "max-age=5", "age": "50"}, 0),
        ({"cache-control": "max-age=99999999"}, MAX_FRESH_S),
        ({"cache-control": "max-age=-1"}, 0),
        ({"cache-control": "no-cache, max-age=30"}, 0),
        ({"cache-control": "no-store"}, 0),
        ({"date": "Wed, 06 May 2026 12:00:00 GMT", "expires": "Wed, 06 May 2026 12:01:00 GMT"}, 60),
        ({"date": "Wed, 06 May 2026 12:00:00 GMT", "expires": "0"}, 0),
        ({"expires": "Wed, 06 May 2026 12:01:00 GMT"}, 0),
    ],
)
def test_freshness(headers: dict[str, str], seconds: int) -> None:
    assert fresh_for_s(headers) == seconds


@settings(deadline=None)
@given(st.dictionaries(st.sampled_from(["cache-control", "age", "date", "expires", "etag"]), st.text()))
def test_any_headers_give_a_freshness_within_limits(headers: dict[str, str]) -> None:
    assert 0 <= fresh_for_s(headers) <= MAX_FRESH_S
