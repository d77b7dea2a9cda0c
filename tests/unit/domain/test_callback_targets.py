"""Where a document's callback goes, as the outbox names it."""

from gateway.domain.flow import MOST_TARGETS, Callback


def target(app_id: str, host: str) -> str:
    return Callback(f"https://{host}/told?by=me").target(app_id)


def test_an_app_that_names_many_hosts_has_few_targets() -> None:
    """Each target is posted to on its own, under a lease, for more than a day: 500 a document were not bounded."""
    found = {target("app_1", f"h{number}.example") for number in range(8000)}
    assert MOST_TARGETS // 2 < len(found) <= MOST_TARGETS
    assert not found & {target("app_2", f"h{number}.example") for number in range(2000)}


def test_a_host_is_one_target_whatever_the_path() -> None:
    assert Callback("https://h.example/a").target("app_1") == Callback("https://h.example/b?c=d").target("app_1")
    assert target("app_1", "h.example") == target("app_1", "h.example")
