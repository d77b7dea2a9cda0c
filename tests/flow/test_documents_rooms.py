"""<Conference> in flows: rooms that documents make, who is in them, what follows (contract.md, "Answer documents")."""

from tests.flow.led import LedHouse, xml


def in_room(led: LedHouse, session: str) -> str:
    """The room that the call has entered."""
    joined = led.house.sink.wait_for_event("conference.member.joined", session_uuid=session)
    return str(joined["room_id"])


def test_two_callers_meet_and_the_room_ends_with_the_last(led: LedHouse) -> None:
    """contract: "created and started at its first add-member, ended and destroyed when neither member nor joining seat
    is left"; "with no verb left it is hung up"."""
    sink = led.house.sink
    app = led.app(xml("<Conference>team.1</Conference>"))
    first, second = led.call(app), led.call(app)
    room = in_room(led, first)
    assert in_room(led, second) == room
    assert led.house.switch.seats(room) == {first: True, second: True}
    sink.wait_for(lambda: len(sink.find("conference.member.joined", room_id=room)) == 2, "both are told")
    assert sink.names(room_id=room)[:3] == ["conference.created", "conference.started", "conference.member.joined"]
    led.house.hang_up(first)
    led.house.app = app
    assert app.command(second, "conference/leave").status_code == 202
    assert led.ended(second) == "NORMAL_CLEARING"
    sink.wait_for_event("conference.destroyed", room_id=room)
    assert sink.names(room_id=room)[-2:] == ["conference.ended", "conference.destroyed"]
    again = led.call(app)
    assert in_room(led, again) != room, "a room that is over does not come back"


def test_minivoice(led: LedHouse) -> None:
    """contracts/minivoice-conference-action.txt: room, mute, end_on_exit; typed and untyped form."""
    app = led.app(
        '{"actions": [{"conference": {"room": "support-room-1001", "mute": true}}]}',
        '{"actions": [{"type": "conference", "room": "support-room-1001", "end_on_exit": true}]}',
    )
    quiet = led.call(app)
    room = in_room(led, quiet)
    leader = led.call(app)
    in_room(led, leader)
    assert led.house.switch.seats(room) == {quiet: False, leader: True}
    led.house.hang_up(leader)
    assert led.ended(quiet) == "NORMAL_CLEARING"


def test_the_document_goes_on_when_the_call_has_left(led: LedHouse) -> None:
    app = led.app(xml('<Conference action="" redirect="false">r</Conference>', '<Wait length="1"/>'))
    session = led.call(app)
    in_room(led, session)
    assert led.flow(session).state == "in_room"
    app.command(session, "conference/leave")
    led.ended(session)
    assert [line.partition(" ")[0] for line in led.executed(session)] == ["sleep"]


def test_action_is_fetched_and_its_answer_is_the_next_document(led: LedHouse) -> None:
    app = led.app("")
    action = led.page(app, "/left", xml('<Hangup reason="busy"/>'))
    led.app_document(app, xml(f'<Conference action="{action}">r</Conference>', "<Wait/>"))
    session = led.call(app)
    room = in_room(led, session)
    app.command(session, "conference/leave")
    asked = led.pages.wait_for("/left")
    assert (asked.params["ConferenceName"], asked.params["ConferenceUUID"]) == ("r", room)
    assert asked.params["ConferenceMemberID"] and asked.params["CallUUID"] == session
    assert led.ended(session) == "USER_BUSY"


def test_action_runs_for_a_caller_who_hung_up_and_its_answer_is_ignored(led: LedHouse) -> None:
    app = led.app("")
    action = led.page(app, "/gone", xml("<Redirect>http://127.0.0.1:1/</Redirect>"))
    led.app_document(app, xml(f'<Conference action="{action}">r</Conference>'))
    session = led.call(app)
    in_room(led, session)
    led.house.hang_up(session)
    assert led.pages.wait_for("/gone").params["CallUUID"] == session
    led.wait_flow(session, state="over")
    assert len(led.pages.requests("/gone")) == 1
    assert not led.house.sink.find("call.failed", session_uuid=session)


def test_enter_and_exit_are_called_back(led: LedHouse) -> None:
    app = led.app("")
    back = led.page(app, "/back", xml())
    led.app_document(app, xml(f'<Conference callbackUrl="{back}" callbackMethod="GET">r</Conference>'))
    session = led.call(app)
    room = in_room(led, session)
    asked = led.pages.wait_for("/back")
    member = asked.params["ConferenceMemberID"]
    assert asked.method == "GET"
    assert asked.params == {
        "ConferenceAction": "enter", "ConferenceName": "r", "ConferenceUUID": room, "CallUUID": session,
        "ConferenceMemberID": member,
    }  # fmt: skip
    led.house.hang_up(session)
    asked = led.pages.wait_for("/back", 2)
    assert (asked.params["ConferenceAction"], asked.params["ConferenceMemberID"]) == ("exit", member)


def test_who_finds_the_room_full_goes_on_with_its_document(led: LedHouse) -> None:
    app = led.app(xml('<Conference maxMembers="1">r</Conference>', '<Hangup reason="busy"/>'))
    first = led.call(app)
    in_room(led, first)
    second = led.call(app)
    assert led.ended(second) == "USER_BUSY"
    told = led.house.sink.wait_for_event("conference.member.join_failed", session_uuid=second)
    assert told["data"]["reason"] == "full"


def test_another_apps_room_of_the_same_name_is_another_room(led: LedHouse) -> None:
    rooms = {in_room(led, led.dial(xml("<Conference>same</Conference>"))[1]) for _ in range(2)}
    assert len(rooms) == 2


def test_a_document_joins_a_room_made_by_post(led: LedHouse) -> None:
    app = led.app(xml("<Conference>posted</Conference>"))
    room = app.room("posted")
    session = led.call(app)
    assert in_room(led, session) == room
    led.house.hang_up(session)
    led.house.sink.wait_for_event("conference.ended", room_id=room)
    assert not led.house.sink.find("conference.destroyed", room_id=room), "it lives until DELETE"
