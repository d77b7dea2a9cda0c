"""The stories of scenarios.py and outages.py with a real FreeSWITCH and real SIP callers.

Issue 2: "the same story passes in tests/live against a real FreeSWITCH with sipp callers".
"""

import pytest

from tests import calls_out, outages, scenarios
from tests.scenarios import Story
from tests.stage import Stage

STORIES = [*scenarios.STORIES, *calls_out.STORIES, *outages.STORIES, *outages.REAL_STORIES]


@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.__name__)
def test_story(stage: Stage, story: Story) -> None:
    """Each story's own docstring quotes what it proves."""
    story(stage)
