"""setup.cfg: imports are declared, the switch's configuration is installed whole, no room is left out of a rule."""

import ast
import re
import sys
from configparser import ConfigParser
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CONF = "freeswitch-conf"


# What may be imported in a few rooms only, and in which.
ONLY_IN = {
    "esl-only-in-switch": {"switch"},
    "sql-only-in-store": {"store"},
    "flask-only-in-api": {"api"},
    "marshmallow-only-in-schemas": {"api", "schemas"},
    "http-clients-at-the-doors": {"callcontrol", "media", "webhooks"},
    "xml-only-in-callcontrol": {"callcontrol"},
    "nobody-imports-the-simulator": {"__main__", "cli", "simulator"},
}


def setup() -> ConfigParser:
    parser = ConfigParser()
    parser.read(ROOT / "setup.cfg")
    return parser


def names(requirements: str) -> set[str]:
    lines = (line.partition("#")[0].strip() for line in requirements.splitlines())
    return {re.split(r"[<>=\[]", line)[0].lower().replace("-", "_") for line in lines if line}


def imported() -> set[str]:
    found = set[str]()
    for path in (ROOT / "gateway").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Import):
                found |= {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module:
                found.add(node.module)
    return {name.partition(".")[0].lower() for name in found} - set(sys.stdlib_module_names) - {"gateway"}


def test_what_is_imported_is_declared() -> None:
    options = setup()
    needed = names(options["options"]["install_requires"])
    extras = names(options["options.extras_require"]["transcription"])
    assert imported() | {"idna"} == needed | extras, (
        "urllib3 writes hosts beyond ASCII with idna, and does not require it"
    )


def test_the_configuration_of_the_switch_is_installed_whole() -> None:
    patterns = " ".join(setup()["options.data_files"].values()).split()
    installed = {path for pattern in patterns for path in ROOT.glob(pattern)}
    assert installed == {path for path in (ROOT / CONF).rglob("*") if path.is_file()}
    for target, given in setup()["options.data_files"].items():
        folders = {str(Path(pattern).parent) for pattern in given.split()}
        assert folders == {target.removeprefix("share/switch-gateway/")}


@pytest.mark.parametrize("contract", ONLY_IN)
def test_an_only_in_rule_is_for_every_other_room(contract: str) -> None:
    """Of what stands in no list import-linter says nothing."""
    listed = set(setup()[f"importlinter:contract:{contract}"]["source_modules"].split())
    gateway = ROOT / "gateway"
    there = {path.stem for path in gateway.glob("*.py")} | {path.parent.name for path in gateway.glob("*/__init__.py")}
    assert listed == {f"gateway.{room}" for room in there - {"__init__"} - ONLY_IN[contract]}
