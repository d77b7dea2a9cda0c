"""Commands to members of a room on a real FreeSWITCH: who hears whom, told by the tones in each phone's sound."""

import pytest

from tests.live.sipp import SippCaller
from tests.live.sounds import of_phone, share_of, tone
from tests.live.switch import RealSwitch
from tests.stage import Guest, Json, Stage
from tests.waiting import wait_for

# Apart by more than the 10 Hz of a window, and no multiple of another.
COACH_HZ, TRAINEE_HZ, CUSTOMER_HZ, MUSIC_HZ = 510.0, 730.0, 1130.0, 440.0
HEARD, UNHEARD = 0.2, 0.01
LIMIT_S = 15.0


def caller(guest: Guest) -> SippCaller:
    found: SippCaller = guest.phone.caller  # type: ignore[attr-defined]
    return found


def member(room: str, guest: Guest, command: str) -> str:
    return f"conferences/{room}/members/{guest.id}/{command}"


def speaker(stage: Stage, room: str) -> Guest:
    """A caller in the room, unmuted."""
    guest = stage.guest()
    guest.hears("call.created")
    guest.answer()
    guest.join(room)
    guest.command("conference/unmute")
    guest.hears("conference.member.unmuted")
    return guest


def listen(guest: Guest, seconds: float = 1.5) -> dict[float, float]:
    """What the phone hears from now on: the share of each tone in it."""
    sound = caller(guest).sound
    start = len(sound.heard)
    wait_for(lambda: len(sound.heard) - start >= 8000 * seconds, "the phone is sent sound", LIMIT_S)
    samples = of_phone(sound.heard[start:])
    return {hz: share_of(samples, hz) for hz in (COACH_HZ, TRAINEE_HZ, CUSTOMER_HZ, MUSIC_HZ)}


def speak(guests: list[tuple[Guest, float]], seconds: float) -> None:
    """All at once, each with its tone; returns at once."""
    for guest, hz in guests:
        caller(guest).play(tone(hz, seconds))


def details(stage: Stage, room: str, guest: Guest) -> Json:
    return stage.get(f"conferences/{room}/members/{guest.id}")


@pytest.fixture
def three(stage: Stage) -> tuple[str, Guest, Guest, Guest]:
    room = stage.room()
    return room, speaker(stage, room), speaker(stage, room), speaker(stage, room)


def test_only_the_coached_hear_the_coach(stage: Stage, three: tuple[str, Guest, Guest, Guest]) -> None:
    """Issue 4: "coach heard by the coached alone (tones at different frequencies, spectra of each phone's received
    audio)".
    """
    room, coach, trainee, customer = three
    stage.post(member(room, coach, "coach"), {"coached": [trainee.id]})
    coach.hears("conference.member.coached")
    speak([(coach, COACH_HZ), (trainee, TRAINEE_HZ), (customer, CUSTOMER_HZ)], 6.0)
    wait_for(lambda: listen(customer, 0.5)[TRAINEE_HZ] > HEARD, "they speak", LIMIT_S)
    newcomer = stage.guest()
    newcomer.hears("call.created")
    newcomer.answer()
    newcomer.join(room)
    by_newcomer = listen(newcomer)
    by_trainee, by_customer, by_coach = listen(trainee), listen(customer, 0.8), listen(coach, 0.8)
    assert by_trainee[COACH_HZ] > HEARD and by_trainee[CUSTOMER_HZ] > HEARD, by_trainee
    assert by_customer[TRAINEE_HZ] > HEARD and by_customer[COACH_HZ] < UNHEARD, by_customer
    assert by_coach[TRAINEE_HZ] > HEARD and by_coach[CUSTOMER_HZ] > HEARD, by_coach
    assert by_newcomer[TRAINEE_HZ] > HEARD and by_newcomer[COACH_HZ] < UNHEARD, by_newcomer
    stage.heard_all(newcomer.id)  # "without webhooks"
    whole = of_phone(caller(newcomer).sound.heard)
    assert share_of(whole, COACH_HZ) < UNHEARD, "not for a moment"
    stage.post(member(room, coach, "uncoach"))
    coach.hears("conference.member.uncoached")
    speak([(coach, COACH_HZ)], 3.0)
    wait_for(lambda: listen(customer, 0.5)[COACH_HZ] > HEARD, "everybody hears the coach again", LIMIT_S)


def test_a_held_member_hears_its_music_and_not_the_room(stage: Stage, three: tuple[str, Guest, Guest, Guest]) -> None:
    """ "hold (with music url …) FILE again at each play-file-member-done"; held: neither hears nor is heard."""
    room, speaks, held, other = three
    stage.post(member(room, held, "hold"), {"music_url": stage.audio(0.6)})
    held.hears("conference.member.held")
    speak([(speaks, CUSTOMER_HZ), (held, COACH_HZ)], 8.0)
    wait_for(lambda: listen(held, 0.5)[MUSIC_HZ] > HEARD, "the music is heard", LIMIT_S)
    by_held, by_other = listen(held, 2.5), listen(other, 0.8)
    assert by_held[MUSIC_HZ] > HEARD and by_held[CUSTOMER_HZ] < UNHEARD, by_held
    assert by_other[CUSTOMER_HZ] > HEARD and by_other[COACH_HZ] < UNHEARD, by_other
    assert by_other[MUSIC_HZ] < UNHEARD, by_other
    stage.post(member(room, held, "unhold"))
    held.hears("conference.member.unheld")
    speak([(speaks, CUSTOMER_HZ)], 4.0)
    wait_for(lambda: listen(held, 0.5)[CUSTOMER_HZ] > HEARD, "it hears the room again", LIMIT_S)
    assert listen(held, 0.8)[MUSIC_HZ] < UNHEARD
    held.phone.hangup()
    held.hears("conference.member.left", "call.completed")  # neither deafened nor undeafened was told


def test_deaf_and_volume(stage: Stage, three: tuple[str, Guest, Guest, Guest]) -> None:
    room, speaks, deaf, other = three
    stage.post(member(room, deaf, "deaf"))
    deaf.hears("conference.member.deafened")
    speak([(speaks, CUSTOMER_HZ)], 5.0)
    wait_for(lambda: listen(other, 0.5)[CUSTOMER_HZ] > HEARD, "the other hears it", LIMIT_S)
    assert listen(deaf, 0.8)[CUSTOMER_HZ] < UNHEARD
    stage.post(member(room, deaf, "undeaf"))
    deaf.hears("conference.member.undeafened")
    wait_for(lambda: listen(deaf, 0.5)[CUSTOMER_HZ] > HEARD, "it hears again", LIMIT_S)
    stage.post(member(room, speaks, "volume"), {"direction": "in", "level": -4})
    assert speaks.hears("conference.member.volume_changed")["data"]["level"] == -4
    assert details(stage, room, speaks)["volume_in"] == -4


def test_the_floor_is_claimed(stage: Stage, switch: RealSwitch, three: tuple[str, Guest, Guest, Guest]) -> None:
    room, *guests = three
    caller(guests[0]).play_tone(1)
    wait_for(lambda: any(details(stage, room, one)["floor"] for one in guests), "somebody has the floor", LIMIT_S)
    wants = next(one for one in guests if not details(stage, room, one)["floor"])

    def told() -> int:
        """How often it was told that this one has the floor: who talks takes it back soon."""
        return len(stage.sink.find("conference.floor_changed", room_id=room, uuid=wants.id))

    before = told()
    assert stage.post(member(room, wants, "floor"))["status"] == "floor_claimed"
    wait_for(lambda: told() > before, "it is told", LIMIT_S)


def test_a_move_keeps_the_call(stage: Stage, three: tuple[str, Guest, Guest, Guest]) -> None:
    """ "move keeps the call": unmuted as it was, and heard in the other room."""
    room, moves, *_ = three
    there = stage.room()
    listens = speaker(stage, there)
    assert stage.post(member(room, moves, "move"), {"room_id": there})["status"] == "moving"
    left = moves.hears("conference.member.left")["data"]
    joined = moves.hears("conference.member.joined")["data"]
    assert (left["room_id"], left["cause"]) == (room, "move")
    assert (joined["room_id"], joined["muted"]) == (there, False)
    assert set(stage.seated(there)) == {moves.id, listens.id}
    speak([(moves, CUSTOMER_HZ)], 3.0)
    wait_for(lambda: listen(listens, 0.5)[CUSTOMER_HZ] > HEARD, "it is heard there", LIMIT_S)
    moves.command("conference/leave")
    moves.hears("conference.member.left")
    moves.stays_parked()


def test_the_last_thing_a_kicked_member_hears(stage: Stage, three: tuple[str, Guest, Guest, Guest]) -> None:
    room, kicked, speaks, _ = three
    speak([(speaks, CUSTOMER_HZ)], 5.0)
    start = len(caller(kicked).sound.heard)
    stage.post(member(room, kicked, "kick"), {"sound_url": stage.audio(0.8)})
    assert kicked.hears("conference.member.left")["data"]["cause"] == "kick"
    kicked.stays_parked()
    assert share_of(of_phone(caller(kicked).sound.heard[start:]), MUSIC_HZ) > HEARD


def test_all_are_muted_but_the_moderator(stage: Stage, three: tuple[str, Guest, Guest, Guest]) -> None:
    """ "mute_all, unmute_all (role moderator spared by choice)", each with an "honest per-member result"."""
    room, chair, first, second = three
    stage.post(member(room, chair, "role"), {"role": "moderator"})
    chair.hears("conference.member.role_changed")
    said = stage.post(f"conferences/{room}/mute_all", {"spare_moderators": True})["members"]
    assert {one["uuid"]: one["status"] for one in said} == {chair.id: "spared", first.id: "muted", second.id: "muted"}
    first.hears("conference.member.muted")
    second.hears("conference.member.muted")
    assert stage.seated(room) == {chair.id: False, first.id: True, second.id: True}
    speak([(chair, COACH_HZ), (first, CUSTOMER_HZ)], 3.0)
    wait_for(lambda: listen(second, 0.5)[COACH_HZ] > HEARD, "the chair is heard", LIMIT_S)
    assert listen(second, 0.8)[CUSTOMER_HZ] < UNHEARD
