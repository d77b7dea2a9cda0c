"""tests/README.md names what proves what: each test and file it names exists."""

import ast
import re
from pathlib import Path

TESTS = Path(__file__).parents[1]
TEXT = (TESTS / "README.md").read_text()


def defined() -> set[str]:
    return {
        node.name
        for path in TESTS.rglob("test_*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
    }


def test_every_test_that_is_named_exists() -> None:
    named = set(re.findall(r"`(test_[a-z0-9_]+)`", TEXT))
    assert len(named) > 60
    assert not named - defined()


def test_every_file_that_is_named_exists() -> None:
    named = set(re.findall(r"`((?:tests/)?[a-z_/]+\.py)`", TEXT))
    assert len(named) > 8
    there = [f"/{path.relative_to(TESTS)}" for path in TESTS.rglob("*.py")]
    missing = {name for name in named if not any(path.endswith("/" + name.removeprefix("tests/")) for path in there)}
    assert not missing
