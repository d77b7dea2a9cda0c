"""Is every sentence of a contract quoted by a test? In: its text and the tests' docstrings. Out: what is not.

A contract page falls into sections, one an endpoint, and those into units: a sentence, a row of a table, an example.
A test covers a unit when its docstring holds the section's heading and the unit, white space and `\\` aside.
"""

import ast
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

_HEADING = re.compile(r"(GET|POST|DELETE|PUT) /api/v1/\S+")
_SENTENCE_END = re.compile(r"(?<=[.:])\s+(?=[A-Z{])")
# These stand behind the last endpoint of a group and belong to the page.
_PAGE_AGAIN = ("These commands are sent to individual call sessions", "See the Rate limits guide")
# The page's navigation and the captions of its tables and lists: nothing is promised by them.
NOISE = frozenset(
    {
        "Skip to content",
        "Conference",
        "Request body",
        "Query parameters",
        "Responses",
        "Triggered webhooks",
        "FieldTypeRequiredDescriptionValidations",
        "StatusConditionBody",
        "StatusCondition",
    }
)


@dataclass(frozen=True)
class Unit:
    """`section` is the heading of the endpoint that it speaks of, '' for the whole page."""

    section: str
    text: str


def normalised(text: str) -> str:
    return re.sub(r"[\s\\]+", " ", text).strip()


def units_of(contract: str) -> list[Unit]:
    section, units = "", list[Unit]()
    for block in _blocks(contract.splitlines()):
        if block.startswith(_PAGE_AGAIN):
            section = ""
        if _HEADING.fullmatch(block):
            section = block
            texts = [block]
        elif block.startswith(("{", "curl ")):
            texts = [block]
        else:
            texts = _SENTENCE_END.split(block)
        units += [Unit(section, normalised(text)) for text in texts if text not in NOISE]
    return list(dict.fromkeys(units))


def _blocks(lines: Iterable[str]) -> Iterator[str]:
    """Lines one by one; the lines of a JSON example, or of a command for the shell, as one."""
    example: list[str] = []
    for line in lines:
        if example or line.startswith(("{", "curl ")):
            example.append(line)
            if _is_whole(example):
                yield "\n".join(example)
                example = []
        elif line.strip():
            yield line.strip().removeprefix("• ")


def _is_whole(example: list[str]) -> bool:
    if example[0].startswith("curl "):
        return not example[-1].endswith("\\")
    text = "".join(example)
    return text.count("{") == text.count("}")


def docstrings(files: Iterable[Path]) -> list[str]:
    """Of the tests in these files, without importing them."""
    found = []
    for file in files:
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
                found.append(normalised(ast.get_docstring(node) or ""))
    return found


def uncovered(contract: str, tests: Iterable[str]) -> list[Unit]:
    docs = list(tests)
    return [unit for unit in units_of(contract) if not any(_covers(doc, unit) for doc in docs)]


def _covers(doc: str, unit: Unit) -> bool:
    return unit.text in doc and (not unit.section or f"{unit.section} " in f"{doc} ")
