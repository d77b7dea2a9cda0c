"""Switch events in, happenings out: one table, no I/O. Unknown events are ignored on purpose, by name.

Header names are those of FreeSWITCH 1.10 (switch_channel.c, conference_event.c), as recorded in golden/.
"""

import re
from collections.abc import Callable
from typing import Any

from gateway.domain import happenings as told
from gateway.domain.ids import CHANNEL_UUID, ROOM_ID, session_id
from gateway.services.legs import STEP_APPLICATIONS, step_result

Event = dict[str, Any]
Make = Callable[[Event, str, str, int], told.Happening | None]
MAX_TEXT = 128
_FAILURE = re.compile(r"-ERR ([A-Z_]{1,64})\s*\Z")
_TOKEN = re.compile(r"^\{(?:[^}]*,)?operation_id=([A-Za-z0-9.-]{1,80})(?:,[^}]*)?\}")

_RECORDING = re.compile(rf"/(?:.*/)?({CHANNEL_UUID.pattern})\.(?:wav|mp3)")

# Known, and of no use here; what is neither here nor in a table below is counted as unknown.
IGNORED_EVENTS = frozenset(
    "CHANNEL_CREATE CHANNEL_DESTROY CHANNEL_EXECUTE CHANNEL_UNPARK CHANNEL_HANGUP HEARTBEAT BACKGROUND_JOB".split()
)
IGNORED_ACTIONS = frozenset(
    "conference-create hup-member energy-level volume-level gain-level "
    "play-file-member speak-text speak-text-member dtmf dtmf-member "
    "transfer execute_app bgdial-result rejected-join-only video-floor-change exit-sounds-on exit-sounds-off "
    "energy-level-member mute-detect file-seek".split()
)


def translate(event: Event, node_id: str) -> told.Happening | None:
    """None for what is ignored. Raises KeyError or ValueError where a header that must be there is not."""
    name = event.get("Event-Name", "")
    if name == "CUSTOM":
        if event.get("Event-Subclass") != "conference::maintenance":
            return None
        make = _CONFERENCE.get(event.get("Action", ""))
        room_id = event.get("Conference-Name", "")
        # A conference that is not a room of ours, by name, is none of our business.
        if make is None or not ROOM_ID.fullmatch(room_id):
            return None
        return make(event, node_id, room_id, _at(event))
    if name == "BACKGROUND_JOB":
        return _not_dialled(event, node_id)
    make_call = _CALL.get(name)
    if make_call is None or not CHANNEL_UUID.fullmatch(event.get("Unique-ID", "")):
        return None
    return make_call(event, session_id(node_id, event["Unique-ID"]), node_id, _at(event))


def is_known(event: Event) -> bool:
    """False for an event that no table names: it is counted."""
    if event.get("Event-Name") == "CUSTOM":
        return event.get("Action") in _CONFERENCE or event.get("Action") in IGNORED_ACTIONS
    return event.get("Event-Name") in _CALL or event.get("Event-Name") in IGNORED_EVENTS


def clean(text: object) -> str:
    """A caller's own text: printable, and short enough for a row. The switch makes an array of `ARRAY::a|:b`."""
    return "".join(char for char in str(text)[:MAX_TEXT] if char.isprintable())


def _at(event: Event) -> int:
    return int(event["Event-Date-Timestamp"]) // 1000


def _parked(event: Event, session: str, node_id: str, at: int) -> told.CallParked:
    return told.CallParked(
        session_id=session,
        node_id=node_id,
        channel_uuid=event["Unique-ID"],
        inbound=event.get("Call-Direction") == "inbound",
        from_number=clean(event.get("Caller-Caller-ID-Number", "")),
        to_number=clean(event.get("Caller-Destination-Number", "")),
        created_at=int(event.get("Caller-Channel-Created-Time") or at * 1000) // 1000,
        answered=event.get("Answer-State") == "answered",
        at=at,
    )


def _answered(_event: Event, session: str, _node_id: str, at: int) -> told.CallAnswered:
    return told.CallAnswered(session, at)


def _ended(event: Event, session: str, _node_id: str, at: int) -> told.CallEnded:
    began_at, answered_at, hung_up_at = (
        int(event.get(f"Caller-Channel-{name}-Time") or 0) // 1000 for name in ("Created", "Answered", "Hangup")
    )
    cause = event.get("Hangup-Cause", "NORMAL_CLEARING")
    return told.CallEnded(session, cause, at, began_at=began_at, answered_at=answered_at, hung_up_at=hung_up_at)


def _not_dialled(event: Event, node_id: str) -> told.CallEnded | None:
    """The job of a call that we make has its leg's uuid; what it says of success, the leg's own events say, too."""
    failure = _FAILURE.match(event.get("_body", "")) if event.get("Job-Command") == "originate" else None
    if failure is None or not CHANNEL_UUID.fullmatch(event.get("Job-UUID", "")):
        return None
    return told.CallEnded(session_id(node_id, event["Job-UUID"]), failure[1], _at(event))


def _ringing(event: Event, session: str, _node_id: str, at: int) -> told.CallRinging | None:
    """Only of calls that we make: our own 180 to a caller is told as well."""
    return told.CallRinging(session, at) if event.get("Call-Direction") == "outbound" else None


def _bridged(event: Event, session: str, node_id: str, at: int) -> told.CallsBridged | None:
    other = event.get("Bridge-B-Unique-ID", "")
    if event.get("Bridge-A-Unique-ID") != event["Unique-ID"] or not CHANNEL_UUID.fullmatch(other):
        return None
    return told.CallsBridged(session, session_id(node_id, other), at)


def _key(event: Event, session: str, _node_id: str, at: int) -> told.KeyPressed:
    return told.KeyPressed(session, event["DTMF-Digit"], at)


def _executed(event: Event, session: str, _node_id: str, at: int) -> told.Happening | None:
    application = event.get("Application", "")
    if application in STEP_APPLICATIONS:
        return _step(event, session, at)
    room_id = event.get("Application-Data", "").partition("@")[0]
    if application != "conference" or not ROOM_ID.fullmatch(room_id):
        return None
    return told.JoinEnded(session, room_id, at, event.get("Answer-State") == "hangup")


def _step(event: Event, session: str, at: int) -> told.StepEnded | None:
    step_uuid = event.get("Application-UUID", "")
    if not CHANNEL_UUID.fullmatch(step_uuid):
        return None
    result = step_result(event, event.get("Application-Response", ""))
    return told.StepEnded(session, step_uuid, result, at, event.get("Answer-State") == "hangup")


def _gone(event: Event, _node_id: str, room_id: str, at: int) -> told.ConferenceGone:
    return told.ConferenceGone(room_id, event["Conference-Unique-ID"], at)


def _lock(locked: bool) -> Make:
    def make(event: Event, _node_id: str, room_id: str, at: int) -> told.RoomLockChanged:
        return told.RoomLockChanged(room_id, event["Conference-Unique-ID"], locked, at)

    return make


def _joined(event: Event, node_id: str, room_id: str, at: int) -> told.MemberJoined:
    return told.MemberJoined(
        room_id,
        event["Conference-Unique-ID"],
        session_id(node_id, event["Unique-ID"]),
        int(event["Member-ID"]),
        event["Speak"] != "true",
        at,
        event.get("Hear") == "false",
    )


def _left(event: Event, node_id: str, room_id: str, at: int) -> told.MemberLeft:
    cause = event.get("Hangup-Cause", "") if event.get("Answer-State") == "hangup" else ""
    who = session_id(node_id, event["Unique-ID"])
    return told.MemberLeft(room_id, event["Conference-Unique-ID"], who, cause, at)


def _of_member(make: Callable[..., told.Happening], *said: bool) -> Make:
    """What tells nothing but the member, and what became of it."""

    def made(event: Event, node_id: str, room_id: str, at: int) -> told.Happening:
        who = session_id(node_id, event["Unique-ID"])
        return make(room_id, event["Conference-Unique-ID"], who, *said, at)

    return made


def _volume(direction: str) -> Make:
    def make(event: Event, node_id: str, room_id: str, at: int) -> told.MemberVolumeChanged:
        who, level = session_id(node_id, event["Unique-ID"]), int(event["Volume-Level"])
        return told.MemberVolumeChanged(room_id, event["Conference-Unique-ID"], who, direction, level, at)

    return make


def _member_file_done(
    event: Event, node_id: str, room_id: str, at: int
) -> told.MemberFilePlayed | told.StepEnded | None:
    channel = event.get("Unique-ID", "")  # of a member that left meanwhile there is none
    if not channel:
        return None
    who, file = session_id(node_id, channel), event.get("File", "")
    if token := _token(event):
        return told.StepEnded(who, token, {}, at, event.get("Answer-State") == "hangup")
    return told.MemberFilePlayed(room_id, event["Conference-Unique-ID"], who, file, at)


def _floor(event: Event, node_id: str, room_id: str, at: int) -> told.FloorChanged:
    channel = event.get("Unique-ID", "")
    who = session_id(node_id, channel) if channel else ""
    return told.FloorChanged(room_id, event["Conference-Unique-ID"], who, at)


def _token(event: Event) -> str | None:
    # play-file's own header operation_id is that of the head of the queue: only File tells (freeswitch-facts.md).
    match = _TOKEN.match(event.get("File", ""))
    return match[1] if match else None


def _file_done(event: Event, _node_id: str, room_id: str, at: int) -> told.FilePlayed | None:
    token = _token(event)
    return told.FilePlayed(room_id, token, at) if token else None


def _file_started(event: Event, _node_id: str, room_id: str, at: int) -> told.FileFailed | None:
    token = _token(event)
    if token is None or "Error" not in event:
        return None
    return told.FileFailed(room_id, token, event["Error"], at)


def recording_of(path: object) -> str:
    """The id of the recording whose file this is; '' for a file that is none of ours."""
    match = _RECORDING.fullmatch(path) if isinstance(path, str) else None
    return match[1] if match else ""


def _leg_recorded(event: Event, session: str, _node_id: str, at: int) -> told.RecordingStarted | None:
    recording = recording_of(event.get("Record-File-Path"))
    return told.RecordingStarted(recording, "", session, "", at) if recording else None


def _leg_record_ended(event: Event, session: str, _node_id: str, at: int) -> told.RecordingEnded | None:
    recording = recording_of(event.get("Record-File-Path"))
    if not recording:
        return None
    duration_ms = int(event.get("variable_record_ms") or 0)
    return told.RecordingEnded(recording, "", session, duration_ms, at, hung_up="Hangup-Cause" in event)


def _room_recorded(event: Event, _node_id: str, room_id: str, at: int) -> told.RecordingStarted | None:
    recording, error = recording_of(event.get("Path")), clean(event.get("Error", ""))
    conference = event["Conference-Unique-ID"]
    return told.RecordingStarted(recording, room_id, "", conference, at, error) if recording else None


def _room_record_ended(event: Event, _node_id: str, room_id: str, at: int) -> told.RecordingEnded | None:
    recording = recording_of(event.get("Path"))
    return told.RecordingEnded(recording, room_id, "", int(event["Milliseconds-Elapsed"]), at) if recording else None


def _record_paused(paused: bool) -> Callable[[Event, str, str, int], told.RecordingPauseChanged | None]:
    def make(event: Event, _node_id: str, room_id: str, at: int) -> told.RecordingPauseChanged | None:
        recording = recording_of(event.get("Path"))
        return told.RecordingPauseChanged(recording, room_id, paused, at) if recording else None

    return make


_CALL: dict[str, Make] = {
    "CHANNEL_PARK": _parked,
    "CHANNEL_PROGRESS": _ringing,
    "CHANNEL_PROGRESS_MEDIA": _ringing,
    "CHANNEL_BRIDGE": _bridged,
    "CHANNEL_ANSWER": _answered,
    "CHANNEL_HANGUP_COMPLETE": _ended,
    "CHANNEL_EXECUTE_COMPLETE": _executed,
    "DTMF": _key,
    "RECORD_START": _leg_recorded,
    "RECORD_STOP": _leg_record_ended,
}

_CONFERENCE: dict[str, Make] = {
    "add-member": _joined,
    "del-member": _left,
    "kick-member": _of_member(told.MemberKicked),
    "mute-member": _of_member(told.MemberMuteChanged, True),
    "unmute-member": _of_member(told.MemberMuteChanged, False),
    "deaf-member": _of_member(told.MemberDeafChanged, True),
    "undeaf-member": _of_member(told.MemberDeafChanged, False),
    "hold-member": _of_member(told.MemberHoldChanged, True),
    "unhold-member": _of_member(told.MemberHoldChanged, False),
    "volume-in-member": _volume("in"),
    "volume-out-member": _volume("out"),
    "play-file-member-done": _member_file_done,
    "start-talking": _of_member(told.MemberTalking, True),
    "stop-talking": _of_member(told.MemberTalking, False),
    "floor-change": _floor,
    "play-file": _file_started,
    "play-file-done": _file_done,
    "conference-destroy": _gone,
    "lock": _lock(True),
    "unlock": _lock(False),
    "start-recording": _room_recorded,
    "stop-recording": _room_record_ended,
    "pause-recording": _record_paused(True),
    "resume-recording": _record_paused(False),
}
