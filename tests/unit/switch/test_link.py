"""How long a link waits before it dials again."""

import pytest

from gateway.switch import link


def backoffs(failures: int, spread: float, monkeypatch: pytest.MonkeyPatch) -> list[float]:
    monkeypatch.setattr("random.uniform", lambda low, high: low + (high - low) * spread)
    idle = link.Link("x", link.LinkLimits(), lambda: pytest.fail(), lambda connection: None)
    return [round(idle._backoff_s(n), 3) for n in range(1, failures + 1)]


def test_the_pause_doubles_from_0_2_s_up_to_5_s(monkeypatch: pytest.MonkeyPatch) -> None:
    assert backoffs(7, 1, monkeypatch) == [0.2, 0.4, 0.8, 1.6, 3.2, 5.0, 5.0]
    assert backoffs(100_000, 1, monkeypatch)[-1] == 5.0


def test_the_pause_is_jittered(monkeypatch: pytest.MonkeyPatch) -> None:
    assert backoffs(7, 0, monkeypatch) == [0.1, 0.2, 0.4, 0.8, 1.6, 2.5, 2.5]
