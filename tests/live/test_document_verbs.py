"""What documents do to a caller's leg on a real FreeSWITCH: hold, mute, silence, keys (contract.md)."""

import time
from functools import partial

import pytest

from tests.live.test_document_rooms import LIMIT_S, LedStage, caller, hears, loud, room, silent
from tests.live.test_document_rooms import documents as documents
from tests.live.test_document_rooms import led as led
from tests.stage import Guest
from tests.waiting import wait_for


def actions(*listed: str) -> str:
    return f'{{"actions": [{", ".join(listed)}]}}'


def packets_pass(guest: Guest, number: int) -> None:
    before = caller(guest).sound.packets_heard
    wait_for(lambda: caller(guest).sound.packets_heard - before >= number, f"{number} packets", LIMIT_S)


def asks_for_keys(led: LedStage, guest: Guest) -> bool:
    dump = led.switch.api(f"uuid_dump {guest.id.partition('-')[2]}")
    return "variable_current_application: play_and_get_digits" in dump


def test_hold_is_heard_until_the_call_is_taken(led: LedStage) -> None:
    """MiniVoice: "placed on hold until a later action resumes or redirects the flow"."""
    other = led.joined(room())
    guest = led.dialled(actions('{"hold": {}}'))
    hears(guest, "the tone of a call on hold, again and again", packets=22, limit_s=20)
    guest.phone.press("*")  # ends no tone
    hears(guest, "the next tone", packets=5)
    guest.command("conference/join", {"room_id": led.room_id(other)})
    wait_for(lambda: led.event(guest, "conference.member.joined"), "it is in the room", LIMIT_S)
    silent(guest, "nobody speaks")
    caller(other).play_tone(2)
    hears(guest, "the room")


def test_resume_ends_it_and_the_flow_goes_on(led: LedStage) -> None:
    gather = '{"gather": {"num_digits": 1, "timeout_seconds": 30}}'
    name = room()
    conference = f'{{"conference": {{"room": "{name}"}}}}'
    guest = led.dialled(actions('{"hold": {}}', gather, '{"type": "resume"}', gather, conference))
    for count in (1, 2):
        wait_for(lambda: guest.phone.answered, "it is answered", LIMIT_S)
        gathered = partial(led.event, guest, "call.gathered")
        wait_for(partial(asks_for_keys, led, guest), "keys are asked for", LIMIT_S)
        guest.phone.press(str(count))
        wait_for(partial(lambda gathered, count: len(gathered()) == count, gathered, count), "told", LIMIT_S)
    assert [one["data"]["digits"] for one in led.event(guest, "call.gathered")] == ["1", "2"]
    wait_for(lambda: led.event(guest, "conference.member.joined"), "it is in the room", LIMIT_S)
    before = loud(guest)
    packets_pass(guest, 300)  # longer than from tone to tone
    assert loud(guest) == before


@pytest.mark.parametrize(
    ("before", "is_heard", "hears_others"),
    [
        ('{"mute": {"direction": "read"}}', False, True),
        ('{"type": "mute", "direction": "write"}', True, False),
        ('{"mute": {"direction": "both"}}, {"unmute": {"direction": "read"}}', True, False),
        ('{"mute": {"direction": "both"}}, {"unmute": {"direction": "both"}}', True, True),
    ],
)
def test_a_leg_is_muted(led: LedStage, before: str, is_heard: bool, hears_others: bool) -> None:
    name = room()
    other = led.joined(name)
    guest = led.seated(actions(before, f'{{"conference": {{"room": "{name}"}}}}'))
    for speaker, listener, heard in ((guest, other, is_heard), (other, guest, hears_others)):
        silent(listener, "nobody speaks")
        caller(speaker).play_tone(2)
        if heard:
            hears(listener, "the speaker is heard")
            silent(listener, "the tone is over")
        else:
            before_it = loud(listener)
            packets_pass(listener, 75)
            assert loud(listener) == before_it


def test_a_wait_ends_with_silence(led: LedStage) -> None:
    """Plivo: "if no voice or sound is detected for minSilence milliseconds" the wait ends, but not before."""
    wait = '<Wait length="60" silence="true" minSilence="1000"/>'
    guest = led.dialled(f"<Response>{wait}<Play>{led.stage.audio(2)}</Play>{wait}</Response>")
    wait_for(lambda: guest.phone.answered, "it is answered", LIMIT_S)
    caller(guest).play_tone(4)
    began = time.monotonic()
    hears(guest, "the verb behind the silence")
    assert time.monotonic() - began > 4, "not while the caller spoke"
    wait_for(lambda: guest.phone.ended, "the second wait ends at once", LIMIT_S)


def test_keys_are_sent_and_the_flow_waits_for_them(led: LedStage) -> None:
    guest = led.dialled(actions('{"send_digits": {"digits": "12w#", "pause_before_ms": 1000}}', '{"hangup": {}}'))
    wait_for(lambda: guest.phone.ended, "hung up behind them", LIMIT_S)
    assert caller(guest).sound.keys_heard == "12#"


def test_pre_answer_is_heard_before_any_answer(led: LedStage) -> None:
    """Plivo: PreAnswer's prompts are "early media"; the call is not answered by them, and may still be refused."""
    play = f"<PreAnswer><Play>{led.stage.audio(3)}</Play></PreAnswer>"
    guest = led.dialled(f"<Response>{play}<Hangup reason='busy'/></Response>")
    hears(guest, "the sound before the answer", packets=50)
    assert not guest.phone.answered
    wait_for(lambda: guest.phone.ended, "refused behind it", LIMIT_S)
    assert 183 in caller(guest).statuses and caller(guest).final_status == 486
    assert not led.event(guest, "call.answered")


@pytest.mark.parametrize("verb", ["GetDigits numDigits='2'", "GetInput inputType='dtmf' numDigits='2'"])
def test_digits_end_the_prompt_and_go_to_the_action(led: LedStage, verb: str) -> None:
    after = led.documents.put("/menu", f"<Response><Play>{led.stage.audio(1)}</Play><Hangup/></Response>")
    prompt, behind = f"<Play>{led.stage.audio(60)}</Play>", "<Hangup reason='busy'/>"
    guest = led.dialled(f"<Response><{verb} action='{after}'>{prompt}</{verb.partition(' ')[0]}>{behind}</Response>")
    hears(guest, "the prompt")
    guest.phone.press("42")
    told = led.documents.wait_for("/menu", CallUUID=guest.id)
    assert (told["Digits"], told["InputType"], told["CallStatus"]) == ("42", "dtmf", "in-progress")
    wait_for(lambda: guest.phone.ended, "the next document is performed, not the rest of this one", LIMIT_S)
    wait_for(lambda: led.event(guest, "call.completed"), "its end is told", LIMIT_S)
    assert led.event(guest, "call.completed")[0]["data"]["hangup_cause"] == "NORMAL_CLEARING"


def test_a_redirect_leads_on(led: LedStage) -> None:
    following = led.documents.put("/next", f"<Response><Play>{led.stage.audio(2)}</Play></Response>")
    play = f"<Play>{led.stage.audio(60)}</Play>"
    guest = led.dialled(f"<Response><Redirect method='GET'>{following}</Redirect>{play}</Response>")
    led.documents.wait_for("/next", CallUUID=guest.id)
    assert {one.method for one in led.documents.asked if one.path == "/next"} == {"GET"}
    hears(guest, "the document that it was led to", packets=50)
    wait_for(lambda: guest.phone.ended, "which ends, while the rest of the first would go on", LIMIT_S)
