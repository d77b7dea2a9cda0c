"""What the tests of the media room share."""

from collections.abc import Iterator

import pytest

from tests.unit.media.origin import FakeClock, Origin


@pytest.fixture
def origin() -> Iterator[Origin]:
    server = Origin()
    yield server
    server.stop()


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()
