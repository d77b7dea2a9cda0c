"""The native API's commands to the sound of one call: play, speak, gather, hold, keys."""

from flask import Response

from gateway.api.answers import answered
from gateway.api.bodies import Blueprint
from gateway.api.context import Json, asked, authenticate, caller, services, session_id
from gateway.schemas.answers import Operating
from gateway.schemas.leg_audio import Gather, HoldCall, PlayToCall, Seek, SendDigits, SpeakToCall
from gateway.schemas.requests import CommandBody
from gateway.services.legs import Keys

blueprint = Blueprint(
    "leg_audio", __name__, url_prefix="/api/v1/sessions/<uuid>/commands", description="Sound of calls"
)
blueprint.before_request(authenticate)
KEYS = "0123456789*#"


@blueprint.post("/playback/start")
@blueprint.arguments(PlayToCall)
@blueprint.answers(Operating, 202)
def play(body: Json, uuid: str) -> Response:
    """Play files to the call, in order; what plays is interrupted. `loop` 0: until it is stopped."""
    return answered(services().leg_parts.audio.play(asked(body), session_id(uuid), body["urls"], body["loop"]))


@blueprint.post("/playback/stop")
@blueprint.arguments(CommandBody)
@blueprint.answers(Operating, 202)
def stop(body: Json, uuid: str) -> Response:
    """End what is played, spoken or gathered; 409 when nothing is."""
    return answered(services().leg_parts.controls.stop(asked(body), session_id(uuid)))


@blueprint.post("/playback/pause")
@blueprint.arguments(CommandBody)
@blueprint.answers(Operating, 202)
def pause(body: Json, uuid: str) -> Response:
    """Pause what is played or spoken."""
    return answered(services().leg_parts.controls.pause(asked(body), session_id(uuid), True))


@blueprint.post("/playback/resume")
@blueprint.arguments(CommandBody)
@blueprint.answers(Operating, 202)
def resume(body: Json, uuid: str) -> Response:
    """Go on with it."""
    return answered(services().leg_parts.controls.pause(asked(body), session_id(uuid), False))


@blueprint.post("/playback/seek")
@blueprint.arguments(Seek)
@blueprint.answers(Operating, 202)
def seek(body: Json, uuid: str) -> Response:
    """To so many ms from the beginning of the file that plays."""
    return answered(services().leg_parts.controls.seek(asked(body), session_id(uuid), body["offset_ms"]))


@blueprint.post("/speak")
@blueprint.arguments(SpeakToCall)
@blueprint.answers(Operating, 202)
def speak(body: Json, uuid: str) -> Response:
    """Speak a text to the call; what plays is interrupted."""
    told = body["text"], body["voice"], body["language"], body["loop"]
    return answered(services().leg_parts.audio.speak(asked(body), session_id(uuid), *told))


@blueprint.post("/gather")
@blueprint.arguments(Gather)
@blueprint.answers(Operating, 202)
def gather(body: Json, uuid: str) -> Response:
    """Collect keys, behind or during a prompt; call.gathered tells them."""
    audio = services().leg_parts.audio
    prompt = [{"url": url} for url in body.get("urls", [])]
    if "text" in body:
        prompt = audio.prompt(body["text"], body["voice"], body["language"])
    finish = body["terminator"]
    valid = KEYS.replace(finish, "") if finish else KEYS
    timeouts = body["timeout_ms"], body["digit_timeout_ms"]
    keys = Keys(body["min_digits"], body["max_digits"], 1, *timeouts, finish, valid)
    return answered(audio.gather(asked(body), session_id(uuid), prompt, keys))


@blueprint.post("/dtmf")
@blueprint.arguments(SendDigits)
@blueprint.answers(Operating, 202)
def dtmf(body: Json, uuid: str) -> Response:
    """Send keys to the far end: 200 ms each, 200 ms apart."""
    return answered(services().leg_parts.controls.send_digits(asked(body), session_id(uuid), body["digits"]))


@blueprint.post("/hold")
@blueprint.arguments(HoldCall)
@blueprint.answers(Operating, 202)
def hold(body: Json, uuid: str) -> Response:
    """Music to the caller until unhold; in a conference room it is the member's hold, and answered as that is."""
    session = session_id(uuid)
    _, room = services().sessions.found(caller(), session)
    if room is not None:
        return answered(services().room_members.hold(asked(body), room, session, body["url"]))
    return answered(services().leg_parts.audio.hold(asked(body), session, body["url"]))


@blueprint.post("/unhold")
@blueprint.arguments(CommandBody)
@blueprint.answers(Operating, 202)
def unhold(body: Json, uuid: str) -> Response:
    """End the hold, the member's in a conference room; 409 when there is none."""
    session = session_id(uuid)
    _, room = services().sessions.found(caller(), session)
    if room is not None:
        return answered(services().room_members.unhold(asked(body), room, session))
    return answered(services().leg_parts.controls.unhold(asked(body), session))
