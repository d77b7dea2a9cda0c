"""Event patterns: which endpoint gets what."""

import pytest

from gateway.domain.patterns import matches

TALKING = "conference.member.talking_started"


@pytest.mark.parametrize(
    ("patterns", "event", "wanted"),
    [
        (None, "conference.created", True),
        (None, TALKING, False),
        (["conference.*"], "conference.member.joined", True),
        (["conference.*"], TALKING, False),
        (["*"], TALKING, False),
        (["conference.member.talking_*"], TALKING, True),
        ([TALKING], TALKING, True),
        (["call.*"], "conference.created", False),
        (["call.*"], "call.answered", True),
        ([], "call.answered", False),
        (["call.?nswered"], "call.answered", False),
        (["call.[a]nswered"], "call.answered", False),
        (["callXanswered"], "call.answered", False),
    ],
)
def test_matches(patterns: list[str] | None, event: str, wanted: bool) -> None:
    """talking_started/talking_stopped (only to endpoints that name them)"""
    assert matches(patterns, event) is wanted
