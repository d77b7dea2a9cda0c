"""Keys sent to and collected from one call, and music on hold: issue 4, dtmf, gather, hold, unhold."""

from tests.flow.house import House, channel, ok, refused
from tests.flow.test_call_audio import MANY, Json, answered, begun, is_heard, played, playing, result, told
from tests.waiting import wait_for


def gathered(house: House, operation: str) -> Json:
    data: Json = house.sink.wait_for_event("call.gathered", operation_id=operation)["data"]
    return data


def asking(house: House, session: str, body: Json) -> str:
    """A gather whose application runs on the leg."""
    operation = begun(house, session, "gather", body)
    wait_for(lambda: application(house, session) == "play_and_get_digits", "keys are awaited")
    return operation


def application(house: House, session: str) -> str:
    return house.switch.api(f"uuid_getvar {channel(session)} current_application").strip()


def test_keys_are_sent_to_the_far_end(house: House) -> None:
    """tryvox-call-actions.txt: "Each digit is played for 200ms with 200ms gaps"; "Valid digits: 0-9, *, #"."""
    session = answered(house)
    operation = begun(house, session, "dtmf", {"digits": "1234*#", "command_uid": "press"})
    assert result(house, operation) == {
        "command": "dtmf", "command_uid": "press", "operation_id": operation, "status": "ok",
    }  # fmt: skip
    assert f"uuid_send_dtmf {channel(session)} 1234*#@200" in house.orders_for(session)


def test_keys_are_sent_amid_silence_where_nothing_else_is_written(house: House) -> None:
    """A switch that writes nothing to a leg leaves 2 s behind each key (measured): a sleep that is silence does.

    What plays is not interrupted by it.
    """
    session = answered(house)
    begun(house, session, "dtmf", {"digits": "12"})
    assert house.orders_for(session)[-2:] == [
        f"uuid_setvar_multi {channel(session)} send_silence_when_idle=-1",
        f"uuid_send_dtmf {channel(session)} 12@200",
    ]
    wait_for(lambda: application(house, session) == "sleep", "silence is written")
    assert house.switch.api(f"uuid_getvar {channel(session)} current_application_data").strip() == "1340"
    playing(house, session, {"urls": [house.jukebox.url(MANY)]})
    wait_for(lambda: application(house, session) == "playback", "the switch plays it")
    before = len(house.orders_for(session))
    begun(house, session, "dtmf", {"digits": "3"})
    assert [line.partition(" ")[0] for line in house.orders_for(session)[before:]] == ["uuid_dump", "uuid_send_dtmf"]
    room, member = house.app.room(), answered(house)
    house.join(room, member)
    begun(house, member, "dtmf", {"digits": "3"})
    assert not [line for line in house.orders_for(member) if "send_silence_when_idle" in line]


def test_keys_are_gathered_up_to_the_most(house: House) -> None:
    session = answered(house)
    operation = asking(house, session, {"text": "Press two keys", "max_digits": 2, "command_uid": "ask"})
    house.press(session, "42")
    assert gathered(house, operation) == {
        "digits": "42", "reason": "digits", "operation_id": operation, "command_uid": "ask",
    }  # fmt: skip
    assert result(house, operation)["status"] == "ok"
    assert house.sink.find("call.gathered", operation_id=operation)[0]["call"]["id"] == session
    assert told(house, session) == [("call.gathered", operation)]


def test_the_terminator_ends_and_does_not_count(house: House) -> None:
    session = answered(house)
    operation = asking(house, session, {"urls": [house.jukebox.url(MANY)], "min_digits": 2})
    house.press(session, "123#")
    assert gathered(house, operation)["digits"] == "123"


def test_enough_keys_and_no_more_in_time_are_digits(house: House) -> None:
    """As the real switch has it: read_result is `timeout`, and the keys count."""
    session = answered(house)
    operation = asking(house, session, {"digit_timeout_ms": 200, "timeout_ms": 5000})
    house.press(session, "77")
    assert (gathered(house, operation)["digits"], gathered(house, operation)["reason"]) == ("77", "digits")


def test_too_few_keys_are_a_timeout(house: House) -> None:
    session = answered(house)
    operation = asking(house, session, {"min_digits": 3, "digit_timeout_ms": 200, "timeout_ms": 200})
    house.press(session, "7")
    assert (gathered(house, operation)["digits"], gathered(house, operation)["reason"]) == ("", "timeout")


def test_a_prompt_that_is_missing_fails_the_gather(house: House) -> None:
    session = answered(house)
    operation = begun(house, session, "gather", {"urls": [house.jukebox.missing()]})
    assert gathered(house, operation)["reason"] == "failed"
    assert result(house, operation)["status"] == "failed"
    assert told(house, session) == [("playback.failed", operation), ("call.gathered", operation)]


def test_a_gather_is_interrupted_by_what_is_played_next(house: House) -> None:
    """A break would end its prompt alone: the keys would be awaited still."""
    session = answered(house)
    operation = asking(house, session, {"urls": [house.jukebox.url(MANY)], "timeout_ms": 60_000})
    after = begun(house, session, "playback/start", {"urls": [house.jukebox.url(0.2)]})
    assert gathered(house, operation)["reason"] == "interrupted"
    end = house.sink.wait_for_event("playback.finished", operation_id=after)
    assert (end["data"]["played"], end["data"]["failed"]) == (1, 0)
    again = asking(house, session, {})
    begun(house, session, "playback/stop", {})
    assert gathered(house, again)["reason"] == "stopped"
    wait_for(lambda: application(house, session) == "park", "the call is parked again")


def test_a_call_is_held_until_it_is_not(house: House) -> None:
    session = answered(house)
    refused(house.app.command(session, "unhold"), 409, "not-held")
    operation = begun(house, session, "hold", {"url": house.jukebox.url(0.3)})
    held = house.sink.wait_for_event("call.held", operation_id=operation)
    assert held["call"]["id"] == session
    assert result(house, operation)["status"] == "ok"
    refused(house.app.command(session, "hold"), 409, "already-held")
    refused(house.app.command(session, "playback/stop"), 409, "nothing-playing")
    wait_for(lambda: len(played(house, session)) > 2, "the music goes round")
    unhold = begun(house, session, "unhold", {"command_uid": "back"})
    end = house.sink.wait_for_event("call.unheld", operation_id=operation)
    assert end["data"] == {"operation_id": operation, "reason": "unhold", "command_uid": "back"}
    assert result(house, unhold)["status"] == "ok"


def test_a_hold_without_music_is_a_soft_beep(house: House) -> None:
    session = answered(house)
    operation = begun(house, session, "hold", {})
    house.sink.wait_for_event("call.held", operation_id=operation)
    assert played(house, session) == ["playback tone_stream://v=-20;%(300,5000,440);loops=-1"]
    after = playing(house, session, {"urls": [house.jukebox.url(0.1)]})
    assert told(house, session)[:3] == [
        ("call.held", operation),
        ("call.unheld", operation),
        ("playback.started", after),
    ]


def test_in_a_room_keys_and_hold_are_the_rooms(house: House) -> None:
    room = house.app.room()
    session = answered(house)
    house.join(room, session)
    refused(house.app.command(session, "gather", {}), 409, "in-conference")
    ok(house.app.command(session, "dtmf", {"digits": "1"}), 202)
    held = ok(house.app.command(session, "hold", {"command_uid": "wait"}), 202)
    assert held == {"status": "held", "room_id": room, "uuid": session, "command_uid": "wait"}
    house.sink.wait_for_event("conference.member.held", session_uuid=session)
    house.forget_cooldowns()
    assert ok(house.app.command(session, "unhold"), 202)["status"] == "unheld"
    house.sink.wait_for_event("conference.member.unheld", session_uuid=session)


def test_what_plays_goes_on_when_the_gateway_was_away(house: House) -> None:
    """contract.md: "at restart `uuid_dump` decides whether it is over"; a file whose end nobody saw is over once."""
    looping, over = answered(house), answered(house)
    endless = playing(house, looping, {"urls": [house.jukebox.url(0.6)], "loop": 0})
    two = playing(house, over, {"urls": [house.jukebox.url(0.4), house.jukebox.url(0.1)]})
    on_hold = answered(house)
    held = begun(house, on_hold, "hold", {"url": house.jukebox.url(MANY)})
    for session in (looping, over, on_hold):
        wait_for(lambda s=session: is_heard(house, s), "its file is opened")  # type: ignore[misc]
    with house.away():
        wait_for(lambda: application(house, over) == "set", "the file is over")
        heard = len(played(house, looping))
    house.sink.wait_for_event("playback.finished", operation_id=two)
    assert house.sink.find("playback.finished", operation_id=two)[0]["data"]["played"] == 2
    assert len(played(house, over)) == 2
    wait_for(lambda: len(played(house, looping)) > heard + 1, "the loop goes on")
    begun(house, looping, "playback/stop", {})
    house.sink.wait_for_event("playback.stopped", operation_id=endless)
    assert not house.sink.find("call.unheld", operation_id=held)
