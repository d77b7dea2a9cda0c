"""The stories, each told once: flow tells them to the simulated switch, live to a real one with SIP callers.

A story is a function of a Stage. Those in which the gateway itself ends or starts are in outages.py.
"""

from collections.abc import Callable

from tests.stage import Guest, Stage
from tests.waiting import wait_for

Story = Callable[[Stage], None]
CREATED, STARTED, ENDED = "conference.created", "conference.started", "conference.ended"
DESTROYED = "conference.destroyed"
JOINED, LEFT, JOIN_FAILED = "conference.member.joined", "conference.member.left", "conference.member.join_failed"
MUTED, UNMUTED = "conference.member.muted", "conference.member.unmuted"
ATTACK = "Eve%0AAction: kick-member%0AConference-Name: victim"


def main_story(stage: Stage) -> None:
    """ "A phone dials in, an app drives the room over HTTP, signed webhooks come out"."""
    guest = stage.guest()
    created = guest.hears("call.created")
    assert created["call"]["to"].removeprefix("+") == "15551230002" and created["call"]["status"] == "ringing"
    guest.answer()
    room = stage.room()
    stage.hears(room, CREATED)
    joined = guest.join(room)
    assert joined["data"]["muted"] is True, "members join muted"
    stage.hears(room, STARTED, JOINED)
    assert stage.members(room) == stage.seated(room) == {guest.id: True}
    guest.command("conference/unmute")
    assert guest.hears(UNMUTED)["data"]["by"] == "app"
    assert stage.members(room) == stage.seated(room) == {guest.id: False}
    stage.hears(room, UNMUTED)
    _plays(stage, room)
    guest.command("conference/mute")
    guest.hears(MUTED)
    guest.command("conference/leave")
    left = guest.hears(LEFT)["data"]
    assert (left["reason"], left["cause"]) == ("removed", "leave")
    stage.hears(room, MUTED, LEFT, ENDED)
    guest.stays_parked()
    guest.command("hangup")
    completed = guest.hears("command.result", "call.completed")
    assert completed["data"]["hangup_cause"] == "NORMAL_CLEARING"
    wait_for(lambda: guest.phone.ended, "the phone was told")
    stage.heard_all(guest.id, room)


def _plays(stage: Stage, room: str) -> None:
    """A short file to its end; then a long one is paused, resumed, made quieter and stopped."""
    short = stage.post(f"conferences/{room}/play", {"urls": [stage.audio(0.4)]})["operation_id"]
    assert stage.hears(room, "conference.play.started")["data"]["operation_id"] == short
    finished = stage.hears(room, "conference.play.finished")["data"]
    assert (finished["operation_id"], finished["played"], finished["failed"]) == (short, 1, 0)
    url = stage.audio(20)
    long = stage.post(f"conferences/{room}/play", {"urls": [url]})["operation_id"]
    stage.hears(room, "conference.play.started")
    wait_for(lambda: "-ERR" not in stage.switch.api(f"conference {room} play_status"), "the file plays")
    assert stage.post(f"conferences/{room}/pause") == {"operation_id": long, "status": "paused"}
    stage.hears(room, "conference.play.paused")
    assert stage.get(f"conferences/{room}")["playback_status"] == "paused"
    assert stage.post(f"conferences/{room}/pause")["status"] == "resumed"
    stage.hears(room, "conference.play.resumed")
    stage.post(f"conferences/{room}/volume", {"volume": -6})
    assert stage.hears(room, "conference.play.volume_changed")["data"]["volume"] == -6
    assert stage.post(f"conferences/{room}/stop") == {"operation_id": long, "status": "stopped"}
    assert stage.hears(room, "conference.play.stopped")["data"]["reason"] == "stopped"
    assert stage.post(f"conferences/{room}/stop", status=200) == {"status": "already_stopped"}


def two_callers_in_a_room(stage: Stage) -> None:
    """ "conference.started at the first member in, conference.ended when empty, started again at the next"."""
    room = stage.room()
    first, second = stage.guest(), stage.guest()
    for guest in (first, second):
        guest.hears("call.created")
        guest.answer()
        guest.join(room)
    stage.hears(room, CREATED, STARTED, JOINED, JOINED)
    second.command("conference/unmute")
    second.hears(UNMUTED)
    assert stage.members(room) == stage.seated(room) == {first.id: True, second.id: False}
    assert stage.get(f"conferences/{room}")["members"] == 2
    first.command("conference/leave")
    stage.hears(room, UNMUTED, LEFT)
    second.command("conference/leave")
    stage.hears(room, LEFT, ENDED)
    first.hears(LEFT)
    first.join(room)
    stage.hears(room, STARTED, JOINED)


def seated_guest(stage: Stage, room: str) -> Guest:
    """A caller, announced, answered and in the room."""
    guest = stage.guest()
    guest.hears("call.created")
    guest.answer()
    guest.join(room)
    return guest


def kicked_at_the_switch(stage: Stage) -> None:
    """ "`removed` (leave, kick, move, room ended)": somebody at the switch kicks; the call goes on, parked."""
    room = stage.room()
    guest = seated_guest(stage, room)
    assert stage.switch.api(f"conference {room} kick all").startswith("+OK")
    left = guest.hears(LEFT)["data"]
    assert (left["reason"], left["cause"]) == ("removed", "kick")
    guest.stays_parked()
    stage.hears(room, CREATED, STARTED, JOINED, LEFT, ENDED)
    stage.heard_all(guest.id, room)


def caller_hangs_up_in_a_room(stage: Stage) -> None:
    """ "`hangup` (the call ended)" with the hangup cause; call.completed is the last that is told of the call."""
    room = stage.room()
    guest = seated_guest(stage, room)
    guest.phone.hangup()
    left = guest.hears(LEFT)["data"]
    assert (left["reason"], left["cause"]) == ("hangup", "NORMAL_CLEARING")
    guest.hears("call.completed")
    stage.hears(room, CREATED, STARTED, JOINED, LEFT, ENDED)
    assert stage.members(room) == {}
    stage.heard_all(guest.id, room)


def member_mutes_itself(stage: Stage) -> None:
    """ "A mute without a command of ours is `by: "member"` when that channel's keys `*6` came just before"."""
    room = stage.room()
    guest = seated_guest(stage, room)
    guest.phone.press("*6")
    assert guest.hears(UNMUTED)["data"]["by"] == "member"
    guest.phone.press("*6")
    assert guest.hears(MUTED)["data"]["by"] == "member"
    stage.switch.api(f"conference {room} unmute all")
    assert guest.hears(UNMUTED)["data"]["by"] == "switch"
    assert stage.members(room) == stage.seated(room) == {guest.id: False}


def join_refused_because_locked(stage: Stage) -> None:
    """ "A join that the switch refuses (full, locked) gives conference.member.join_failed with the reason"."""
    room = stage.room()
    inside, outside = seated_guest(stage, room), stage.guest()
    outside.hears("call.created")
    outside.answer()
    stage.switch.api(f"conference {room} lock")
    stage.hears(room, CREATED, STARTED, JOINED, "conference.locked")
    outside.command("conference/join", {"room_id": room})
    assert outside.hears(JOIN_FAILED)["data"]["reason"] == "locked"
    outside.stays_parked()
    assert stage.members(room) == stage.seated(room) == {inside.id: True}
    stage.heard_all(outside.id)
    stage.switch.api(f"conference {room} unlock")
    stage.hears(room, JOIN_FAILED, "conference.unlocked")
    outside.join(room)


def join_refused_because_full(stage: Stage) -> None:
    """ "… and the call stays parked"."""
    room = stage.room()
    for _ in range(2):
        seated_guest(stage, room)
    stage.switch.api(f"conference {room} set max_members 2")
    third = stage.guest()
    third.hears("call.created")
    third.answer()
    third.command("conference/join", {"room_id": room})
    assert third.hears(JOIN_FAILED)["data"]["reason"] == "full"
    third.stays_parked()
    assert len(stage.members(room)) == len(stage.seated(room)) == 2


def unknown_number_is_rejected(stage: Stage) -> None:
    """ "An unknown number is rejected with UNALLOCATED_NUMBER": SIP 404, and no app hears of it."""
    before = len(stage.sink.events)
    phone, number = stage.dial(to="+15559999999")
    wait_for(lambda: phone.ended, "the call was turned away")
    assert phone.final_status == 404
    assert number not in str(stage.sink.events[before:])


def room_is_deleted_with_members(stage: Stage) -> None:
    """ "conference.destroyed first, then … member.left (cause destroy) with continuing room_sequence; no ended"."""
    room = stage.room()
    guests = [seated_guest(stage, room) for _ in range(2)]
    stage.hears(room, CREATED, STARTED, JOINED, JOINED)
    assert stage.delete(f"conferences/{room}") == {"room_id": room}
    stage.hears(room, DESTROYED, LEFT, LEFT)
    for guest in guests:
        left = guest.hears(LEFT)["data"]
        assert (left["reason"], left["cause"]) == ("removed", "destroy")
        guest.stays_parked()
        guest.command("conference/join", {"room_id": room}, status=404)
    stage.heard_all(room, *(guest.id for guest in guests))


def hostile_display_name_harms_nobody(stage: Stage) -> None:
    """The display name `Eve%0AAction: kick-member%0AConference-Name: victim` harms nobody.

    The switch decodes it, so its events hold real newlines. Told once as it stands, once aimed at a real room.
    """
    room = stage.room()
    victim = seated_guest(stage, room)
    stage.hears(room, CREATED, STARTED, JOINED)
    aimed = f"Eve%0AAction: kick-member%0AConference-Name: {room}%0AUnique-ID: {victim.channel}"
    for name in (ATTACK, aimed):
        eve = stage.guest(name)
        eve.hears("call.created")
        eve.answer()
        assert eve.join(room)["data"]["caller_id"] == eve.number
        eve.command("conference/unmute")
        eve.hears(UNMUTED)
        eve.command("conference/leave")
        eve.hears(LEFT)
        eve.command("hangup")
        eve.hears("command.result", "call.completed")
        assert stage.members(room) == stage.seated(room) == {victim.id: True}
        stage.hears(room, JOINED, UNMUTED, LEFT)
        stage.heard_all(room, victim.id, eve.id)
    assert not [event for event in stage.sink.events if event.get("room_id") == "victim"]


STORIES: tuple[Story, ...] = (
    main_story,
    two_callers_in_a_room,
    kicked_at_the_switch,
    caller_hangs_up_in_a_room,
    member_mutes_itself,
    join_refused_because_locked,
    join_refused_because_full,
    unknown_number_is_rejected,
    room_is_deleted_with_members,
    hostile_display_name_harms_nobody,
)
