"""The switch's recordings against the store: the difference as happenings. Pure.

Of rooms `conference json_list` is exact; of legs `uuid_buglist` tells, which is asked for each.
"""

from collections.abc import Iterable, Iterator
from typing import Any

from gateway.domain import happenings as told
from gateway.domain.recording import PAUSED, RECORDING, STARTING, Recording
from gateway.intake.translate import recording_of

START_LIMIT_MS = 10_000  # a start that was sent so long ago and shows nowhere has failed


def noting(conferences: Iterable[Any], found: dict[str, bool]) -> Iterator[Any]:
    """The conferences as they come; their recordings are put into `found`: id -> paused."""
    for conference in conferences:
        for member in conference.get("members", []):
            if recording := recording_of(member.get("record_path")):
                found[recording] = member.get("status") == "paused"
        yield conference


def room_differences(
    known: Iterable[Recording], found: dict[str, bool], touched: frozenset[str], at: int
) -> list[told.Happening]:
    out: list[told.Happening] = []
    for recording in known:
        if not recording.room_id or recording.room_id in touched:
            continue
        if recording.id not in found:
            out += _gone(recording, at)
            continue
        if recording.state == STARTING:
            out.append(told.RecordingStarted(recording.id, recording.room_id, "", recording.conference_uuid, at))
        paused = found[recording.id]
        if recording.state == (RECORDING if paused else PAUSED) or (recording.state == STARTING and paused):
            out.append(told.RecordingPauseChanged(recording.id, recording.room_id, paused, at))
    return out


def to_be_asked(known: Iterable[Recording], touched: frozenset[str]) -> list[Recording]:
    """Of legs."""
    return [one for one in known if one.session_id and one.session_id not in touched]


def leg_differences(recording: Recording, bugs: str, ended: bool, at: int) -> list[told.Happening]:
    """`bugs`: the reply of uuid_buglist; `ended`: its call has. A reply that is no list proves nothing."""
    if recording.file_name not in bugs:
        return _gone(recording, at) if ended or "<media-bugs" in bugs else []
    if recording.state == STARTING:
        return [told.RecordingStarted(recording.id, "", recording.session_id, "", at)]
    return []


def _gone(recording: Recording, at: int) -> list[told.Happening]:
    if recording.state == STARTING and at - recording.created_at < START_LIMIT_MS:
        return []
    return [told.RecordingEnded(recording.id, recording.room_id, recording.session_id, None, at, missed=True)]
