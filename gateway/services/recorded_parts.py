"""All that belongs to recordings, put together. In: the parts it works with.

Out: what commands, events and the end of a pass of reconcile need of it.
"""

from pathlib import Path

from gateway.config import Settings
from gateway.domain.clock import Clock
from gateway.domain.recording import Recording
from gateway.media.parts import Media
from gateway.media.recorded import RecordedFiles, trim_fault
from gateway.services.commands import CommandDesk
from gateway.services.document_recordings import DocumentRecordings
from gateway.services.notifications import Notifications
from gateway.services.reactions.recordings import RecordingReactions
from gateway.services.recording_keeper import Files, RecordingKeeper
from gateway.services.recording_sweep import RecordingSweep
from gateway.services.recordings import Recordings
from gateway.services.transcriptions import Transcriptions
from gateway.store.store import Store
from gateway.switch.pool import SwitchPool


class RecordedParts:
    def __init__(
        self, settings: Settings, store: Store, pool: SwitchPool, desk: CommandDesk, media: Media, clock: Clock
    ) -> None:
        directory = Path(settings.recordings_dir)
        transcribe, rate = media.transcription.transcribe, settings.transcription_rate_per_min

        def link(recording: Recording) -> str:
            return media.recording_link(recording.id, recording.format)

        self.reactions = RecordingReactions(link)
        files = RecordedFiles()
        self.sweep = RecordingSweep(store, directory, files.remove)
        self.commands = Recordings(store, desk, directory, link, self.reactions, self.sweep, trim_fault)
        self.of_documents = DocumentRecordings(store, pool, directory, link)
        self.keeper = RecordingKeeper(store, pool, Files(directory, files.finished), self.reactions, clock)
        self.transcriptions = Transcriptions(store, directory, transcribe, rate)

    def subscribe(self, notifications: Notifications) -> None:
        self.keeper.subscribe(notifications)
        self.transcriptions.subscribe(notifications)
