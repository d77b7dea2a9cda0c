"""The example requests and responses of the two TryVox contract files, read out of them and replayed as printed.

In: the contract's text; what its ids, hosts and names stand for here. Out: answers that are like the printed ones.
"""

import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
import pytest
import requests

CONTRACTS = Path(__file__).parents[2] / "shared" / "contracts"
FILES = ("tryvox-conferences.txt", "tryvox-call-actions.txt")
HOST, AUTH_ID, TOKEN = "https://api.tryvox.io", "your_auth_id", "tvx_sk_live_..."
_EXAMPLE = re.compile(r"(curl -X .*?)Response\s*(?:HTTP/1\.1 (\d+)|(?=\{))", re.DOTALL)
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
_MEMBER = re.compile(r"m\d+")
_SHAPES = (_UUID, _TIME, _MEMBER)


@dataclass(frozen=True)
class Example:
    """One request as printed, and its response: `answer` is None where no body is shown."""

    method: str
    path: str
    headers: dict[str, str]
    body: str
    status: int
    answer: Any

    @property
    def name(self) -> str:
        return f"{self.method} {self.path.partition(f'{AUTH_ID}/')[2]}"


def examples(file: str) -> list[Example]:
    """Skips the test, or the module, that wants them where they are not."""
    if not CONTRACTS.exists():
        pytest.skip(f"{CONTRACTS} is not there: it is no part of a clone", allow_module_level=True)
    text = (CONTRACTS / file).read_text(encoding="utf-8")
    return [_example(match, text[match.end() :]) for match in _EXAMPLE.finditer(text)]


def _example(match: re.Match[str], following: str) -> Example:
    words = shlex.split(match[1].replace("\\\n", " "))
    given = {flag: words[at + 1] for at, flag in enumerate(words) if flag in ("-X", "-d")}
    headers = [words[at + 1] for at, flag in enumerate(words) if flag == "-H"]
    url = next(word for word in words if word.startswith(HOST))
    answer = None if match[2] else _first_object(following)
    return Example(
        given["-X"],
        url.removeprefix(HOST),
        dict(header.split(": ", 1) for header in headers),
        given.get("-d", ""),
        int(match[2] or 200),
        answer,
    )


def _first_object(text: str) -> Any:
    depth = 0
    for at, char in enumerate(text):
        depth += {"{": 1, "}": -1}.get(char, 0)
        if depth == 0:
            return orjson.loads(text[: at + 1])
    raise ValueError("an example that does not end")


@dataclass
class Replay:
    """`meaning`: what a name or id that the contract prints stands for here, in requests and in answers."""

    base: str
    auth_id: str
    key: str
    meaning: Mapping[str, str]

    def send(self, example: Example, varying: tuple[str, ...] = ()) -> Any:
        """The answer's body; its status is the example's, and its body is like the printed one.

        `varying`: fields that only agree in their type.
        """
        answer = self._ask(example)
        assert answer.status_code == example.status, f"{example.name}: {answer.status_code} {answer.text}"
        if example.answer is None:
            assert answer.content == b"", answer.text
            return None
        got = answer.json()
        assert all(type(got[name]) is type(example.answer[name]) for name in varying), got
        printed = {name: got[name] if name in varying else value for name, value in example.answer.items()}
        self.like(printed, got, example.name)
        return got

    def refused(self, example: Example) -> tuple[int, str]:
        """Status and error_id of a request that is sent as printed and refused."""
        answer = self._ask(example)
        body = answer.json()
        assert set(body) == {"success", "error", "error_id", "detail"} and body["success"] is False, body
        return answer.status_code, body["error_id"]

    def is_taken(self, example: Example) -> bool:
        """Its answer is like the printed one then."""
        answer = self._ask(example)
        if answer.status_code == example.status:
            self.like(example.answer, answer.json(), example.name)
        return answer.status_code == example.status

    def _ask(self, example: Example) -> requests.Response:
        return requests.request(
            example.method,
            self.base + self._here(example.path),
            headers={name: self._here(value) for name, value in example.headers.items()},
            data=self._here(example.body) or None,
            timeout=30,
        )

    def _here(self, text: str) -> str:
        known = {AUTH_ID: self.auth_id, TOKEN: self.key, **self.meaning}
        words = "|".join(re.escape(word) for word in sorted(known, key=len, reverse=True))
        return re.sub(words, lambda found: known[found[0]], text)

    def like(self, printed: Any, got: Any, where: str) -> None:
        """Field for field: the same names in the same order, ids and times of the same form, the rest equal."""
        if isinstance(printed, dict):
            assert isinstance(got, dict) and list(got) == list(printed), f"{where}: {got}"
            for name, value in printed.items():
                self.like(value, got[name], f"{where}.{name}")
        elif isinstance(printed, list):
            assert isinstance(got, list) and len(got) == len(printed), f"{where}: {got}"
            for at, (value, item) in enumerate(zip(printed, got, strict=True)):
                self.like(value, item, f"{where}[{at}]")
        elif isinstance(printed, str) and printed not in self.meaning and (form := _form(printed)):
            assert isinstance(got, str) and form.fullmatch(got), f"{where}: {got!r} is not like {printed!r}"
        else:
            expected = self._here(printed) if isinstance(printed, str) else printed
            assert (type(got), got) == (type(expected), expected), f"{where}: {got!r} is not {expected!r}"


def _form(text: str) -> re.Pattern[str] | None:
    return next((shape for shape in _SHAPES if shape.fullmatch(text)), None)
