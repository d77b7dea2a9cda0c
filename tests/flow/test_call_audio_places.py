"""Calls that somebody else plays to: a document, or the other side of a transfer. And calls that we made."""

from gateway.domain.dial import CONNECTED, CONNECTING
from gateway.domain.values import replace
from gateway.store.unit_of_work import UnitOfWork
from tests.flow.house import House, ok, refused
from tests.flow.led import LedHouse, xml
from tests.flow.test_call_audio import answered, begun, playing

TO = "+15550002222"
COMMANDS = {
    "playback/start": {"urls": ["http://127.0.0.1/a.wav"]},
    "speak": {"text": "hello"},
    "gather": {},
    "hold": {},
}


def test_a_document_plays_to_its_call_itself(led: LedHouse) -> None:
    """But for keys, which disturb nothing; and in a room a command plays to the member."""
    house = led.house
    app, session = led.dial(xml(f"<Play loop='0'>{house.jukebox.url(20)}</Play>"))
    house.sink.wait_for_event("call.answered", session_uuid=session)
    for command, body in COMMANDS.items():
        refused(app.command(session, command, body), 409, "call-led")
    ok(app.command(session, "dtmf", {"digits": "1"}), 202)
    app, member = led.dial(xml("<Conference>led-and-played-to</Conference>"))
    house.sink.wait_for_event("conference.member.joined", session_uuid=member)
    body = {"urls": [house.jukebox.url(0.2)]}
    operation = ok(app.command(member, "playback/start", body), 202)["operation_id"]
    house.sink.wait_for_event("playback.finished", operation_id=operation)
    assert led.flow(member).state == "in_room"


def test_a_transfer_ends_what_is_played(house: House) -> None:
    """Hold music while the other side is called; once the two are connected, commands would cut them apart."""
    session = answered(house)
    held = begun(house, session, "hold", {})
    house.sink.wait_for_event("call.held", operation_id=held)
    leg = ok(house.app.command(session, "transfer", {"to": TO}), 202)["session_uuid"]
    house.sink.wait_for_event("command.result", session_uuid=session, command="transfer")
    assert house.sink.wait_for_event("call.unheld", operation_id=held)["data"]["reason"] == "moved"
    for command, body in COMMANDS.items():
        refused(house.app.command(session, command, body), 409, "call-connected")
        refused(house.app.command(leg, command, body), 409, "call-connected")
    ok(house.app.command(leg, "dtmf", {"digits": "1"}), 202)
    house.hang_up(leg)
    house.sink.wait_for_event("call.completed", session_uuid=session)


def test_neither_leg_is_joined_while_the_switch_connects_them(house: House) -> None:
    """Seen in a soak: a join 20 ms after the new leg's call.answered took it away, and the transfer never ended."""
    session, room = answered(house), house.app.room()
    leg = ok(house.app.command(session, "transfer", {"to": TO}), 202)["session_uuid"]
    house.sink.wait_for_event("command.result", session_uuid=session, command="transfer")

    def stage(stage: str) -> None:
        def put(uow: UnitOfWork) -> None:
            dial = uow.dials.get(leg)
            assert dial is not None
            uow.dials.put(replace(dial, stage=stage))

        house.gateway.store.write(put)

    stage(CONNECTING)
    for call in (session, leg):
        refused(house.app.command(call, "conference/join", {"room_id": room}), 409, "call-connecting")
    stage(CONNECTED)
    house.forget_cooldowns()
    ok(house.app.command(leg, "conference/join", {"room_id": room}), 202)
    house.sink.wait_for_event("conference.member.joined", session_uuid=leg)


def test_a_consulted_leg_is_played_to(house: House) -> None:
    """docs/calls.md: "The new leg is a call of its own: play to it"."""
    session = answered(house)
    leg = ok(house.app.command(session, "transfer/consult", {"to": TO}), 202)["session_uuid"]
    house.sink.wait_for_event("call.answered", session_uuid=leg)
    caller, consulted = playing(house, session), playing(house, leg)
    ok(house.app.command(session, "transfer/complete"), 202)
    for operation in (caller, consulted):
        assert house.sink.wait_for_event("playback.stopped", operation_id=operation)["data"]["reason"] == "moved"
    house.hang_up(leg)
