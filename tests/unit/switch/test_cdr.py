"""CDR files, as FreeSWITCH 1.10.12 writes them."""

from typing import Any

import orjson
import pytest

from gateway.switch.cdr import Cdr, file_names, read

UUID = "759da410-bce0-4f82-8142-32258fdcf5ff"
VARIABLES = {
    "uuid": UUID, "hangup_cause": "NORMAL_CLEARING", "start_uepoch": "1795245938105155",
    "answer_uepoch": "1795245938465154", "end_uepoch": "1795245940585148",
}  # fmt: skip


def written(**more: Any) -> bytes:
    return orjson.dumps({"core-uuid": "x", "variables": {**VARIABLES, **more}})


def test_times_and_cause() -> None:
    assert read(written(), UUID) == Cdr(1795245938105, 1795245938465, 1795245940585, "NORMAL_CLEARING")
    unanswered = read(written(answer_uepoch="0", hangup_cause="USER_BUSY"), UUID)
    assert unanswered == Cdr(1795245938105, None, 1795245940585, "USER_BUSY")


@pytest.mark.parametrize(
    "content",
    [
        b"", written()[:200], b"[]", b'"x"', b'{"variables": 1}', b"\xff", written(uuid="another"),
        written(end_uepoch="0"), written(end_uepoch="soon"), written(start_uepoch=None), written(start_uepoch="-1"),
    ],
)  # fmt: skip
def test_what_is_half_written_or_none(content: bytes) -> None:
    assert read(content, UUID) is None


def test_a_cause_that_is_none_is_not_taken_over() -> None:
    found = read(written(hangup_cause="=1+1"), UUID)
    assert found is not None and found.cause == "NORMAL_CLEARING"


def test_names() -> None:
    assert file_names(UUID) == (f"a_{UUID}.cdr.json", f"{UUID}.cdr.json")
