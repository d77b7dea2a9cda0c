"""Answer documents, verb by verb: fetched, performed, followed by what they name (contract.md, "Answer documents")."""

from tests.flow.house import CALLER
from tests.flow.led import LedHouse, xml
from tests.waiting import wait_for


def test_a_call_is_led_to_its_end(led: LedHouse) -> None:
    """Fetched by POST with Plivo's form fields; answered by its first verb; hung up behind its last."""
    app, session = led.dial(xml(f"<Play>{led.house.jukebox.url(0.1)}</Play>"))
    assert led.ended(session) == "NORMAL_CLEARING"
    asked = led.pages.requests(f"/answer/{app.number}")
    assert [one.method for one in asked] == ["POST"]
    assert asked[0].headers["content-type"] == "application/x-www-form-urlencoded"
    assert asked[0].params == {
        "CallUUID": session, "From": CALLER, "To": app.number, "Direction": "inbound", "CallStatus": "ringing",
        "Event": "StartApp",
    }  # fmt: skip
    assert led.house.sink.names(session_id=session) == ["call.created", "call.answered", "call.completed"]
    [played] = led.executed(session)
    assert played.startswith("playback http://127.0.0.1:") and played.endswith(".wav")


def test_get_and_json_as_the_app_wants_it(led: LedHouse) -> None:
    app, session = led.dial('{"actions": []}', answer_method="GET")
    assert led.ended(session) == "NORMAL_CLEARING"
    asked = led.pages.wait_for(f"/answer/{app.number}")
    assert (asked.method, asked.params["CallUUID"]) == ("GET", session)
    app, session = led.dial('{"actions": []}', answer_format="json")
    assert led.ended(session) == "NORMAL_CLEARING"
    asked = led.pages.wait_for(f"/answer/{app.number}")
    assert asked.params["call"] == {
        "id": session, "customer_id": app.id, "application_id": app.id, "status": "ringing", "direction": "inbound",
        "from": CALLER, "to": app.number,
    }  # fmt: skip


def test_verbs_run_one_after_the_other(led: LedHouse) -> None:
    jukebox = led.house.jukebox
    _, session = led.dial(xml(f'<Play loop="2">{jukebox.url(0.1)}</Play>', '<Wait length="1"/>', "<Hangup/>"))
    led.ended(session)
    applications = [line.partition(" ")[0] for line in led.executed(session)]
    assert applications == ["playback", "playback", "sleep"]


def test_a_wait_that_comes_first_lets_the_phone_ring(led: LedHouse) -> None:
    _, session = led.dial(xml('<Wait length="1"/>', '<Hangup reason="busy"/>'))
    assert led.ended(session) == "USER_BUSY"
    assert "call.answered" not in led.house.sink.names(session_id=session)


def test_pre_answer_does_not_answer(led: LedHouse) -> None:
    play = f"<Play>{led.house.jukebox.url(0.1)}</Play>"
    _, session = led.dial(xml(f"<PreAnswer>{play}</PreAnswer>", '<Hangup reason="rejected"/>'))
    assert led.ended(session) == "CALL_REJECTED"
    assert [line.partition(" ")[0] for line in led.executed(session)] == ["playback"]
    assert "call.answered" not in led.house.sink.names(session_id=session)


def test_an_endless_play_ends_with_the_call(led: LedHouse) -> None:
    _, session = led.dial(xml(f'<Play loop="0">{led.house.jukebox.url(0.1)}</Play>'))
    wait_for(lambda: len(led.executed(session)) > 3, "it is played again and again")
    led.house.hang_up(session)
    led.wait_flow(session, state="over")


def test_digits_go_to_the_action_whose_answer_is_the_next_document(led: LedHouse) -> None:
    app = led.app("")
    after = led.page(app, "/menu", xml("<Hangup/>"))
    prompt = f"<Play>{led.house.jukebox.url(5)}</Play>"
    led.app_document(app, xml(f'<GetDigits action="{after}" numDigits="2">{prompt}</GetDigits>', "<Wait/>"))
    session = led.call(app)
    wait_for(lambda: led.executed(session), "digits are asked for")
    led.house.press(session, "42")
    asked = led.pages.wait_for("/menu")
    assert asked.params["Digits"] == "42" and asked.params["CallStatus"] == "in-progress"
    assert led.ended(session) == "NORMAL_CLEARING"
    assert len(led.executed(session)) == 1, "what stood behind GetDigits does not run"


def test_no_digits_and_the_flow_goes_on(led: LedHouse) -> None:
    action = led.pages.url("/never")
    _, session = led.dial(xml(f'<GetDigits action="{action}" timeout="1"/>', '<Hangup reason="busy"/>'))
    led.ended(session)
    assert not led.pages.requests("/never")


def test_an_action_without_redirect_is_told_and_the_flow_goes_on(led: LedHouse) -> None:
    """contract: "action with redirect=false, are form-encoded as Plivo's and go through the durable outbox"."""
    app = led.app("")
    told = led.page(app, "/told", xml("<Redirect>http://127.0.0.1:1/</Redirect>"))
    gather = f'<GetDigits action="{told}" redirect="false" numDigits="1"/>'
    led.app_document(app, xml(gather, '<Wait length="1"/>'))
    session = led.call(app)
    wait_for(lambda: led.executed(session), "digits are asked for")
    led.house.press(session, "7")
    assert led.pages.wait_for("/told").params["Digits"] == "7"
    led.ended(session)
    assert [line.partition(" ")[0] for line in led.executed(session)] == ["play_and_get_digits", "sleep"]


def test_gather_of_minivoice_is_told_by_a_webhook(led: LedHouse) -> None:
    gather = '{"gather": {"num_digits": 3, "timeout_seconds": 5}}'
    _, session = led.dial(f'{{"actions": [{gather}, {{"hangup": {{}}}}]}}')
    wait_for(lambda: led.executed(session), "digits are asked for")
    led.house.press(session, "123")
    told = led.house.sink.wait_for_event("call.gathered", session_uuid=session)
    assert told["data"] == {"digits": "123", "reason": "digits"}
    assert told["call"]["id"] == session
    led.ended(session)


def test_redirect(led: LedHouse) -> None:
    app = led.app("")
    following = led.page(app, "/next", xml('<Hangup reason="rejected"/>'))
    led.app_document(app, xml(f'<Redirect method="GET">{following}</Redirect>'))
    session = led.call(app)
    assert led.ended(session) == "CALL_REJECTED"
    assert led.pages.wait_for("/next").method == "GET"


def test_keys_are_sent(led: LedHouse) -> None:
    _, session = led.dial(xml("<DTMF>12w3</DTMF>", '<Wait length="1"/>'))
    led.ended(session)
    sent = [line for line in led.house.orders_for(session) if line.startswith("uuid_send_dtmf")]
    assert [line.split()[-1] for line in sent] == ["12w3@200"]


def test_a_sound_that_cannot_be_played_is_told_and_the_flow_goes_on(led: LedHouse) -> None:
    url = led.house.jukebox.missing()
    _, session = led.dial(xml(f"<Play>{url}</Play>", '<Hangup reason="busy"/>'))
    told = led.house.sink.wait_for_event("playback.failed", session_uuid=session)
    assert told["data"]["url"] == url
    led.ended(session)


def test_speak_is_rendered(led: LedHouse) -> None:
    _, session = led.dial(xml("<Speak>Hello there</Speak>"))
    led.ended(session)
    [played] = led.executed(session)
    assert played.startswith("playback http://") and "/media/" in played


def test_what_is_done_to_the_leg(led: LedHouse) -> None:
    """MiniVoice's mute, unmute (typed and untyped, each direction), hold and resume; none is told by a webhook."""
    actions = ",".join(
        (
            '{"mute": {"direction": "read"}}', '{"type": "mute", "direction": "both"}',
            '{"unmute": {"direction": "write"}}', '{"type": "unmute", "direction": "both"}', '{"hold": {}}',
            '{"gather": {"num_digits": 1, "timeout_seconds": 1}}', '{"type": "resume"}', '{"type": "hangup"}',
        )
    )  # fmt: skip
    _, session = led.dial(f'{{"actions": [{actions}]}}')
    assert led.ended(session) == "NORMAL_CLEARING"
    muted = [line.split(" start ")[1] for line in led.house.orders_for(session) if line.startswith("uuid_audio")]
    assert muted == [
        "read mute 1", "read mute 1", "write mute 1", "write mute 0", "read mute 0", "write mute 0",
    ]  # fmt: skip
    assert [line.partition(" ")[0] for line in led.executed(session)] == ["playback", "play_and_get_digits"]
    assert "loops=-1" in led.executed(session)[0]
    assert led.house.sink.names(session_id=session) == [
        "call.created", "call.answered", "call.gathered", "call.completed",
    ]  # fmt: skip


def test_a_call_stays_on_hold_till_something_is_done_with_it(led: LedHouse) -> None:
    """MiniVoice: "placed on hold until a later action resumes or redirects the flow"."""
    app, session = led.dial('{"actions": [{"hold": {}}]}')
    wait_for(lambda: led.executed(session), "it is on hold")
    led.wait_flow(session, position=1)
    room = app.room("consultation")
    assert app.command(session, "conference/join", {"room_id": room}).status_code == 202
    led.house.sink.wait_for_event("conference.member.joined", session_uuid=session)
    assert not led.house.sink.find("call.completed", session_uuid=session)
    wait_for(lambda: app.command(session, "conference/leave").status_code != 429, "the cooldown is over")
    assert led.ended(session) == "NORMAL_CLEARING", "with no verb left it is hung up"


def test_a_wait_for_silence_ends_early(led: LedHouse) -> None:
    _, session = led.dial(xml('<Wait length="60" silence="true" minSilence="600"/>', '<Hangup reason="busy"/>'))
    assert led.ended(session, 10.0) == "USER_BUSY"
    assert led.executed(session) == ["wait_for_silence 200 5 0 60000"]
    assert "call.answered" in led.house.sink.names(session_id=session), "to hear the caller"


def test_a_wait_that_is_shorter_than_its_silence_is_a_wait(led: LedHouse) -> None:
    """Plivo: "length needs to be greater than the duration of minSilence"."""
    _, session = led.dial(xml('<Wait length="1" silence="true"/>'))
    led.ended(session)
    assert led.executed(session) == ["sleep 1000"]


def test_a_silence_among_prompts_is_refused(led: LedHouse) -> None:
    wait = '<Wait silence="true"/>'
    _, session = led.dial(xml(f'<GetDigits action="http://127.0.0.1/">{wait}</GetDigits>'))
    assert 'silence="true" is not supported' in led.failed(session)
