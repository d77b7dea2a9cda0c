"""<Conference>: a member's own attributes: muted, maxMembers, keys, sounds, callbacks (contract.md)."""

from gateway.services.apps import Apps
from tests.flow.conference_house import ConferenceHouse
from tests.waiting import wait_for

HOUSE_SETTINGS = {"digits_match_timeout_ms": 1000}
WAIT = "<Wait length='60'/>"


def member_id(hall: ConferenceHouse, session: str) -> str:
    joined = hall.house.sink.find("conference.member.joined", session_uuid=session)
    return str(joined[-1]["data"]["member_id"])


def test_muted(hall: ConferenceHouse) -> None:
    quiet, loud = hall.joined(hall.name(), muted=True), hall.joined(hall.name())
    assert hall.house.switch.seats(hall.room_id(quiet)) == {quiet: False}
    assert hall.house.switch.seats(hall.room_id(loud)) == {loud: True}


def test_max_members_is_the_joiners_own(hall: ConferenceHouse) -> None:
    """ "seats counted under the room's lock against the joiner's own document; who is refused goes on"."""
    room = hall.name()
    for _ in range(2):
        hall.joined(room, maxMembers=2)
    refused = hall.dial(hall.document(room, "<Hangup reason='busy'/>", maxMembers=2))
    told = hall.house.sink.wait_for_event("conference.member.join_failed", session_uuid=refused)
    assert told["data"]["reason"] == "full"
    ended = hall.house.sink.wait_for_event("call.completed", session_uuid=refused)
    assert ended["data"]["hangup_cause"] == "USER_BUSY"
    hall.joined(room, maxMembers=3)


def test_callers_at_once_do_not_overfill_a_room(hall: ConferenceHouse) -> None:
    """ "the gateway counts joined and joining seats under the room's lock"."""
    room = hall.name()
    sessions = [hall.dial(hall.document(room, "<Hangup reason='busy'/>", maxMembers=3)) for _ in range(12)]
    sink = hall.house.sink
    for session in sessions:
        sink.wait_for(
            lambda session=session: (  # type: ignore[misc]
                sink.find("conference.member.joined", session_uuid=session)
                or sink.find("call.completed", session_uuid=session)
            ),
            f"{session} is in the room, or out",
        )
    assert sum(bool(sink.find("conference.member.joined", session_uuid=session)) for session in sessions) == 3


def test_voxml_rooms_hold_ten(hall: ConferenceHouse) -> None:
    """ "in the voxml dialect the default is 10"."""
    apps = Apps(hall.house.gateway.store)
    apps.update_app(hall.app.id, settings={"document_dialect": "voxml"})
    hall.house.gateway.directory.invalidate()
    room = hall.name()
    try:
        for _ in range(10):
            hall.house.sink.wait_for_event(
                "conference.member.joined",
                session_uuid=hall.dial(f"<Response><Conference>{room}</Conference></Response>"),
            )
        eleventh = hall.dial(f"<Response><Conference>{room}</Conference></Response>")
        told = hall.house.sink.wait_for_event("conference.member.join_failed", session_uuid=eleventh)
        assert told["data"]["reason"] == "full"
    finally:
        apps.update_app(hall.app.id, settings={"document_dialect": ""})
        hall.house.gateway.directory.invalidate()


def test_enter_and_exit_are_called_back(hall: ConferenceHouse) -> None:
    """All parameters of the table, named exactly; signed as Plivo's SDK checks."""
    room = hall.name()
    session = hall.joined(room)
    asked = hall.told("enter", session)
    assert asked == {
        "ConferenceAction": "enter", "ConferenceName": room, "ConferenceUUID": hall.room_id(session),
        "ConferenceMemberID": member_id(hall, session), "CallUUID": session,
    }  # fmt: skip
    hall.house.hang_up(session)
    assert hall.told("exit", session) == {**asked, "ConferenceAction": "exit"}


def test_action_has_the_rooms_parameters(hall: ConferenceHouse) -> None:
    room = hall.name()
    action = hall.documents.put("/action", "<Response><Wait length='60'/></Response>")
    session = hall.joined(room, action=action, hangupOnStar=True)
    hall.house.press(session, "*")
    asked = hall.documents.wait_for("/action", CallUUID=session)
    assert (asked["ConferenceName"], asked["ConferenceUUID"]) == (room, hall.room_id(session))
    assert asked["ConferenceMemberID"] == member_id(hall, session)


def test_action_by_get(hall: ConferenceHouse) -> None:
    """method: "HTTP method for action"."""
    action = hall.documents.put("/by-get", "<Response><Hangup reason='busy'/></Response>")
    session = hall.joined(hall.name(), WAIT, action=action, method="GET", hangupOnStar=True)
    hall.house.press(session, "*")
    hall.documents.wait_for("/by-get", CallUUID=session)
    assert [one.method for one in hall.documents.asked if one.path == "/by-get"] == ["GET"]
    ended = hall.house.sink.wait_for_event("call.completed", session_uuid=session)
    assert ended["data"]["hangup_cause"] == "USER_BUSY"


def test_action_without_redirect_is_told_and_the_document_goes_on(hall: ConferenceHouse) -> None:
    """ "false: the document goes on with the next verb"."""
    action = hall.documents.put("/told", "<Response><Hangup reason='rejected'/></Response>")
    session = hall.joined(hall.name(), "<Hangup reason='busy'/>", action=action, redirect=False, hangupOnStar=True)
    hall.house.press(session, "*")
    assert hall.documents.wait_for("/told", CallUUID=session)["ConferenceUUID"] == hall.room_id(session)
    ended = hall.house.sink.wait_for_event("call.completed", session_uuid=session)
    assert ended["data"]["hangup_cause"] == "USER_BUSY"


def test_star_leaves_where_it_shall_and_star_six_mutes_there_too(hall: ConferenceHouse) -> None:
    """ "A member mutes itself with `*6`, also in a room where `*` leaves"."""
    session = hall.joined(hall.name(), WAIT, hangupOnStar=True)
    hall.house.press(session, "*6")
    muted = hall.house.sink.wait_for_event("conference.member.muted", session_uuid=session)
    assert muted["data"]["by"] == "member"
    hall.house.press(session, "*")
    data = hall.left(session)
    assert (data["reason"], data["cause"]) == ("removed", "self")


def test_star_alone_does_nothing_elsewhere(hall: ConferenceHouse) -> None:
    room = hall.name()
    session, other = hall.joined(room, WAIT), hall.joined(room, WAIT)
    hall.house.press(session, "*")
    hall.order(f"dtmf {member_id(hall, other)[1:]} *")
    hall.house.press(session, "6")
    hall.house.sink.wait_for_event("conference.member.muted", session_uuid=session)
    assert not hall.house.sink.find("conference.member.left", session_uuid=session)


def digits(hall: ConferenceHouse, session: str) -> list[str]:
    found = hall.documents.of("/callback", ConferenceAction="digits", CallUUID=session)
    return [params["ConferenceDigitsMatch"] for params in found]


def webhooks(hall: ConferenceHouse, session: str) -> list[str]:
    return [event["data"]["digits"] for event in hall.house.sink.find("conference.member.digits", session_uuid=session)]


def test_digits_match(hall: ConferenceHouse) -> None:
    """ "each member's keys on their own; longest match wins, a pattern that begins a longer one is reported after
    digits_match_timeout_ms"."""
    room = hall.name()
    first, second = (hall.joined(room, digitsMatch="1,123,45") for _ in range(2))
    hall.house.press(first, "12")
    hall.order(f"dtmf {member_id(hall, second)[1:]} 2")  # a key takes its time
    hall.house.press(second, "3")
    hall.order(f"dtmf {member_id(hall, first)[1:]} 3")
    hall.house.press(first, "3")
    hall.told("digits", first)
    assert digits(hall, first) == ["123"]
    hall.house.press(second, "1")  # nothing but its own keys
    assert hall.told("digits", second)["ConferenceDigitsMatch"] == "1"
    hall.house.press(first, "9451")
    wait_for(lambda: digits(hall, first) == ["123", "45", "1"], "each is told")
    assert digits(hall, second) == ["1"]
    # "conference.member.… digits" stands among the events of contract.md.
    wait_for(
        lambda: all(webhooks(hall, one) == digits(hall, one) for one in (first, second)), "the webhooks say the same"
    )
    assert hall.told("digits", first)["ConferenceMemberID"] == member_id(hall, first)


def test_keys_are_relayed_to_every_other_member(hall: ConferenceHouse) -> None:
    """ "the gateway sends each key to every other member; the flag dist-dtmf is never used"."""
    room = hall.name()
    first, second, quiet = hall.joined(room), hall.joined(room), hall.joined(room, relayDTMF=False)
    room_id = hall.room_id(first)
    hall.house.press(first, "57")
    for member in (second, quiet):
        for key in "57":
            hall.order(f"conference {room_id} dtmf {member_id(hall, member)[1:]} {key}")
    hall.house.press(quiet, "8")
    hall.house.press(second, "9")
    hall.order(f"conference {room_id} dtmf {member_id(hall, first)[1:]} 9")
    sent = [line for line in hall.house.switch.lines if line.startswith(f"conference {room_id} dtmf")]
    assert not [line for line in sent if line.endswith(" 8")], sent
    assert f"conference {room_id} dtmf {member_id(hall, first)[1:]} 5" not in sent, "not to who pressed it"
    assert not [line for line in hall.house.switch.lines if "dist-dtmf" in line]


def test_the_floor_is_told_to_who_wants_to_know(hall: ConferenceHouse) -> None:
    """floorEvent: "Notify when member becomes floor-holder"."""
    session = hall.joined(hall.name(), floorEvent=True)
    asked = hall.told("floor", session)
    assert asked["ConferenceMemberID"] == member_id(hall, session)
    other = hall.joined(hall.name())
    hall.house.sink.wait_for_event("conference.floor_changed", room_id=hall.room_id(other))
    hall.house.hang_up(other)
    hall.told("exit", other)
    assert not hall.documents.of("/callback", ConferenceAction="floor", CallUUID=other)


def sounds(hall: ConferenceHouse, room_id: str) -> list[str]:
    """What was played beside the queue, without parameters."""
    played = [line for line in hall.house.switch.lines if line.startswith(f"conference {room_id} play {{")]
    return [line.partition("}")[2] for line in played]


def test_beeps(hall: ConferenceHouse) -> None:
    """ "played to the room by the gateway as `async` on add- and del-member …; none when nobody is left"."""
    room = hall.name()
    stays = hall.joined(room)
    room_id = hall.room_id(stays)
    goes = hall.joined(room, enterSound="beep:1", exitSound="beep:2")
    hall.order(f"conference {room_id} play", "tone_stream://%(300,0,800) async")
    hall.house.hang_up(goes)
    hall.order(f"conference {room_id} play", ";loops=2 async")
    last = hall.joined(room, exitSound="beep:1")
    hall.house.hang_up(stays)
    hall.house.hang_up(last)
    hall.house.sink.wait_for_event("conference.destroyed", room_id=room_id)
    assert sounds(hall, room_id) == ["tone_stream://%(300,0,800) async", "tone_stream://%(200,150,800);loops=2 async"]


def test_a_sound_by_url(hall: ConferenceHouse) -> None:
    """ "or a URL that returns XML of Play, Speak, Wait"."""
    url = hall.documents.put("/hello", f"<Response><Wait/><Play>{hall.house.jukebox.url(0.1)}</Play></Response>")
    session = hall.joined(hall.name(), enterSound=url)
    line = hall.order(
        f"conference {hall.room_id(session)} play", "}file_string://silence_stream://1000!http://", " async"
    )
    assert ".wav async" in line
    hall.documents.wait_for("/hello", CallUUID=session)
