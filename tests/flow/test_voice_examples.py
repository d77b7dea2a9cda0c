"""The voice API's examples and notes, told to a gateway beside the simulated switch."""

import pytest

from tests import voice_stories
from tests.scenarios import Story
from tests.stage import Stage


@pytest.mark.parametrize("story", voice_stories.STORIES, ids=lambda story: story.__name__)
def test_story(stage: Stage, story: Story) -> None:
    """Each story's own docstring quotes what it proves."""
    story(stage)
