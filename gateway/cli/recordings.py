"""`gateway recordings`: what was recorded, and its end. In: words and options. Out: rows, and files deleted."""

from pathlib import Path
from typing import Any

import click

from gateway.cli.output import json_option, print_block, print_json, print_table
from gateway.cli.parts import opened_store
from gateway.config import Settings, load
from gateway.domain.clock import SystemClock
from gateway.domain.recording import Recording
from gateway.errors import NotFound
from gateway.media.recorded import RecordedFiles
from gateway.schemas.shapes import recording_shape
from gateway.services.apps import Apps
from gateway.services.recording_sweep import RecordingSweep
from gateway.store import recordings as rows
from gateway.store.recordings import RecordingFilter

MAX_LISTED = 1000
SWEPT_AT_ONCE = 500
_COLUMNS = ("recording_id", "room_id", "session_uuid", "status", "format", "started_at", "duration_ms", "bytes")


@click.group()
def recordings() -> None:
    """Recordings: list, show, sweep."""


@recordings.command("list")
@click.option("--app", help="Only those of this app (id or name).")
@click.option("--room", "room_id", default="", help="Only those of this room.")
@click.option("--session", "session_id", default="", help="Only those of this call.")
@click.option("--limit", type=click.IntRange(1, MAX_LISTED), default=50, show_default=True)
@json_option
def list_recordings(app: str | None, room_id: str, session_id: str, limit: int, as_json: bool) -> None:
    """Recordings, oldest first."""
    settings = load()
    with opened_store(settings) as store:
        wanted = RecordingFilter(Apps(store).find(app).id if app else "", room_id, session_id)
        found = store.read(lambda connection: rows.page(connection, wanted, None, limit))
    shapes = [_shape(recording, settings) for recording in found]
    if as_json:
        print_json(shapes)
    else:
        print_table(shapes, _COLUMNS, "No recordings.")


@recordings.command()
@click.argument("recording_id")
@json_option
def show(recording_id: str, as_json: bool) -> None:
    """One recording, and where its file is."""
    settings = load()
    with opened_store(settings) as store:
        found = store.read(lambda connection: rows.find(connection, recording_id))
    if found is None:
        raise NotFound(f"There is no recording {recording_id}.", "recording-not-found")
    shape = _shape(found, settings)
    print_json(shape) if as_json else print_block(shape)


@recordings.command()
@click.option("--days", type=click.IntRange(min=0), help="Older than this; without it GATEWAY_RECORDING_KEEP_S holds.")
@json_option
def sweep(days: int | None, as_json: bool) -> None:
    """Delete old recordings now, files and rows, as the gateway does by itself."""
    settings = load()
    keep_ms = 1000 * (settings.recording_keep_s if days is None else days * 86_400)
    before_ms = SystemClock().now_ms() - keep_ms
    count = 0
    with opened_store(settings) as store:
        sweeping = RecordingSweep(store, Path(settings.recordings_dir), RecordedFiles().remove)
        while gone := sweeping.sweep(before_ms, SWEPT_AT_ONCE):
            count += gone
    print_json({"swept": count}) if as_json else click.echo(f"Swept: {count}.")


def _shape(recording: Recording, settings: Settings) -> dict[str, Any]:
    """Its file's path instead of a link."""
    shape = recording_shape(recording, "")
    del shape["url"]
    file = Path(settings.recordings_dir) / recording.file_name
    return {**shape, "app_id": recording.app_id, "file": str(file) if file.is_file() else None}
