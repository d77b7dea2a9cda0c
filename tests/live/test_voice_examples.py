"""The voice API's examples and notes with a real FreeSWITCH and real SIP callers.

Issue 4: "both TryVox files replay green against a real FreeSWITCH".
"""

import pytest

from tests import voice_stories
from tests.scenarios import Story
from tests.stage import Stage


@pytest.mark.parametrize("story", voice_stories.STORIES, ids=lambda story: story.__name__)
def test_story(stage: Stage, story: Story) -> None:
    """Each story's own docstring quotes what it proves."""
    story(stage)
