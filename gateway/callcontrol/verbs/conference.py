"""<Conference> and `conference`: into a room by name, and on when the call has left it."""

import logging
from typing import Any

from gateway.callcontrol.performer import LedCall, Next, after
from gateway.callcontrol.room_sounds import FAULTS
from gateway.callcontrol.verbs.pin import refused_at_the_door
from gateway.domain.flow import Joining
from gateway.domain.values import replace
from gateway.domain.verbs import Conference

log = logging.getLogger(__name__)


def conference(call: LedCall, verb: Conference) -> Next:
    if refused := refused_at_the_door(call, verb.room):
        params = {"ConferenceName": verb.room, "ConferenceUUID": refused.data["room_id"]}
        following = after(call, verb.action, verb.method, verb.redirect, params, must=True)
        return replace(following, events=(refused,))
    seat = call.join(lambda: _joining(call, verb))
    params = {"ConferenceName": verb.room, "ConferenceUUID": seat["room_id"]}
    if seat["member_id"]:
        params["ConferenceMemberID"] = seat["member_id"]
    if seat["recording_id"]:
        params |= {"RecordUrl": seat["record_url"], "RecordingID": seat["recording_id"]}
    return after(call, verb.action, verb.method, verb.redirect, params, must=True)


def _joining(call: LedCall, verb: Conference) -> Joining:
    sounds, not_had = _sounds(call, verb)
    return Joining(
        verb.room,
        verb.max_members,
        flags=_flags(verb),
        controls="gw-star" if verb.hangup_on_star else "gw",
        notes=_notes(verb, sounds),
        room_wide=_room_wide(verb, sounds),
        not_had=not_had,
    )


def _flags(verb: Conference) -> tuple[str, ...]:
    """`nomoh`: a waiting room's music is not for a lone member after the start."""
    wanted = {
        "mute": verb.muted,
        "moderator": verb.start_on_enter,
        "endconf": verb.end_on_exit,
        "mintwo": not verb.stay_alone,
        "nomoh": True,
    }
    return tuple(flag for flag, on in wanted.items() if on)


def _notes(verb: Conference, sounds: dict[str, str]) -> dict[str, Any]:
    """What the reactions to the room's events need of this member's document."""
    return {
        "callback_url": verb.callback_url,
        "callback_method": verb.callback_method,
        "end_on_exit": verb.end_on_exit,
        "needs_two": not verb.stay_alone,
        "floor_event": verb.floor_event,
        "relay_dtmf": verb.relay_dtmf,
        "record": verb.record,
        "starts": verb.start_on_enter,
        "digits_match": list(verb.digits_match),
        "enter_sound": sounds.get("enter_sound", ""),
        "exit_sound": sounds.get("exit_sound", ""),
    }


def _room_wide(verb: Conference, sounds: dict[str, str]) -> dict[str, Any]:
    """Only what the document itself named."""
    of_the_room = {
        "time_limit_s": verb.time_limit_s,
        "record_format": verb.record_format,
        "transcription_type": verb.transcription_type,
        "transcription_url": verb.transcription_url,
        "transcription_method": verb.transcription_method,
    }
    wide: dict[str, Any] = {name: value for name, value in of_the_room.items() if name in verb.named}
    if "wait_sound" in sounds:
        wide["wait_sound"] = sounds["wait_sound"]
    return wide


def _sounds(call: LedCall, verb: Conference) -> tuple[dict[str, str], tuple[tuple[str, str], ...]]:
    """What the switch plays, by the verb's fields, and what could not be had: the call joins without it."""
    sounds: dict[str, str] = {}
    not_had: dict[str, str] = {}
    named = {"enter_sound": verb.enter_sound, "exit_sound": verb.exit_sound, "wait_sound": verb.wait_sound}
    for name, wanted in named.items():
        try:
            if wanted and (found := call.room_sound(wanted)):
                sounds[name] = found
        except FAULTS as error:
            log.warning("app %s: call %s: no room sound %s: %s", call.app.id, call.session.id, wanted, error.message)
            not_had[wanted] = error.message
    return sounds, tuple(not_had.items())
