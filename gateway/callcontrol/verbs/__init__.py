"""Who performs which verb: one table. A verb without a performer is refused by name when its document is read."""

from typing import Any

from gateway.callcontrol.performer import Performer
from gateway.callcontrol.verbs.conference import conference
from gateway.callcontrol.verbs.dial import dial
from gateway.callcontrol.verbs.ending import hangup, redirect
from gateway.callcontrol.verbs.keys import gather, send_digits
from gateway.callcontrol.verbs.leg import hold, mute, resume, unmute
from gateway.callcontrol.verbs.recording import record, start_recording, stop_recording
from gateway.callcontrol.verbs.sound import play, pre_answer, speak, wait
from gateway.domain import verbs

PERFORMERS: dict[type[Any], Performer] = {
    verbs.Conference: conference,
    verbs.Dial: dial,
    verbs.Gather: gather,
    verbs.Hangup: hangup,
    verbs.Hold: hold,
    verbs.Mute: mute,
    verbs.Play: play,
    verbs.PreAnswer: pre_answer,
    verbs.Record: record,
    verbs.Redirect: redirect,
    verbs.Resume: resume,
    verbs.SendDigits: send_digits,
    verbs.Speak: speak,
    verbs.StartRecording: start_recording,
    verbs.StopRecording: stop_recording,
    verbs.Unmute: unmute,
    verbs.Wait: wait,
}
