"""What the tests of several rooms share."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.world import World


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """With one app and nothing else; a module that needs more puts it in by a fixture of the same name."""
    world = World(tmp_path)
    yield world
    world.close()
