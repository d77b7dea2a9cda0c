"""One house a module; after each test everything told so far must be signed, in order, and a legal chain."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.flow.conference_house import ConferenceHouse
from tests.flow.house import House
from tests.flow.led import LedHouse
from tests.simulator_process import PASSWORD, SimulatedPhones, SimulatorProcess
from tests.stage import Stage


@pytest.fixture(scope="module")
def open_house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    house = House(tmp_path_factory.mktemp("house"))
    yield house
    house.stop()


@pytest.fixture
def house(open_house: House) -> Iterator[House]:
    open_house.forget_cooldowns()
    yield open_house
    open_house.sink.assert_ordered()


@pytest.fixture
def led(house: House) -> Iterator[LedHouse]:
    """Its pages' problems are requests whose signature is not valid."""
    led = LedHouse(house)
    yield led
    led.pages.stop()
    assert not led.pages.problems


@pytest.fixture(scope="module")
def open_hall(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ConferenceHouse]:
    """With the module's HOUSE_SETTINGS, if it has any."""
    hall = ConferenceHouse(tmp_path_factory.mktemp("hall"), **getattr(request.module, "HOUSE_SETTINGS", {}))
    yield hall
    hall.stop()


@pytest.fixture
def hall(open_hall: ConferenceHouse) -> Iterator[ConferenceHouse]:
    """A house of conferences, whose callers are led by documents."""
    open_hall.house.forget_cooldowns()
    yield open_hall
    open_hall.house.sink.assert_ordered()
    assert not open_hall.documents.problems


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
