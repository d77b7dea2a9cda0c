"""The stories of scenarios.py and outages.py, told to a gateway process beside the simulated switch."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import outages, scenarios
from tests.scenarios import Story
from tests.simulator_process import PASSWORD, SimulatedPhones, SimulatorProcess
from tests.stage import Stage


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    folder: Path = tmp_path_factory.mktemp("stage")
    with SimulatorProcess(folder / "switch") as switch:
        stage = Stage(folder, switch, PASSWORD, SimulatedPhones(switch))
        try:
            stage.start()
            yield stage
        finally:
            stage.stop()


@pytest.mark.parametrize("story", [*scenarios.STORIES, *outages.STORIES], ids=lambda story: story.__name__)
def test_story(stage: Stage, story: Story) -> None:
    """Each story's own docstring quotes what it proves."""
    story(stage)
