"""setup.cfg declares what gateway/ imports and no more, and installs the switch's configuration as a whole."""

import ast
import re
import sys
from configparser import ConfigParser
from pathlib import Path

ROOT = Path(__file__).parents[2]
CONF = "freeswitch-conf"


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
    assert imported() == needed | extras


def test_the_configuration_of_the_switch_is_installed_whole() -> None:
    patterns = " ".join(setup()["options.data_files"].values()).split()
    installed = {path for pattern in patterns for path in ROOT.glob(pattern)}
    assert installed == {path for path in (ROOT / CONF).rglob("*") if path.is_file()}
    for target, given in setup()["options.data_files"].items():
        folders = {str(Path(pattern).parent) for pattern in given.split()}
        assert folders == {target.removeprefix("share/switch-gateway/")}
