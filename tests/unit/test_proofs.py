"""tests/README.md names what proves what: each file it names exists, and each test stands in the file named with it."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

TESTS = Path(__file__).parents[1]
TEXT = (TESTS / "README.md").read_text()
FILES = [path.relative_to(TESTS).as_posix() for path in TESTS.rglob("*.py")]
_ALIAS = re.compile(r"\*\*([a-z ]+)\*\*(?: is)?\s+`([a-z0-9_/]+\.py)`")


def names_in(file: str) -> set[str]:
    tree = ast.parse((TESTS / file).read_text())
    return {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")}


DEFINED = {file: names_in(file) for file in FILES if "/test_" in file}


def found(name: str) -> list[str]:
    return [file for file in FILES if f"/{file}".endswith("/" + name.removeprefix("tests/"))]


def cells() -> Iterator[tuple[str, dict[str, str]]]:
    """Each cell of each row, and what the short names of files mean there: a section may give one anew."""
    aliases: dict[str, str] = {}
    for section in re.split(r"^## ", TEXT, flags=re.MULTILINE):
        aliases |= dict(_ALIAS.findall(section))
        for line in section.splitlines():
            if line.startswith("| "):
                yield from ((cell, dict(aliases)) for cell in line.split("|")[2:-1])


def proofs(cell: str, aliases: dict[str, str]) -> Iterator[tuple[str, list[str]]]:
    """Each test of a cell with the files that the name before it means; none where no file is named."""
    words = "|".join(sorted(map(re.escape, aliases), key=len, reverse=True))
    files: list[str] = []
    for word in re.findall(rf"`[^`]+`|\b(?:{words})\b" if words else r"`[^`]+`", cell):
        name = word.strip("`")
        if word in aliases:
            files = found(aliases[word])
        elif name.endswith(".py"):
            files = found(name)
        elif re.fullmatch(r"test_[a-z0-9_]+", name):
            yield name, files


def test_every_test_that_is_named_is_in_the_file_named_with_it() -> None:
    named = [(test, files) for cell, aliases in cells() for test, files in proofs(cell, aliases)]
    assert len(named) > 150
    wrong = [
        f"{test} in {files or 'no file'}"
        for test, files in named
        if not any(test in DEFINED[file] for file in files if file in DEFINED)
    ]
    assert not wrong, "\n".join(wrong)


def test_every_file_that_is_named_exists() -> None:
    named = set(re.findall(r"`((?:tests/)?[a-z0-9_/]+\.py)`", TEXT))
    assert len(named) > 40
    assert not [name for name in named if not found(name)]


def test_every_row_has_as_many_cells_as_its_table() -> None:
    for table in re.findall(r"(?:^\|.*\n)+", TEXT + "\n", re.MULTILINE):
        assert len({line.count("|") for line in table.splitlines()}) == 1, table
