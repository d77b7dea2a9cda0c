"""<Conference>: a member's own attributes: muted, maxMembers, keys, sounds, callbacks (contract.md)."""

from collections.abc import Iterator

import pytest

from gateway.services.apps import Apps
from tests.flow.conference_house import Led
from tests.waiting import wait_for

WAIT = "<Wait length='60'/>"


@pytest.fixture(scope="module")
def led_house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Led]:
    led = Led(tmp_path_factory.mktemp("led"), digits_match_timeout_ms=1000)
    yield led
    led.stop()


@pytest.fixture
def led(led_house: Led) -> Iterator[Led]:
    led_house.house.forget_cooldowns()
    yield led_house
    led_house.house.sink.assert_ordered()
    assert not led_house.documents.problems


def member_id(led: Led, session: str) -> str:
    joined = led.house.sink.find("conference.member.joined", session_uuid=session)
    return str(joined[-1]["data"]["member_id"])


def test_muted(led: Led) -> None:
    quiet, loud = led.joined(led.name(), muted=True), led.joined(led.name())
    assert led.house.switch.seats(led.room_id(quiet)) == {quiet: False}
    assert led.house.switch.seats(led.room_id(loud)) == {loud: True}


def test_max_members_is_the_joiners_own(led: Led) -> None:
    """ "seats counted under the room's lock against the joiner's own document; who is refused goes on"."""
    room = led.name()
    for _ in range(2):
        led.joined(room, maxMembers=2)
    refused = led.dial(led.document(room, "<Hangup reason='busy'/>", maxMembers=2))
    told = led.house.sink.wait_for_event("conference.member.join_failed", session_uuid=refused)
    assert told["data"]["reason"] == "full"
    ended = led.house.sink.wait_for_event("call.completed", session_uuid=refused)
    assert ended["data"]["hangup_cause"] == "USER_BUSY"
    led.joined(room, maxMembers=3)


def test_callers_at_once_do_not_overfill_a_room(led: Led) -> None:
    """ "the gateway counts joined and joining seats under the room's lock"."""
    room = led.name()
    sessions = [led.dial(led.document(room, "<Hangup reason='busy'/>", maxMembers=3)) for _ in range(12)]
    sink = led.house.sink
    for session in sessions:
        sink.wait_for(
            lambda session=session: (  # type: ignore[misc]
                sink.find("conference.member.joined", session_uuid=session)
                or sink.find("call.completed", session_uuid=session)
            ),
            f"{session} is in the room, or out",
        )
    assert sum(bool(sink.find("conference.member.joined", session_uuid=session)) for session in sessions) == 3


def test_voxml_rooms_hold_ten(led: Led) -> None:
    """ "in the voxml dialect the default is 10"."""
    apps = Apps(led.house.gateway.store)
    apps.update_app(led.app.id, settings={"document_dialect": "voxml"})
    led.house.gateway.directory.invalidate()
    room = led.name()
    try:
        for _ in range(10):
            led.house.sink.wait_for_event(
                "conference.member.joined",
                session_uuid=led.dial(f"<Response><Conference>{room}</Conference></Response>"),
            )
        eleventh = led.dial(f"<Response><Conference>{room}</Conference></Response>")
        told = led.house.sink.wait_for_event("conference.member.join_failed", session_uuid=eleventh)
        assert told["data"]["reason"] == "full"
    finally:
        apps.update_app(led.app.id, settings={"document_dialect": ""})
        led.house.gateway.directory.invalidate()


def test_enter_and_exit_are_called_back(led: Led) -> None:
    """All parameters of the table, named exactly; signed as Plivo's SDK checks."""
    room = led.name()
    session = led.joined(room)
    asked = led.told("enter", session)
    assert asked == {
        "ConferenceAction": "enter", "ConferenceName": room, "ConferenceUUID": led.room_id(session),
        "ConferenceMemberID": member_id(led, session), "CallUUID": session,
    }  # fmt: skip
    led.house.hang_up(session)
    assert led.told("exit", session) == {**asked, "ConferenceAction": "exit"}


def test_action_has_the_rooms_parameters(led: Led) -> None:
    room = led.name()
    action = led.documents.put("/action", "<Response><Wait length='60'/></Response>")
    session = led.joined(room, action=action, hangupOnStar=True)
    led.house.press(session, "*")
    asked = led.documents.wait_for("/action", CallUUID=session)
    assert (asked["ConferenceName"], asked["ConferenceUUID"]) == (room, led.room_id(session))
    assert asked["ConferenceMemberID"] == member_id(led, session)


def test_action_by_get(led: Led) -> None:
    """method: "HTTP method for action"."""
    action = led.documents.put("/by-get", "<Response><Hangup reason='busy'/></Response>")
    session = led.joined(led.name(), WAIT, action=action, method="GET", hangupOnStar=True)
    led.house.press(session, "*")
    led.documents.wait_for("/by-get", CallUUID=session)
    assert [one.method for one in led.documents.asked if one.path == "/by-get"] == ["GET"]
    ended = led.house.sink.wait_for_event("call.completed", session_uuid=session)
    assert ended["data"]["hangup_cause"] == "USER_BUSY"


def test_action_without_redirect_is_told_and_the_document_goes_on(led: Led) -> None:
    """ "false: the document goes on with the next verb"."""
    action = led.documents.put("/told", "<Response><Hangup reason='rejected'/></Response>")
    session = led.joined(led.name(), "<Hangup reason='busy'/>", action=action, redirect=False, hangupOnStar=True)
    led.house.press(session, "*")
    assert led.documents.wait_for("/told", CallUUID=session)["ConferenceUUID"] == led.room_id(session)
    ended = led.house.sink.wait_for_event("call.completed", session_uuid=session)
    assert ended["data"]["hangup_cause"] == "USER_BUSY"


def test_star_leaves_where_it_shall_and_star_six_mutes_there_too(led: Led) -> None:
    """ "A member mutes itself with `*6`, also in a room where `*` leaves"."""
    session = led.joined(led.name(), WAIT, hangupOnStar=True)
    led.house.press(session, "*6")
    muted = led.house.sink.wait_for_event("conference.member.muted", session_uuid=session)
    assert muted["data"]["by"] == "member"
    led.house.press(session, "*")
    data = led.left(session)
    assert (data["reason"], data["cause"]) == ("removed", "self")


def test_star_alone_does_nothing_elsewhere(led: Led) -> None:
    room = led.name()
    session, other = led.joined(room, WAIT), led.joined(room, WAIT)
    led.house.press(session, "*")
    led.order(f"dtmf {member_id(led, other)[1:]} *")
    led.house.press(session, "6")
    led.house.sink.wait_for_event("conference.member.muted", session_uuid=session)
    assert not led.house.sink.find("conference.member.left", session_uuid=session)


def digits(led: Led, session: str) -> list[str]:
    found = led.documents.of("/callback", ConferenceAction="digits", CallUUID=session)
    return [params["ConferenceDigitsMatch"] for params in found]


def webhooks(led: Led, session: str) -> list[str]:
    return [event["data"]["digits"] for event in led.house.sink.find("conference.member.digits", session_uuid=session)]


def test_digits_match(led: Led) -> None:
    """ "each member's keys on their own; longest match wins, a pattern that begins a longer one is reported after
    digits_match_timeout_ms"."""
    room = led.name()
    first, second = (led.joined(room, digitsMatch="1,123,45") for _ in range(2))
    led.house.press(first, "12")
    led.order(f"dtmf {member_id(led, second)[1:]} 2")  # a key takes its time
    led.house.press(second, "3")
    led.order(f"dtmf {member_id(led, first)[1:]} 3")
    led.house.press(first, "3")
    led.told("digits", first)
    assert digits(led, first) == ["123"]
    led.house.press(second, "1")  # nothing but its own keys
    assert led.told("digits", second)["ConferenceDigitsMatch"] == "1"
    led.house.press(first, "9451")
    wait_for(lambda: digits(led, first) == ["123", "45", "1"], "each is told")
    assert digits(led, second) == ["1"]
    # "conference.member.… digits" stands among the events of contract.md.
    wait_for(
        lambda: all(webhooks(led, one) == digits(led, one) for one in (first, second)), "the webhooks say the same"
    )
    assert led.told("digits", first)["ConferenceMemberID"] == member_id(led, first)


def test_keys_are_relayed_to_every_other_member(led: Led) -> None:
    """ "the gateway sends each key to every other member; the flag dist-dtmf is never used"."""
    room = led.name()
    first, second, quiet = led.joined(room), led.joined(room), led.joined(room, relayDTMF=False)
    room_id = led.room_id(first)
    led.house.press(first, "57")
    for member in (second, quiet):
        for key in "57":
            led.order(f"conference {room_id} dtmf {member_id(led, member)[1:]} {key}")
    led.house.press(quiet, "8")
    led.house.press(second, "9")
    led.order(f"conference {room_id} dtmf {member_id(led, first)[1:]} 9")
    sent = [line for line in led.house.switch.lines if line.startswith(f"conference {room_id} dtmf")]
    assert not [line for line in sent if line.endswith(" 8")], sent
    assert f"conference {room_id} dtmf {member_id(led, first)[1:]} 5" not in sent, "not to who pressed it"
    assert not [line for line in led.house.switch.lines if "dist-dtmf" in line]


def test_the_floor_is_told_to_who_wants_to_know(led: Led) -> None:
    """floorEvent: "Notify when member becomes floor-holder"."""
    session = led.joined(led.name(), floorEvent=True)
    asked = led.told("floor", session)
    assert asked["ConferenceMemberID"] == member_id(led, session)
    other = led.joined(led.name())
    led.house.sink.wait_for_event("conference.floor_changed", room_id=led.room_id(other))
    led.house.hang_up(other)
    led.told("exit", other)
    assert not led.documents.of("/callback", ConferenceAction="floor", CallUUID=other)


def sounds(led: Led, room_id: str) -> list[str]:
    """What was played beside the queue, without parameters."""
    played = [line for line in led.house.switch.lines if line.startswith(f"conference {room_id} play {{")]
    return [line.partition("}")[2] for line in played]


def test_beeps(led: Led) -> None:
    """ "played to the room by the gateway as `async` on add- and del-member …; none when nobody is left"."""
    room = led.name()
    stays = led.joined(room)
    room_id = led.room_id(stays)
    goes = led.joined(room, enterSound="beep:1", exitSound="beep:2")
    led.order(f"conference {room_id} play", "tone_stream://%(300,0,800) async")
    led.house.hang_up(goes)
    led.order(f"conference {room_id} play", ";loops=2 async")
    last = led.joined(room, exitSound="beep:1")
    led.house.hang_up(stays)
    led.house.hang_up(last)
    led.house.sink.wait_for_event("conference.destroyed", room_id=room_id)
    assert sounds(led, room_id) == ["tone_stream://%(300,0,800) async", "tone_stream://%(200,150,800);loops=2 async"]


def test_a_sound_by_url(led: Led) -> None:
    """ "or a URL that returns XML of Play, Speak, Wait"."""
    url = led.documents.put("/hello", f"<Response><Wait/><Play>{led.house.jukebox.url(0.1)}</Play></Response>")
    session = led.joined(led.name(), enterSound=url)
    line = led.order(
        f"conference {led.room_id(session)} play", "}file_string://silence_stream://1000!http://", " async"
    )
    assert ".wav async" in line
    led.documents.wait_for("/hello", CallUUID=session)
