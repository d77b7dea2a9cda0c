"""Look-ups of names that hang: what they cost their owner, and that they cost nobody else anything."""

import _socket
import logging
from pathlib import Path

import gevent
import pytest
from prometheus_client import CollectorRegistry, generate_latest

from gateway.config import load
from gateway.errors import MediaError
from gateway.media import names
from gateway.media.addresses import AddressPolicy, parse
from gateway.media.guard import Guard
from gateway.media.names import LookUpMetrics, LookUps, Names
from gateway.media.parts import Media
from tests.unit.media.origin import WAV, FakeClock, Origin, answer
from tests.unit.media.slow_names import SlowNames
from tests.waiting import wait_for


def _found(guard: Guard, url: str, owner: str) -> tuple[str, ...] | str:
    try:
        return guard.checked(parse(url), owner)
    except MediaError as error:
        return error.error_id


def guard_of(names: Names, limit_s: float = 10.0) -> Guard:
    return Guard(AddressPolicy(), names.addresses, limit_s)


def test_slow_names_of_one_app_keep_no_other_app_from_its_own(caplog: pytest.LogCaptureFixture) -> None:
    slow = SlowNames()
    names = Names("audio", slow)
    guard = guard_of(names)
    with caplog.at_level(logging.WARNING):
        attack = [gevent.spawn(_found, guard, f"http://slow{number}.test/a.wav", "evil") for number in range(80)]
        wait_for(lambda: names.under_way == 4 and names.waiting == 76, "it has its threads, and no more")
    others = [gevent.spawn(_found, guard, f"http://b{number}.test/a.wav", "good") for number in range(20)]
    wait_for(lambda: all(greenlet.ready() for greenlet in others), "the other app's names are found")
    assert {greenlet.value for greenlet in others} == {("8.8.8.8",)}
    assert not any(greenlet.ready() for greenlet in attack)
    assert len(caplog.records) == 1
    assert caplog.messages[0].startswith("audio: names of evil wait for slow look-ups: slow0.test, ")
    slow.answer()
    wait_for(lambda: all(greenlet.ready() for greenlet in attack), "its own come when they come")
    assert (names.under_way, names.waiting) == (0, 0)


def test_a_thread_is_held_until_the_look_up_ends_whoever_gave_up() -> None:
    slow = SlowNames()
    names = Names("audio", slow)
    guard = guard_of(names, limit_s=0.05)
    attack = [gevent.spawn(_found, guard, f"http://slow{number}.test/", "evil") for number in range(10)]
    wait_for(lambda: all(greenlet.ready() for greenlet in attack), "all are given up")
    assert {greenlet.value for greenlet in attack} == {"media-timeout"}
    assert (names.under_way, names.waiting, sum(slow.asked.values())) == (4, 0, 4)
    assert _found(guard, "http://fine.test/", "evil") == "media-timeout", "it has no thread left"
    assert _found(guard_of(names), "http://fine.test/", "good") == ("8.8.8.8",)
    slow.answer()
    wait_for(lambda: not names.under_way, "the look-ups end")
    assert _found(guard_of(names), "http://fine.test/", "evil") == ("8.8.8.8",)


def test_who_asks_for_the_same_name_waits_for_the_same_answer() -> None:
    slow = SlowNames()
    names = Names("documents", slow)
    asking = [gevent.spawn(_found, guard_of(names), "http://slow.test/", "one") for _ in range(50)]
    wait_for(lambda: names.under_way == 1, "it is asked for")
    other = gevent.spawn(_found, guard_of(names), "http://slow.test/", "two")
    wait_for(lambda: names.under_way == 2, "an app waits for no other's look-up")
    slow.answer()
    wait_for(lambda: all(greenlet.ready() for greenlet in [*asking, other]), "all are answered")
    assert {greenlet.value for greenlet in asking} == {("8.8.8.8",)}
    assert slow.asked == {"slow.test": 2}


def test_the_threads_of_a_kind_are_bounded_and_free_ones_go_to_who_waits() -> None:
    slow = SlowNames()
    names = Names("audio", slow, most=6, most_per_owner=2)
    asking = [gevent.spawn(_found, guard_of(names), f"http://slow{n}.test/", f"app{n % 5}") for n in range(20)]
    wait_for(lambda: names.under_way == 6 and names.waiting == 14, "no more than six")
    slow.answer()
    wait_for(lambda: all(greenlet.ready() for greenlet in asking), "all get their turn")
    assert {greenlet.value for greenlet in asking} == {("8.8.8.8",)}


def test_a_name_that_is_not_there_is_said_to_each_who_asked() -> None:
    slow = SlowNames()
    names = Names("audio", slow)
    asking = [gevent.spawn(_found, guard_of(names), "http://slow.nowhere.test/", "one") for _ in range(3)]
    wait_for(lambda: names.under_way == 1, "it is asked for")
    slow.answer()
    gevent.joinall(asking, raise_error=True)
    assert [greenlet.value for greenlet in asking] == ["media-unreachable"] * 3


def test_an_address_needs_no_thread() -> None:
    names = Names("endpoints")
    assert [entry[4] for entry in names.find("127.0.0.1", 80, "one")] == [("127.0.0.1", 80)]
    assert [entry[4][:2] for entry in names.find("::1", 80, "one")] == [("::1", 80)]
    assert names.find("localhost", 80, "one")


def test_metrics_tell_what_is_under_way_and_what_waits() -> None:
    registry, lookups, slow = CollectorRegistry(), LookUps(), SlowNames()
    lookups.audio = Names("audio", slow, most_per_owner=1)
    LookUpMetrics(lookups, registry)
    asking = [gevent.spawn(_found, guard_of(lookups.audio), f"http://slow{n}.test/", "one") for n in range(3)]
    wait_for(lambda: lookups.audio.waiting == 2, "two wait")
    told = generate_latest(registry).decode()
    assert 'gateway_names_under_way{kind="audio"} 1.0' in told
    assert 'gateway_names_waiting{kind="audio"} 2.0' in told
    assert 'gateway_names_waiting{kind="documents"} 0.0' in told
    slow.answer()
    gevent.joinall(asking, raise_error=True)


def test_audio_of_slow_names_keeps_no_other_apps_audio_from_being_fetched(
    tmp_path: Path, clock: FakeClock, origin: Origin, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From the settings to the disk, whose threads were the same ones."""
    slow = SlowNames("127.0.0.1")
    monkeypatch.setattr(_socket, "getaddrinfo", slow)
    environ = {"GATEWAY_DATA_DIR": str(tmp_path), "GATEWAY_ALLOW_PRIVATE_URLS": "true"}
    media = Media(load(environ), "http://127.0.0.1:8080", clock)
    origin.routes["/a"] = answer(WAV)
    urls = [origin.url("/a", host=f"slow{number}.test") for number in range(12)]
    attack = [gevent.spawn(media.resolve, url, "evil") for url in urls]
    wait_for(lambda: len(slow.asked) >= 4, "they are looked up")
    other = gevent.spawn(media.resolve, origin.url("/a", host="fine.test"), "good")
    wait_for(other.ready, "the other app's file has come", limit_s=3)
    assert other.get().endswith(".wav")
    slow.answer()
    gevent.joinall(attack, raise_error=True)


def test_an_answer_is_good_for_a_moment_and_for_everybody(monkeypatch: pytest.MonkeyPatch) -> None:
    """A busy app's prompts come from one host: each play was one more look-up, and four at a time is not many."""
    slow = SlowNames()
    found = Names("audio", slow)
    for owner in ("one", "two", "one"):
        assert _found(guard_of(found), "http://fine.test/a.wav", owner) == ("8.8.8.8",)
    assert slow.asked["fine.test"] == 1
    monkeypatch.setattr(names, "KEPT_S", 0.0)
    fresh = Names("audio", slow)
    for _ in range(2):
        assert _found(guard_of(fresh), "http://fine.test/a.wav", "one") == ("8.8.8.8",)
    assert slow.asked["fine.test"] == 3
