"""The stories in which the gateway ends and starts, told as those of scenarios.py are: to a Stage, by flow and live."""

from tests.scenarios import (
    CREATED,
    JOINED,
    LEFT,
    MUTED,
    STARTED,
    UNMUTED,
    Story,
    seated_guest,
)
from tests.stage import Stage
from tests.waiting import wait_for


def call_that_nobody_wants_ends(stage: Stage) -> None:
    """ "waits for session commands (ring time limit configurable)", then the caller gets a clear failure."""
    stage.gateway.restart(inbound_wait_s=2)
    try:
        waiting, wanted = stage.guest(), stage.guest()
        wanted.hears("call.created")
        wanted.answer()
        wait_for(lambda: waiting.phone.ended, "the call that nobody wants is ended", 15)
        assert waiting.phone.final_status == 408
        completed = waiting.hears("call.created", "call.completed")
        assert completed["data"]["hangup_cause"] == "NO_USER_RESPONSE"
        wanted.stays_parked()
    finally:
        stage.gateway.restart(inbound_wait_s=60)


def call_arrives_while_the_gateway_is_down(stage: Stage) -> None:
    """ "Ten seconds let a gateway that restarts … still take the calls that came meanwhile"."""
    stage.gateway.kill9()
    phone, number = stage.dial()
    wait_for(lambda: '"row_count":0' not in stage.switch.api("show channels as json").replace(" ", ""), "it rings")
    stage.gateway.start()
    guest = stage.announced(phone, number)
    guest.hears("call.created")
    guest.answer()
    room = stage.room()
    guest.join(room)
    assert stage.seated(room) == {guest.id: True}


def what_happened_while_it_was_killed(stage: Stage) -> None:
    """Members that left "leave with reason `orphan`, members that came are joined, mute states are set right"."""
    room = stage.room()
    gone, loud, kicked, stays = (seated_guest(stage, room) for _ in range(4))
    comes = stage.guest()
    comes.hears("call.created")
    comes.answer()
    stage.hears(room, CREATED, STARTED, *[JOINED] * 4)
    stage.gateway.kill9()
    gone.phone.hangup()
    loud.phone.press("*6")
    stage.switch.api(f"uuid_transfer {kicked.channel} 'park:' inline")
    stage.switch.api(f"uuid_transfer {comes.channel} 'conference:{room}@gateway+flags{{mute}},park:' inline")
    expected = {loud.id: False, stays.id: True, comes.id: True}
    wait_for(lambda: stage.seated(room) == expected, f"the switch has {expected}")
    stage.gateway.start()
    for guest in (gone, kicked):
        assert guest.hears(LEFT)["data"]["reason"] == "orphan"
    gone.hears("call.completed")
    assert loud.hears(UNMUTED)["data"]["muted"] is False
    assert comes.hears(JOINED)["data"]["muted"] is True
    kicked.stays_parked()
    assert stage.members(room) == stage.seated(room) == expected
    stage.heard_all(gone.id, loud.id, kicked.id, comes.id, stays.id)


def what_played_while_it_was_killed(stage: Stage) -> None:
    """A file that was over meanwhile counts as played, the next goes on, and play.finished "comes once"."""
    room = stage.room()
    guest = seated_guest(stage, room)
    urls = [stage.audio(1), stage.audio(0.4)]
    stage.post(f"conferences/{room}/play", {"urls": urls})
    stage.hears(room, CREATED, STARTED, JOINED, "conference.play.started")
    wait_for(lambda: "-ERR" not in stage.switch.api(f"conference {room} play_status"), "the file plays")
    stage.gateway.kill9()
    wait_for(lambda: "-ERR" in stage.switch.api(f"conference {room} play_status"), "the file is over")
    stage.gateway.start()
    finished = stage.hears(room, "conference.play.finished")["data"]
    assert (finished["played"], finished["failed"]) == (2, 0)
    stage.heard_all(room)
    assert stage.seated(room) == {guest.id: True}


def sigterm_leaves_calls_and_rooms_untouched(stage: Stage) -> None:
    """ "SIGTERM: stop accepting, finish requests, hand leases back, leave calls and rooms untouched"."""
    room = stage.room()
    inside, outside = seated_guest(stage, room), stage.guest()
    outside.hears("call.created")
    inside.command("conference/unmute")
    inside.hears(UNMUTED)
    stage.gateway.terminate()
    assert stage.seated(room) == {inside.id: False} and not outside.phone.ended
    stage.gateway.start()
    assert stage.members(room) == stage.seated(room) == {inside.id: False}
    inside.command("conference/mute")
    inside.hears(MUTED)
    outside.answer()
    outside.join(room)
    stage.hears(room, CREATED, STARTED, JOINED, UNMUTED, MUTED, JOINED)
    stage.heard_all(room, inside.id, outside.id)


def nobody_takes_the_call(stage: Stage) -> None:
    """ "park_timeout as the net when no gateway answers: the caller gets a clear SIP failure, never silence"."""
    stage.gateway.terminate()
    phone, _ = stage.dial()
    wait_for(lambda: phone.ended, "the dialplan's net ends the call", 20)
    assert phone.final_status == 503
    stage.gateway.start()


STORIES: tuple[Story, ...] = (
    call_that_nobody_wants_ends,
    call_arrives_while_the_gateway_is_down,
    what_happened_while_it_was_killed,
    what_played_while_it_was_killed,
    sigterm_leaves_calls_and_rooms_untouched,
)
# The net is freeswitch-conf/'s dialplan: the simulated switch parks calls without it.
REAL_STORIES: tuple[Story, ...] = (nobody_takes_the_call,)
