"""The native API's recordings: /api/v1/recordings, and the commands that start and stop them."""

from flask import Response, send_file

from gateway.api.answers import answered, json_response
from gateway.api.bodies import Blueprint
from gateway.api.context import Json, asked, authenticate, caller, page, recording_id, room_id, services, session_id
from gateway.schemas.answers import RecordingOperating, RecordingShown, RecordingsPage
from gateway.schemas.requests import CommandBody, RecordingsQuery, StartRecording
from gateway.services.reactions.recordings import PAUSE, RESUME, STOP
from gateway.services.recordings import WantedRecording
from gateway.store.recordings import RecordingFilter

blueprint = Blueprint("recordings", __name__, url_prefix="/api/v1", description="Recordings")
blueprint.before_request(authenticate)
MOST = 200  # a page
MIME = {"wav": "audio/wav", "mp3": "audio/mpeg"}


@blueprint.get("/recordings")
@blueprint.arguments(RecordingsQuery, location="query")
@blueprint.answers(RecordingsPage, 200)
def list_recordings(query: Json) -> Response:
    """The app's recordings, oldest first; of a room, of a call, of a time."""
    since, until = (int(query[name].timestamp() * 1000) if name in query else 0 for name in ("since", "until"))
    wanted = RecordingFilter("", query["room_id"], query["session_uuid"], since, until)
    return json_response(services().recordings.page(caller(), page("recordings", query, MOST), wanted))


@blueprint.get("/recordings/<recording>")
@blueprint.answers(RecordingShown, 200)
def get(recording: str) -> Response:
    """One recording."""
    found = services().recordings.get(caller(), recording_id(recording))
    return json_response(services().recordings.shape(found))


@blueprint.delete("/recordings/<recording>")
@blueprint.response(204)
def delete(recording: str) -> Response:
    """Delete a recording, its file with it; 409 while it is being recorded."""
    services().recordings.delete(caller(), recording_id(recording))
    return Response(status=204)


@blueprint.get("/recordings/<recording>/file")
def file(recording: str) -> Response:
    """Its sound; ranges are served. 409 while it is being recorded."""
    found, path = services().recordings.file(caller(), recording_id(recording))
    return send_file(path, MIME[found.format], as_attachment=True, download_name=found.file_name, conditional=True)


def _wanted(body: Json) -> WantedRecording:
    return WantedRecording(body["format"], body["max_length_s"], body["trim_silence"])


@blueprint.post("/conferences/<room>/record/start")
@blueprint.arguments(StartRecording)
@blueprint.answers(RecordingOperating, 202)
def start_room(body: Json, room: str) -> Response:
    """Record the room: one file of all its members; 409 while one is under way."""
    return answered(services().recordings.start_room(asked(body), room_id(room), _wanted(body)))


@blueprint.post("/conferences/<room>/record/stop")
@blueprint.arguments(CommandBody)
@blueprint.answers(RecordingOperating, 202)
def stop_room(body: Json, room: str) -> Response:
    """End the room's recording."""
    return answered(services().recordings.control_room(asked(body), room_id(room), STOP))


@blueprint.post("/conferences/<room>/record/pause")
@blueprint.arguments(CommandBody)
@blueprint.answers(RecordingOperating, 202)
def pause_room(body: Json, room: str) -> Response:
    """Leave out what follows, until resume."""
    return answered(services().recordings.control_room(asked(body), room_id(room), PAUSE))


@blueprint.post("/conferences/<room>/record/resume")
@blueprint.arguments(CommandBody)
@blueprint.answers(RecordingOperating, 202)
def resume_room(body: Json, room: str) -> Response:
    """Go on with the same file."""
    return answered(services().recordings.control_room(asked(body), room_id(room), RESUME))


@blueprint.post("/sessions/<uuid>/commands/record/start")
@blueprint.arguments(StartRecording)
@blueprint.answers(RecordingOperating, 202)
def start_call(body: Json, uuid: str) -> Response:
    """Record a call, both sides; 409 while it is recorded."""
    return answered(services().recordings.start_call(asked(body), session_id(uuid), _wanted(body)))


@blueprint.post("/sessions/<uuid>/commands/record/stop")
@blueprint.arguments(CommandBody)
@blueprint.answers(RecordingOperating, 202)
def stop_call(body: Json, uuid: str) -> Response:
    """End the call's recording."""
    return answered(services().recordings.control_call(asked(body), session_id(uuid), STOP))


@blueprint.post("/sessions/<uuid>/commands/record/pause")
@blueprint.arguments(CommandBody)
@blueprint.answers(RecordingOperating, 202)
def pause_call(body: Json, uuid: str) -> Response:
    """Leave out what follows, until resume."""
    return answered(services().recordings.control_call(asked(body), session_id(uuid), PAUSE))


@blueprint.post("/sessions/<uuid>/commands/record/resume")
@blueprint.arguments(CommandBody)
@blueprint.answers(RecordingOperating, 202)
def resume_call(body: Json, uuid: str) -> Response:
    """Go on with the same file."""
    return answered(services().recordings.control_call(asked(body), session_id(uuid), RESUME))
