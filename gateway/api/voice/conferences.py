"""The voice API's conferences (contracts/tryvox-conferences.txt): the rooms of the core, by their names."""

from flask import Response

from gateway.api.answers import json_response
from gateway.api.context import Json, caller, page, services
from gateway.api.voice.door import asked, conference, make_blueprint, member, told
from gateway.schemas.requests import CommandBody
from gateway.schemas.voice import (
    ConferencesQuery,
    VoiceRoomPlay,
    VoiceRoomSpeak,
    conference_in_list,
    conference_shape,
)
from gateway.services.commands import Answer

blueprint = make_blueprint("conferences", "conferences", "Rooms (TryVox-compatible)")
MOST = 1000


@blueprint.get("")
@blueprint.arguments(ConferencesQuery, location="query")
def list_conferences(query: Json) -> Response:
    """The account's active conferences, oldest first; `cursor` is there when more follow."""
    rooms, cursor = services().rooms.occupied(caller(), page("voice-rooms", query, MOST))
    body: Json = {"conferences": [conference_in_list(room) for room in rooms]}
    return json_response({**body, "cursor": cursor} if cursor else body)


@blueprint.get("/<name>")
def get(name: str) -> Response:
    """One conference with all its members."""
    room, seated = services().rooms.seated(caller(), conference(name))
    return json_response(conference_shape(room, seated))


@blueprint.delete("/<name>")
def delete(name: str) -> Response:
    """End a conference and disconnect all participants."""
    it = asked({})
    answer = told(it, lambda: services().rooms.delete(it, conference(name)), lambda body: body)
    return answer if answer.status_code >= 400 else Response(status=204)


@blueprint.post("/<name>/members/<member_id>/mute")
@blueprint.arguments(CommandBody)
def mute(body: Json, name: str, member_id: str) -> Response:
    """Mute a participant; one who is muted stays so."""
    return _mute(body, name, member_id, True)


@blueprint.post("/<name>/members/<member_id>/unmute")
@blueprint.arguments(CommandBody)
def unmute(body: Json, name: str, member_id: str) -> Response:
    """Unmute a participant; one who may speak stays so."""
    return _mute(body, name, member_id, False)


def _mute(body: Json, name: str, member_id: str, muted: bool) -> Response:
    it = asked(body)

    def run() -> Answer:
        room = conference(name)
        return services().room_members.mute(it, room, member(room, member_id), muted, again=True)

    return told(it, run, lambda _answer: {"member_id": member_id, "muted": muted})


@blueprint.post("/<name>/members/<member_id>/kick")
@blueprint.arguments(CommandBody)
def kick(body: Json, name: str, member_id: str) -> Response:
    """Remove a participant, who "cannot rejoin unless they dial in again" (contract)."""
    it = asked(body)

    def run() -> Answer:
        room = conference(name)
        return services().room_members.kick(it, room, member(room, member_id), banned=True)

    return told(it, run, lambda _answer: {"member_id": member_id, "status": "kicked"})


@blueprint.post("/<name>/speak")
@blueprint.arguments(VoiceRoomSpeak)
def speak(body: Json, name: str) -> Response:
    """Speak a text to all participants; what is played or spoken there is interrupted."""
    it, words = asked(body), (body["text"], body["voice"])

    def word(answer: Json) -> Json:
        return {"speak_uuid": answer["operation_id"], "status": "speaking", "text": body["text"]}

    return told(it, lambda: services().audio.speak(it, conference(name), *words, interrupt=True), word)


@blueprint.post("/<name>/play")
@blueprint.arguments(VoiceRoomPlay)
def play(body: Json, name: str) -> Response:
    """Play a file to all participants; what is played or spoken there is interrupted."""
    it = asked(body)

    def word(answer: Json) -> Json:
        return {"play_uuid": answer["operation_id"], "status": "playing", "url": body["url"]}

    return told(it, lambda: services().audio.play(it, conference(name), [body["url"]], interrupt=True), word)
