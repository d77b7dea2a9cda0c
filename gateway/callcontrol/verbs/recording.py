"""Record, and the recording of a call in the background: start_recording, stop_recording, recordSession."""

from gateway.callcontrol.performer import GO_ON, LedCall, Next, after
from gateway.domain.verbs import Record, StartRecording, StopRecording
from gateway.services import legs
from gateway.services.reactions.recordings import recording_parameters


def record(call: LedCall, verb: Record) -> Next:
    """What the caller says, till it is silent, presses a key, or time is up. The action is called for a hangup, too."""
    call.answer()
    recording = call.recordings().begin(call.session, call.verb_id, verb)
    if verb.play_beep:
        call.step("playback", legs.BEEP, legs.NO_KEY_STOPS)
    path = call.recordings().path_of(recording)
    argument = legs.record_argument(path, verb.max_length_s, legs.QUIET, verb.timeout_s)
    keys = {"playback_terminators": verb.finish_on_keys or "none"}
    result = call.step("record", argument, keys, after_hangup=True)
    recording = call.recordings().found(recording)
    params = recording_parameters(recording, call.recordings().link_of(recording))
    digits = "hangup" if result["hung_up"] else result["playback_terminator_used"] or "timeout"
    return after(call, verb.action, verb.method, verb.redirect, {**params, "Digits": digits}, must=True)


def start_recording(call: LedCall, verb: StartRecording) -> Next:
    """The flow goes on at once; the URL holds when the recording is over, which callbackUrl is told."""
    call.answer()
    recording = call.recordings().begin(call.session, call.verb_id, verb)
    params = {"RecordUrl": call.recordings().link_of(recording), "RecordingID": recording.id}
    return after(call, verb.action, verb.method, verb.redirect, params)


def stop_recording(call: LedCall, verb: StopRecording) -> Next:
    call.once("stop_recording", lambda: call.recordings().stop(call.session))
    return GO_ON
