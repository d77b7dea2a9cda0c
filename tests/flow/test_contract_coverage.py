"""issue 2, "Done when": every sentence of contracts/gateway-conferences.txt has a test that quotes it."""

import os
from pathlib import Path

import pytest

from tests.contract_coverage import Unit, docstrings, uncovered, units_of

HERE = Path(__file__).parent
CONTRACTS = Path(os.environ.get("CONTRACTS_DIR") or HERE.parents[2] / "shared" / "contracts")
NATIVE = CONTRACTS / "gateway-conferences.txt"


def test_every_sentence_of_the_native_contract_is_quoted_by_a_test() -> None:
    if not NATIVE.exists():
        pytest.skip(f"the contract is not here: {NATIVE}")
    contract = NATIVE.read_text(encoding="utf-8")
    assert len(units_of(contract)) > 100
    missing = uncovered(contract, docstrings(HERE.glob("test_contract_*.py")))
    assert not missing, "\n".join(f"{unit.section}: {unit.text}" for unit in missing)


def test_a_sentence_that_no_test_quotes_is_found() -> None:
    """The measure itself: a quote counts for its own endpoint only, and only when it is whole."""
    contract = 'GET /api/v1/x\n\nIt is red. It is round.\n\n{\n"a": { "b": 1 }\n}\nPOST /api/v1/x\n\nIt is red.\n'
    assert uncovered(contract, []) == [
        Unit("GET /api/v1/x", "GET /api/v1/x"),
        Unit("GET /api/v1/x", "It is red."),
        Unit("GET /api/v1/x", "It is round."),
        Unit("GET /api/v1/x", '{ "a": { "b": 1 } }'),
        Unit("POST /api/v1/x", "POST /api/v1/x"),
        Unit("POST /api/v1/x", "It is red."),
    ]
    quoted = ["GET /api/v1/x It is red. It is rou", 'GET /api/v1/x { "a": { "b": 1 } }']
    assert [unit.text for unit in uncovered(contract, quoted)] == ["It is round.", "POST /api/v1/x", "It is red."]
