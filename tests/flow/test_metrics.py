"""/metrics: what an operator sees, and docs/metrics.md, which tells what it means."""

import re
from dataclasses import fields
from pathlib import Path

import requests

from gateway.switch.connection import SwitchCounters
from tests.flow.house import House
from tests.gateway_process import NODE
from tests.waiting import wait_for

PAGE = Path(__file__).parents[2] / "docs" / "metrics.md"


def scraped(house: House) -> str:
    answer = requests.get(f"{house.base}/metrics", timeout=10)
    assert answer.status_code == 200, answer.text
    return answer.text


def value(house: House, name: str) -> float:
    line = next(line for line in scraped(house).splitlines() if line.startswith(f'{name}{{node="{NODE}"}}'))
    return float(line.rpartition(" ")[2])


def test_the_page_names_what_is_there_and_nothing_else(house: House) -> None:
    there = re.findall(r"^# TYPE (\S+)", scraped(house), re.MULTILINE)
    assert sorted(re.findall(r"^\| (gateway_\w+) \|", PAGE.read_text(), re.MULTILINE)) == sorted(there)


def test_each_counter_of_the_switchs_connections_is_there(house: House) -> None:
    for counter in fields(SwitchCounters):
        assert value(house, f"gateway_switch_{counter.name}_total") >= 0


def test_a_frame_that_cannot_be_read_is_counted(house: House) -> None:
    bad = value(house, "gateway_switch_bad_frames_total")
    house.switch.fault("garbage json")
    wait_for(lambda: value(house, "gateway_switch_bad_frames_total") > bad, "it is counted")
    assert value(house, "gateway_switch_connects_total") == 1
