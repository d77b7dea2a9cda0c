"""The stories of scenarios.py and outages.py, told to a gateway process beside the simulated switch."""

import pytest

from tests import calls_out, outages, scenarios
from tests.scenarios import Story
from tests.stage import Stage


@pytest.mark.parametrize(
    "story", [*scenarios.STORIES, *calls_out.STORIES, *outages.STORIES], ids=lambda story: story.__name__
)
def test_story(stage: Stage, story: Story) -> None:
    """Each story's own docstring quotes what it proves."""
    story(stage)
