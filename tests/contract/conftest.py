"""Fixtures of the contract tests."""

from tests.contract.delivery_house import house  # noqa: F401
