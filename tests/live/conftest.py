"""Live tests: a real FreeSWITCH with freeswitch-conf/ and SIP callers by sipp; skipped, with the reason, without."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.live.phones import SippPhones
from tests.live.switch import RealSwitch, why_not_live
from tests.live.trunk import Trunk
from tests.stage import Stage

HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    reason = why_not_live()
    for item in items:
        if item.path.is_relative_to(HERE):
            item.add_marker(pytest.mark.live)
            if reason:
                item.add_marker(pytest.mark.skip(reason=reason))


@pytest.fixture(scope="module")
def switch(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealSwitch]:
    with RealSwitch(tmp_path_factory.mktemp("switch")) as switch:
        yield switch


@pytest.fixture(scope="module")
def stage(switch: RealSwitch, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    folder = tmp_path_factory.mktemp("stage")
    stage = Stage(folder, switch, switch.esl_password, SippPhones(switch, folder))
    with Trunk(folder, switch.trunk_port):
        try:
            stage.start()
            yield stage
        finally:
            stage.stop()
