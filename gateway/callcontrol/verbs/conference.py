"""<Conference> and `conference`: into a room by name, and on when the call has left it."""

import logging
from dataclasses import replace
from typing import Any

from gateway.callcontrol.performer import LedCall, Next, after
from gateway.callcontrol.room_sounds import FAULTS
from gateway.callcontrol.verbs.pin import refused_at_the_door
from gateway.domain.flow import Joining
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
    return Joining(
        verb.room,
        verb.max_members,
        flags=_flags(verb),
        controls="gw-star" if verb.hangup_on_star else "gw",
        notes=_notes(call, verb),
        room_wide=_room_wide(call, verb),
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


def _notes(call: LedCall, verb: Conference) -> dict[str, Any]:
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
        "enter_sound": _sound(call, verb.enter_sound),
        "exit_sound": _sound(call, verb.exit_sound),
    }


def _room_wide(call: LedCall, verb: Conference) -> dict[str, Any]:
    """Only what the document itself named."""
    wide: dict[str, Any] = {}
    if "time_limit_s" in verb.named:
        wide["time_limit_s"] = verb.time_limit_s
    for name in ("record_format", "transcription_type", "transcription_url", "transcription_method"):
        if name in verb.named:
            wide[name] = getattr(verb, name)
    if verb.wait_sound and (sound := _sound(call, verb.wait_sound)):
        wide["wait_sound"] = sound
    return wide


def _sound(call: LedCall, sound: str) -> str:
    """What cannot be had is not heard: the call joins without it."""
    if not sound:
        return ""
    try:
        return call.room_sound(sound)
    except FAULTS as error:
        log.warning("app %s: call %s: no room sound from %s: %s", call.app.id, call.session.id, sound, error.message)
        return ""
