"""What apps are told of what a command plays to one call: state in, Events out."""

from typing import Any

from gateway.domain.events import Event
from gateway.domain.leg_playback import SPEAK, LegPlayback
from gateway.domain.session import Session
from gateway.schemas.shapes import call_shape


def _event(
    session: Session, playback: LegPlayback, name: str, at: int, data: dict[str, Any], command_uid: str = ""
) -> Event:
    """A control's command_uid stands before the playback's own."""
    uid = command_uid or playback.command_uid
    data = {"operation_id": playback.id, **data, "command_uid": uid}
    call = call_shape(session) if name.startswith("call.") else None
    return Event(name, session.app_id, at, data, session_id=session.id, call=call)


def started(session: Session, playback: LegPlayback, at: int) -> Event:
    """`kind` is play or speak; a play has `urls`, a speak `text`."""
    text = playback.sounds[0].get("text", "")
    said = {"text": text} if playback.kind == SPEAK else {"urls": [sound["url"] for sound in playback.sounds]}
    return _event(session, playback, "playback.started", at, {"kind": playback.kind, **said, "loop": playback.loop})


def finished(session: Session, playback: LegPlayback, at: int) -> Event:
    data = {"played": playback.played, "failed": playback.failed}
    return _event(session, playback, "playback.finished", at, data)


def stopped(session: Session, playback: LegPlayback, reason: str, at: int, command_uid: str = "") -> Event:
    """`reason`: stopped, interrupted (by another), key (of speech), moved (into a room or out of one), hangup."""
    data = {"reason": reason, "played": playback.played, "failed": playback.failed}
    return _event(session, playback, "playback.stopped", at, data, command_uid)


def failed(session: Session, playback: LegPlayback, url: str, reason: str, at: int) -> Event:
    """Of one sound; the rest goes on. `url` is '' where it is a text."""
    return _event(session, playback, "playback.failed", at, {"url": url, "reason": reason})


def paused(session: Session, playback: LegPlayback, paused: bool, at: int, command_uid: str) -> Event:
    return _event(session, playback, "playback.paused" if paused else "playback.resumed", at, {}, command_uid)


def gathered(session: Session, playback: LegPlayback, digits: str, reason: str, at: int) -> Event:
    """`reason` as of announcements.call_gathered; or failed, or as of stopped()."""
    return _event(session, playback, "call.gathered", at, {"digits": digits, "reason": reason})


def held(session: Session, playback: LegPlayback, at: int) -> Event:
    return _event(session, playback, "call.held", at, {})


def unheld(session: Session, playback: LegPlayback, reason: str, at: int, command_uid: str = "") -> Event:
    """`reason`: unhold, or as of stopped()."""
    return _event(session, playback, "call.unheld", at, {"reason": reason}, command_uid)
