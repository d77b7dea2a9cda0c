"""docs/house.md: it names every room, each room says what it is, and the rules that are cited are there."""

import ast
import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
GATEWAY = ROOT / "gateway"
PAGE = (ROOT / "docs" / "house.md").read_text()


def section(title: str) -> str:
    return PAGE.split(f"\n## {title}\n", 1)[1].split("\n## ", 1)[0]


def test_every_room_is_named_and_nothing_else() -> None:
    named = re.findall(r"^\| `([a-z_.]+/?)` \|", section("Rooms"), re.MULTILINE)
    there = [f"{path.name}/" for path in GATEWAY.iterdir() if (path / "__init__.py").exists()]
    there += [path.name for path in GATEWAY.glob("*.py") if path.name != "__init__.py"]
    assert sorted(named) == sorted(there)


def test_every_room_says_what_it_is() -> None:
    rooms = list(GATEWAY.rglob("__init__.py"))
    assert not [str(room) for room in rooms if not ast.get_docstring(ast.parse(room.read_text()))]


def test_the_rules_that_are_cited_are_there() -> None:
    rules = set(re.findall(r"^ *(?:- )?([0-9]+[a-z]?)\. ", section("Rules"), re.MULTILINE))
    cited = {
        rule
        for folder in ("gateway", "tests", "bench")
        for path in (ROOT / folder).rglob("*.py")
        for rule in re.findall(r"house rule ([0-9]+[a-z]?)", path.read_text())
    }
    assert {"4", "4a", "11"} <= rules and "4a" in cited
    assert cited <= rules
