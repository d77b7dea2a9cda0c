"""The limit of all requests of one app together, on every front."""

from collections.abc import Iterator

import pytest
import requests

from tests.flow.house import House, ok, refused

PER_S = 0.01


@pytest.fixture(scope="module")
def strict(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    house = House(tmp_path_factory.mktemp("strict"), rate_limit_per_s=PER_S)
    yield house
    house.stop()


def test_too_many_requests_of_an_app(strict: House) -> None:
    """429

    "Rate limit exceeded (global or per-command/room cooldown)."; contract.md, Errors: "429 carries `Retry-After` (whole
    seconds, at least 1) and `detail.retry_after_ms`". Whatever is asked, and through whichever front.
    """
    first = ok(strict.app.get("/conferences"), 200)
    assert first["conferences"] == []
    for answer in (strict.app.get("/conferences"), strict.app.post("/conferences", {"name": "x"})):
        body = refused(answer, 429, "rate-limited")
        assert 0 < body["detail"]["retry_after_ms"] <= 1000 / PER_S
        assert 1 <= int(answer.headers["Retry-After"]) <= 1 / PER_S
    app_id, key = strict.app.headers["X-App-ID"], strict.app.headers["X-API-Key"]
    accounts = f"{strict.base}/v1/voice/accounts"
    voice = requests.get(f"{accounts}/{app_id}/conferences", headers={"Authorization": f"Bearer {key}"}, timeout=10)
    refused(voice, 429, "rate-limited")
    ok(strict.other.get("/conferences"), 200)


def test_who_is_unknown_takes_nothing_of_an_app(strict: House) -> None:
    """The key is looked at first: nobody uses up an app's requests without it."""
    app = strict.new_app()
    for _ in range(3):
        refused(app.ask("GET", "/conferences", headers={"X-API-Key": "wrong"}), 401, "unauthorized")
    ok(app.get("/conferences"), 200)
