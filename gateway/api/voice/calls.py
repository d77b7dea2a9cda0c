"""The voice API's calls (contracts/tryvox-call-actions.txt): the sessions of the core, by their call_uuid.

The contract prints the actions on a call, not the calls themselves: these are listed and shown in its manner.
"""

from flask import Response

from gateway.api.answers import json_response
from gateway.api.context import Json, caller, page, services
from gateway.api.voice.door import asked, call, live_call, make_blueprint, told
from gateway.domain.ids import channel_of
from gateway.schemas.leg_audio import SendDigits
from gateway.schemas.requests import SessionsQuery
from gateway.schemas.voice import VoiceCall, VoicePlay, VoiceRecord, VoiceSpeak, VoiceTransfer, call_shape
from gateway.services.outbound import WantedCall
from gateway.services.reactions.recordings import STOP
from gateway.services.recordings import WantedRecording

blueprint = make_blueprint("calls", "calls", "Calls (TryVox-compatible)")
MOST = 1000
RECORDING_END_WAIT_S = 15.0


@blueprint.get("")
@blueprint.arguments(SessionsQuery, location="query")
def list_calls(query: Json) -> Response:
    """The account's calls, oldest first; `cursor` is there when more follow."""
    sessions, cursor = services().sessions.listed(caller(), query.get("status"), page("voice-calls", query, MOST))
    body: Json = {"calls": [call_shape(session) for session, _ in sessions]}
    return json_response({**body, "cursor": cursor} if cursor else body)


@blueprint.post("")
@blueprint.arguments(VoiceCall)
def make(body: Json) -> Response:
    """Call a number or a registered phone, from a number of the account."""
    made = WantedCall(body["to"], body["from_number"], body["ring_timeout_s"], body["time_limit_s"], body["answer_url"])
    it, numbers = asked(body), {"from": made.from_number, "to": made.to}

    def word(answer: Json) -> Json:
        call_uuid = channel_of(answer["session_uuid"])
        return {"call_uuid": call_uuid, **numbers, "direction": "outbound", "status": "queued"}

    return told(it, lambda: services().outbound.originate(it, made), word, 201)


@blueprint.get("/<uuid>")
def get(uuid: str) -> Response:
    """One call; its recordings, if there are any."""
    session, _ = services().sessions.found(caller(), call(uuid))
    recordings = services().recordings.of_call(session)
    return json_response(call_shape(session) | ({"recordings": recordings} if recordings else {}))


@blueprint.post("/<uuid>/record")
@blueprint.arguments(VoiceRecord)
def record(body: Json, uuid: str) -> Response:
    """Start recording both sides of the call."""
    wanted = WantedRecording(body["format"], body["max_length"], body["trim_silence"])
    it = asked(body)

    def word(answer: Json) -> Json:
        return {"recording_uuid": answer["recording_id"], "status": "recording", "format": body["format"]}

    return told(it, lambda: services().recordings.start_call(it, live_call(uuid), wanted), word)


@blueprint.delete("/<uuid>/record")
def stop_recording(uuid: str) -> Response:
    """Stop the recording; answers once its file is whole, with its length in whole seconds."""
    it = asked({})

    def word(answer: Json) -> Json:
        recording = services().recordings.ended(caller(), answer["recording_id"], RECORDING_END_WAIT_S)
        return {
            "recording_uuid": recording.id,
            "status": "stopped",
            "url": services().recordings.shape(recording)["url"],
            "duration": round(recording.duration_ms / 1000),
        }

    return told(it, lambda: services().recordings.control_call(it, live_call(uuid), STOP), word)


@blueprint.post("/<uuid>/transfer")
@blueprint.arguments(VoiceTransfer)
def transfer(body: Json, uuid: str) -> Response:
    """Transfer the call to another number, once that one answers; else the caller stays where it is."""
    wanted = WantedCall(body["to"], body["caller_id"], answer_url=body["answer_url"])
    it = asked(body)

    def word(answer: Json) -> Json:
        return {"transfer_uuid": channel_of(answer["session_uuid"]), "status": "transferring", "to": body["to"]}

    return told(it, lambda: services().transfers.blind(it, live_call(uuid), wanted), word)


@blueprint.post("/<uuid>/play")
@blueprint.arguments(VoicePlay)
def play(body: Json, uuid: str) -> Response:
    """Play a file to the caller; what is played or spoken is interrupted. `loop` 0: until something else is."""
    it = asked(body)

    def word(answer: Json) -> Json:
        return {"play_uuid": answer["operation_id"], "status": "playing", "url": body["url"]}

    return told(it, lambda: services().leg_parts.audio.play(it, live_call(uuid), [body["url"]], body["loop"]), word)


@blueprint.post("/<uuid>/speak")
@blueprint.arguments(VoiceSpeak)
def speak(body: Json, uuid: str) -> Response:
    """Speak a text to the caller; what is played or spoken is interrupted."""
    it, words = asked(body), (body["text"], body["voice"], body["language"])

    def word(answer: Json) -> Json:
        return {"speak_uuid": answer["operation_id"], "status": "speaking", "text": body["text"]}

    return told(it, lambda: services().leg_parts.audio.speak(it, live_call(uuid), *words), word)


@blueprint.post("/<uuid>/dtmf")
@blueprint.arguments(SendDigits)
def dtmf(body: Json, uuid: str) -> Response:
    """Send keys to the far end, 200 ms each, 200 ms apart."""
    it = asked(body)

    def word(answer: Json) -> Json:
        return {"dtmf_uuid": answer["operation_id"], "status": "sent", "digits": body["digits"]}

    return told(it, lambda: services().leg_parts.controls.send_digits(it, live_call(uuid), body["digits"]), word)
