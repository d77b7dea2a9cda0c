"""digitsMatch, pure: which patterns keys hold, and which keys still wait."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.services.digits import taken


@pytest.mark.parametrize(
    ("keys", "patterns", "is_over", "expected"),
    [
        ("1", ("1",), False, (["1"], "")),
        ("1", ("1", "123"), False, ([], "1")),
        ("12", ("1", "123"), False, ([], "12")),
        ("123", ("1", "123"), False, (["123"], "")),
        ("124", ("1", "123"), False, (["1"], "")),
        ("1", ("1", "123"), True, (["1"], "")),
        ("12", ("1", "123", "2"), True, (["1", "2"], "")),
        ("9", ("1",), False, ([], "")),
        ("91", ("1",), False, (["1"], "")),
        ("1245", ("123", "45"), False, (["45"], "")),
        ("*0", ("*", "*0#"), True, (["*"], "")),
        ("12", ("123", "24"), True, ([], "")),
        ("", ("1",), True, ([], "")),
    ],
)
def test_taken(keys: str, patterns: tuple[str, ...], is_over: bool, expected: tuple[list[str], str]) -> None:
    """ "longest match wins, a pattern that begins a longer one is reported after digits_match_timeout_ms"."""
    assert taken(keys, patterns, is_over) == expected


KEYS = st.text("12*", min_size=1, max_size=4)


@given(st.text("12*", max_size=12), st.lists(KEYS, min_size=1, max_size=4))
def test_key_by_key_nothing_waits_in_vain(keys: str, patterns: list[str]) -> None:
    """What waits may become a pattern; once the time is over nothing waits; only patterns are told."""
    waiting, told = "", []
    for key in keys:
        found, waiting = taken(waiting + key, patterns, is_over=False)
        told += found
        assert not waiting or any(one.startswith(waiting) and one != waiting for one in patterns)
    found, waiting = taken(waiting, patterns, is_over=True)
    assert waiting == "" and set(told + found) <= set(patterns)
