"""When no document comes, or none that can be run: told to the app, and an apology to the caller (contract.md)."""

import pytest

from tests.flow.house import House
from tests.flow.led import LedHouse, xml
from tests.slow_audio import SlowAudio
from tests.waiting import wait_for

CLEAR_CAUSE = "NORMAL_TEMPORARY_FAILURE"


def apologised(led: LedHouse, session: str) -> bool:
    return any(line.startswith("playback ") and "/media/apology." in line for line in led.executed(session))


@pytest.mark.parametrize(
    ("document", "said"),
    [
        ("<Response><Conference>", "line 1"),
        (xml("<Play>https://example.com/a.mp3</Play>", "<Nonsense/>"), "<Nonsense> is unknown"),
        (xml("<Dial confirmKey='1'><Number>15551234567</Number></Dial>"), "confirmKey"),
        ('{"actions": [{"teleport": {}}]}', "teleport"),
        ("", "empty"),
        ("hello", "not well-formed XML"),  # served as application/xml, so it is judged as that
    ],
)
def test_an_invalid_document(led: LedHouse, document: str, said: str) -> None:
    """The whole is validated before the first verb runs; "the caller hears a spoken apology, not silence"."""
    app, session = led.dial(document)
    assert said in led.failed(session)
    assert led.ended(session) == CLEAR_CAUSE
    assert apologised(led, session) and len(led.executed(session)) == 1
    assert len(led.pages.requests(f"/answer/{app.number}")) == 1


def test_one_retry(led: LedHouse) -> None:
    app, session = led.dial(503, xml('<Hangup reason="busy"/>'))
    assert led.ended(session) == "USER_BUSY"
    assert len(led.pages.requests(f"/answer/{app.number}")) == 2


def test_then_the_fallback_url(led: LedHouse) -> None:
    app = led.app(500)
    fallback = led.page(app, "/fallback", xml('<Hangup reason="rejected"/>'))
    led.settings(app, fallback_url=fallback)
    session = led.call(app)
    assert led.ended(session) == "CALL_REJECTED"
    assert len(led.pages.requests(f"/answer/{app.number}")) == 2
    assert led.pages.wait_for("/fallback").params["CallUUID"] == session


def test_then_a_clear_cause(led: LedHouse) -> None:
    _, session = led.dial(404)
    assert "answered 404" in led.failed(session)
    assert led.ended(session) == CLEAR_CAUSE
    assert apologised(led, session)


def test_a_document_over_1_mib(led: LedHouse) -> None:
    _, session = led.dial(xml(f"<!-- {'x' * 1_100_000} -->"))
    assert "larger than" in led.failed(session)


def test_a_document_that_redirects_to_itself_ends_some_day(led: LedHouse, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.services.flows.MAX_DOCUMENTS", 5)
    app = led.app("")
    led.app_document(app, xml(f"<Redirect>{led.pages.url(f'/answer/{app.number}')}</Redirect>"))
    session = led.call(app)
    assert "more than 5 documents" in led.failed(session)
    assert led.ended(session) == CLEAR_CAUSE


def test_a_caller_who_hangs_up_ends_the_fetch(led: LedHouse) -> None:
    app = led.app(xml("<Conference>r</Conference>"))
    led.pages.hang(f"/answer/{app.number}")
    session = led.call(app)
    led.pages.wait_for(f"/answer/{app.number}")
    led.house.hang_up(session)
    led.wait_flow(session, state="over")
    assert not led.house.sink.find("call.failed", session_uuid=session)


def test_a_hanging_answer_url_delays_no_other_app(led: LedHouse) -> None:
    slow = led.app(xml("<Hangup/>"))
    led.pages.hang(f"/answer/{slow.number}")
    waiting = [led.call(slow) for _ in range(20)]
    wait_for(lambda: len(led.pages.requests(f"/answer/{slow.number}")) == 20, "all are asked for at once")
    _, session = led.dial(xml('<Hangup reason="busy"/>'))
    assert led.ended(session, 2.0) == "USER_BUSY"
    for one in waiting:
        led.house.hang_up(one)


def test_private_addresses_are_refused(tmp_path_factory: pytest.TempPathFactory) -> None:
    house = House(tmp_path_factory.mktemp("strict"), allow_private_urls="false")
    try:
        led = LedHouse(house)
        app, session = led.dial(xml("<Hangup/>"))
        assert "private" in led.failed(session)
        assert not led.pages.requests(f"/answer/{app.number}")
        led.pages.stop()
    finally:
        house.stop()


@pytest.mark.parametrize(("allowed", "host"), [("127.0.0.0/8", "127.0.0.1"), ("localhost", "localhost")])
def test_an_allow_list_opens_what_it_names(tmp_path_factory: pytest.TempPathFactory, allowed: str, host: str) -> None:
    """Issue 3: "refused, with an allow list"; answer, audio and callback URLs alike."""
    house = House(tmp_path_factory.mktemp("listed"), allow_private_urls="false", allowed_addresses=allowed)
    try:
        led = LedHouse(house)
        app = led.app("")
        told = led.page(app, "/told").replace("127.0.0.1", host)
        sound = house.jukebox.url(0.1).replace("127.0.0.1", host)
        gather = f'<GetDigits action="{told}" redirect="false" numDigits="1"/>'
        url = led.app_document(app, xml(f"<Play>{sound}</Play>", gather, '<Hangup reason="busy"/>'))
        led.answer_url(app, url.replace("127.0.0.1", host))
        session = led.call(app)
        wait_for(lambda: len(led.executed(session)) == 2, "digits are asked for")
        house.press(session, "7")
        assert led.pages.wait_for("/told").params["Digits"] == "7"
        assert led.ended(session) == "USER_BUSY"
        assert not house.sink.find("playback.failed", session_uuid=session)
        led.pages.stop()
    finally:
        house.stop()


def test_for_a_caller_who_has_hung_up_nothing_more_is_fetched(led: LedHouse) -> None:
    """A prompt may have 128 files, each of which may take its server a minute."""
    slow = [SlowAudio(0.1) for _ in range(3)]
    try:
        plays = "".join(f"<Play>{audio.url()}</Play>" for audio in slow)
        _, session = led.dial(xml(f"<GetDigits>{plays}</GetDigits>"))
        wait_for(slow[0].asked.is_set, "the first is fetched")
        led.house.hang_up(session)
        led.wait_flow(session, state="over")
        assert not slow[1].asked.is_set()
    finally:
        for audio in slow:
            audio.stop()
