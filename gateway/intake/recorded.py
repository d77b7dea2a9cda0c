"""The switch's recordings against the store: the difference as happenings. Pure.

Of rooms `conference json_list` is exact; of legs `uuid_buglist` tells, which is asked for each, but of those whose
application is `record`: that has no media bug, and stands in `show channels`.
"""

import re
from collections.abc import Collection, Iterable, Iterator
from typing import Any

from gateway.domain import happenings as told
from gateway.domain.recording import PAUSED, RECORDING, STARTING, Recording
from gateway.intake.translate import recording_of

_RECORD_ARGUMENT = re.compile(r"( \d+){0,3}$")  # limit, level and length of silence follow the path
START_LIMIT_MS = 10_000  # a start that was sent so long ago and shows nowhere has failed


def noting(conferences: Iterable[Any], found: dict[str, bool]) -> Iterator[Any]:
    """The conferences as they come; their recordings are put into `found`: id -> paused."""
    for conference in conferences:
        for member in conference.get("members", []):
            if recording := recording_of(member.get("record_path")):
                found[recording] = member.get("status") == "paused"
        yield conference


def noting_records(channels: Iterable[Any], found: set[str]) -> Iterator[Any]:
    """The channels as they come; the recordings that an application `record` makes are put into `found`."""
    for channel in channels:
        if channel.get("application") == "record":
            path = _RECORD_ARGUMENT.sub("", channel.get("application_data") or "")
            if recording := recording_of(path):
                found.add(recording)
        yield channel


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


def to_be_asked(known: Iterable[Recording], touched: frozenset[str], found: Collection[str] = ()) -> list[Recording]:
    """Of legs, but those that are `found` already."""
    return [one for one in known if one.session_id and one.session_id not in touched and one.id not in found]


def running(
    known: Iterable[Recording], touched: frozenset[str], found: Collection[str], at: int
) -> list[told.Happening]:
    """Of legs whose application records: what was not known to have started has."""
    fresh = (one for one in known if one.id in found and one.state == STARTING and one.session_id not in touched)
    return [told.RecordingStarted(one.id, "", one.session_id, "", at) for one in fresh]


def leg_differences(recording: Recording, bugs: str, ended: bool, at: int) -> list[told.Happening]:
    """`bugs`: the reply of uuid_buglist; `ended`: its call has. A reply that is no list proves nothing.

    Nor does any of a recording that began a moment ago: the list of channels lags behind its application.
    """
    if recording.file_name not in bugs:
        settled = "<media-bugs" in bugs and at - (recording.started_at or recording.created_at) >= START_LIMIT_MS
        return _gone(recording, at) if ended or settled else []
    if recording.state == STARTING:
        return [told.RecordingStarted(recording.id, "", recording.session_id, "", at)]
    return []


def _gone(recording: Recording, at: int) -> list[told.Happening]:
    if recording.state == STARTING and at - recording.created_at < START_LIMIT_MS:
        return []
    return [told.RecordingEnded(recording.id, recording.room_id, recording.session_id, None, at, missed=True)]
