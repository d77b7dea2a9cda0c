"""The application `record`, and what starts and ends the recording of one call: the file and its events."""

from gateway.simulator.apps_basic import Timed
from gateway.simulator.calls import NO_RESPONSE, Call
from gateway.simulator.recordings import FileRecorder, RecordingRefused


def start_recording(call: Call, path: str) -> FileRecorder | None:
    try:
        recorder = FileRecorder(path)
    except RecordingRefused:
        return None
    call.fire("RECORD_START", ("Record-File-Path", path))
    return recorder


def end_recording(call: Call, recorder: FileRecorder) -> None:
    """RECORD_STOP, with the length in the call's variables."""
    written = recorder.stop()
    call.set_variable("record_seconds", str(written.milliseconds // 1000))
    call.set_variable("record_ms", str(written.milliseconds))
    call.set_variable("record_samples", str(written.samples))
    path = ("Record-File-Path", recorder.path)
    call.fire("RECORD_STOP", path, ("Record-Completion-Cause", "success-maxtime"))


class Record(Timed):
    """`path [limit_s] [silence_threshold] [silence_hits]`; a key of playback_terminators ends it."""

    needs_media = True

    def begin(self) -> None:
        words = self.data.split()
        self._recorder = start_recording(self.call, words[0]) if words else None
        if self._recorder is None:
            self.done()
            return
        if len(words) > 1 and words[1].isdigit() and int(words[1]):
            self.later(float(words[1]), self.done)

    def digit(self, digit: str) -> None:
        terminators = self.call.variable("playback_terminators") or "*"
        if terminators == "any" or (terminators != "none" and digit in terminators):
            self.call.set_variable("playback_terminator_used", digit)
            self.done()

    def done(self, response: str = NO_RESPONSE) -> None:
        recorder, self._recorder = self._recorder, None
        if recorder is not None:
            end_recording(self.call, recorder)
        super().done(response)
