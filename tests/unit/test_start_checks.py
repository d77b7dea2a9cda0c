"""What the machine must give before the gateway starts: else one sentence that names the setting."""

import logging
from pathlib import Path

import pytest

from gateway.config import load
from gateway.errors import ConfigError
from gateway.start_checks import check_start


def start(tmp_path: Path, **settings: object) -> None:
    named = {f"GATEWAY_{name.upper()}": str(value) for name, value in settings.items()}
    check_start(load({"GATEWAY_DATA_DIR": str(tmp_path / "data"), **named}))


@pytest.mark.parametrize("url", ["gw.example.net", "ftp://x", "http://", "https://gw.example.net/?a=b", "http://a b"])
def test_a_public_url_that_makes_dead_links_stops_the_start(tmp_path: Path, url: str) -> None:
    with pytest.raises(ConfigError, match="GATEWAY_PUBLIC_URL"):
        start(tmp_path, public_url=url)


@pytest.mark.parametrize("listen", ["127.0.0.1:0", "0.0.0.0:8080", "[::1]:8080"])
def test_the_default_public_url_starts(tmp_path: Path, listen: str) -> None:
    start(tmp_path, listen=listen)


@pytest.mark.parametrize("setting", ["data_dir", "recordings_dir"])
def test_a_folder_that_cannot_be_made_stops_the_start_by_its_name(tmp_path: Path, setting: str) -> None:
    """It said "No such file or directory" and no more."""
    (tmp_path / "file").touch()
    with pytest.raises(ConfigError, match=f"^GATEWAY_{setting.upper()}: .*file/below"):
        start(tmp_path, **{setting: tmp_path / "file" / "below"})


def test_a_folder_that_can_be_made_is_made(tmp_path: Path) -> None:
    start(tmp_path, recordings_dir=tmp_path / "new" / "recordings")
    assert (tmp_path / "new" / "recordings").is_dir()


@pytest.mark.parametrize(
    ("setting", "value"),
    [("cdr_dir", "/does/not/exist"), ("nodes", "acW68=ClueCon@10.9.9.9:8021"), ("listen", "0.0.0.0:8080")],
)
def test_what_may_come_right_by_itself_is_said_and_starts(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, setting: str, value: str
) -> None:
    """A CDR folder that the switch makes at its own start, links that lead nowhere from a far switch."""
    with caplog.at_level(logging.WARNING):
        start(tmp_path, **{setting: value})
    named = "GATEWAY_CDR_DIR" if setting == "cdr_dir" else "GATEWAY_PUBLIC_URL"
    assert [named in record.getMessage() for record in caplog.records] == [True]
