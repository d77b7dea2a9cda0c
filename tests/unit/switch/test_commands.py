"""Every command, letter by letter."""

import pytest

from gateway.errors import UnsafeArgument
from gateway.switch import commands as c
from gateway.switch.replies import Reply

ROOM = "acW68-room-550e8400-e29b-41d4-a716-446655440000"
CALL = "673dab88-324f-48ed-810a-ed188f50f72a"
OTHER = "02946742-2f10-40c5-a4e1-a886d5120894"

UNSET = "set:conference_flags=,set:conference_moh_sound=,set:conference_permanent_wait_mod_moh="
JOIN = f"set:hangup_after_conference=false,set:conference_controls=gw,{UNSET}"

TEXTS: list[tuple[c.Command, str]] = [
    (c.Join(CALL, ROOM), f"uuid_transfer {CALL} '{JOIN},conference:{ROOM}@gateway+flags{{mute}},park:' inline"),
    (c.Join(CALL, ROOM, flags=()), f"uuid_transfer {CALL} '{JOIN},conference:{ROOM}@gateway,park:' inline"),
    (
        c.Join(CALL, ROOM, ("moderator", "endconf", "mintwo"), "gw-star"),
        f"uuid_transfer {CALL} 'set:hangup_after_conference=false,set:conference_controls=gw-star,{UNSET},"
        f"conference:{ROOM}@gateway+flags{{moderator|endconf|mintwo}},park:' inline",
    ),
    (
        c.Join(CALL, ROOM, ("deaf", "nomoh", "ghost", "join-only"), variables={
            "conference_flags": "wait-mod", "conference_permanent_wait_mod_moh": "true",
            "conference_moh_sound": "http://127.0.0.1/m,o h;.wav#.wav"}),
        f"uuid_transfer {CALL} 'set:hangup_after_conference=false,set:conference_controls=gw,"
        "set:conference_flags=wait-mod,set:conference_moh_sound=http://127.0.0.1/m%2Co%20h%3B.wav#.wav,"
        f"set:conference_permanent_wait_mod_moh=true,"
        f"conference:{ROOM}@gateway+flags{{deaf|nomoh|ghost|join-only}},park:' inline",
    ),
    (c.Leave(CALL), f"uuid_transfer {CALL} 'park:' inline"),
    (c.TakeOver(CALL), f"uuid_transfer {CALL} 'park:' inline"),
    (c.AnswerCall(CALL), f"uuid_answer {CALL}"),
    (c.PreAnswer(CALL), f"uuid_pre_answer {CALL}"),
    (c.Kill(CALL), f"uuid_kill {CALL} NORMAL_CLEARING"),
    (c.Kill(CALL, "USER_BUSY"), f"uuid_kill {CALL} USER_BUSY"),
    (c.ScheduleHangup(CALL, 60), f"sched_hangup +60 {CALL} ALLOTTED_TIMEOUT"),
    (c.ScheduleHangup(CALL, 60, "NO_ANSWER"), f"sched_hangup +60 {CALL} NO_ANSWER"),
    (c.ScheduleDelete(CALL), f"sched_del {CALL}"),
    (c.ScheduleKickAll(ROOM, 3600, OTHER), f"sched_api +3600 {OTHER} conference {ROOM} kick all"),
    (c.SetVariables(CALL, {"a": "1", "b_c": ""}), f"uuid_setvar_multi {CALL} a=1;b_c="),
    (c.MuteLeg(CALL, "read"), f"uuid_audio {CALL} start read mute 1"),
    (c.MuteLeg(CALL, "write", on=False), f"uuid_audio {CALL} start write mute 0"),
    (c.SendDigits(CALL, "12*#"), f"uuid_send_dtmf {CALL} 12*#@200"),
    (
        c.Originate(CALL, "sofia/gateway/trunk/+15550001111", "+15551230002", 30, 3600),
        f"originate {{origination_uuid={CALL},originate_timeout=30,ignore_early_media=true,"
        "origination_caller_id_number=+15551230002,origination_caller_id_name=+15551230002,"
        "hangup_after_conference=false,execute_on_answer='sched_hangup +3600 ALLOTTED_TIMEOUT'}"
        "sofia/gateway/trunk/+15550001111 'park:' inline",
    ),
    (
        c.RenderSpeech(CALL, "flite", "slt", "Hi ü", "http://127.0.0.1/m/a.wav", 20, 30),
        f"lua gateway_speech.lua {CALL} flite slt 16000 20 486920c3bc http://127.0.0.1/m/a.wav",
    ),
    (c.Bridge(CALL, OTHER), f"uuid_bridge {CALL} {OTHER}"),
    (c.Break(CALL), f"uuid_break {CALL} all"),
    (c.ControlPlayback(CALL, "pause"), f"uuid_fileman {CALL} pause"),
    (c.ControlPlayback(CALL, "seek", 5000), f"uuid_fileman {CALL} seek:5000"),
    (c.RecordCall(CALL, "start", "/rec/a.wav", 60), f"uuid_record {CALL} start /rec/a.wav 60"),
    (c.RecordCall(CALL, "start", "/rec/a b.wav"), f"uuid_record {CALL} start '/rec/a b.wav'"),
    (c.RecordCall(CALL, "stop", "/rec/a.wav", 60), f"uuid_record {CALL} stop /rec/a.wav"),
    (c.Mute(ROOM, 12), f"conference {ROOM} mute 12"),
    (c.Mute(ROOM, "all"), f"conference {ROOM} mute all"),
    (c.Unmute(ROOM, "non_moderator"), f"conference {ROOM} unmute non_moderator"),
    (c.Deaf(ROOM, 12), f"conference {ROOM} deaf 12"),
    (c.Undeaf(ROOM, 12), f"conference {ROOM} undeaf 12"),
    (c.Deaf(ROOM, 12, quiet=True), f"conference {ROOM} deaf 12 quiet"),
    (c.Undeaf(ROOM, 12, quiet=True), f"conference {ROOM} undeaf 12 quiet"),
    (c.Hold(ROOM, 12), f"conference {ROOM} hold 12"),
    (c.Hold(ROOM, 12, "/s/moh.wav"), f"conference {ROOM} hold 12 /s/moh.wav"),
    (c.Unhold(ROOM, 12), f"conference {ROOM} unhold 12"),
    (c.Floor(ROOM, 12), f"conference {ROOM} floor 12"),
    (c.Kick(ROOM, 12), f"conference {ROOM} kick 12"),
    (c.Kick(ROOM, 12, "/s/bye.wav"), f"conference {ROOM} kick 12 /s/bye.wav"),
    (c.KickAll(ROOM), f"conference {ROOM} kick all"),
    (c.MemberVolume(ROOM, 12, "in", -4), f"conference {ROOM} volume_in 12 -4"),
    (c.MemberVolume(ROOM, 12, "out", 4), f"conference {ROOM} volume_out 12 4"),
    (c.Relate(ROOM, 1, 2, "nospeak"), f"conference {ROOM} relate 1 2 nospeak"),
    (c.SendDigitsToMember(ROOM, 12, "5#"), f"conference {ROOM} dtmf 12 5#"),
    (c.Lock(ROOM), f"conference {ROOM} lock"),
    (c.Unlock(ROOM), f"conference {ROOM} unlock"),
    (
        c.Play(ROOM, "http://h/a.wav?x=1#.wav", "op-1", 2),
        f"conference {ROOM} play {{vol=2,operation_id=op-1}}http://h/a.wav?x=1#.wav",
    ),
    (
        c.Play(ROOM, "/s/a b.wav", "op-1", -50, at_once=True),
        f"conference {ROOM} play '{{vol=-50,operation_id=op-1}}/s/a b.wav' async",
    ),
    (
        c.Play(ROOM, "tone_stream://%(200,0,640)", "b1", at_once=True),
        f"conference {ROOM} play {{vol=0,operation_id=b1}}tone_stream://%(200,0,640) async",
    ),
    (
        c.Play(ROOM, "file_string://silence_stream://1000!http://h/a b.wav", "b1", at_once=True),
        f"conference {ROOM} play {{vol=0,operation_id=b1}}file_string://silence_stream://1000!http://h/a%20b.wav async",
    ),
    (c.PlayToMember(ROOM, 12, "/s/a.wav"), f"conference {ROOM} play /s/a.wav 12"),
    (c.PausePlay(ROOM), f"conference {ROOM} pause_play"),
    (c.PlayStatus(ROOM), f"conference {ROOM} play_status"),
    (c.PlayToMember(ROOM, 12, "/s/a b.wav", "x1"), f"conference {ROOM} play '{{operation_id=x1}}/s/a b.wav' 12"),
    (c.PausePlay(ROOM, 12), f"conference {ROOM} pause_play 12"),
    (c.PlayStatus(ROOM, 12), f"conference {ROOM} play_status 12"),
    (c.SeekPlay(ROOM, 12, 2500), f"conference {ROOM} file_seek 2500 12"),
    (c.Music(ROOM, "tone_stream://%(100,0,440)"), f"conference {ROOM} moh tone_stream://%(100,0,440)"),
    (c.StopPlay(ROOM), f"conference {ROOM} stop all"),
    (c.StopPlay(ROOM, 12), f"conference {ROOM} stop all 12"),
    (c.FileVolume(ROOM, -50), f"conference {ROOM} file-vol -50"),
    (c.RecordRoom(ROOM, "start", "/rec/r1.wav"), f"conference {ROOM} recording start /rec/r1.wav"),
    (c.RecordRoom(ROOM, "stop", "/rec/r1.wav"), f"conference {ROOM} recording stop /rec/r1.wav"),
    (c.RecordRoom(ROOM, "pause", "/rec/r1.wav"), f"conference {ROOM} recording pause /rec/r1.wav"),
    (c.RecordRoom(ROOM, "resume", "/rec/r1.wav"), f"conference {ROOM} recording resume /rec/r1.wav"),
    (c.StopAllRecordings(ROOM), f"conference {ROOM} recording stop all"),
    (
        c.ScheduleStopRecording(ROOM, 60, OTHER, "/rec/r1.wav"),
        f"sched_api +60 {OTHER} conference {ROOM} recording stop /rec/r1.wav",
    ),
    (c.MediaBugs(CALL), f"uuid_buglist {CALL}"),
    (c.ConferenceList(), "conference json_list"),
    (c.RoomList(ROOM), f"conference {ROOM} json_list"),
    (c.ShowChannels(), "show channels as json"),
    (c.ChannelExists(CALL), f"uuid_exists {CALL}"),
    (c.ChannelDump(CALL), f"uuid_dump {CALL} json"),
    (c.Ping(), "strepoch"),
    (
        c.Execute(CALL, "playback", "/s/a.wav", OTHER),
        f"sendmsg {CALL}\ncall-command: execute\nexecute-app-name: playback\nexecute-app-arg: /s/a.wav\n"
        f"Event-UUID: {OTHER}",
    ),
    (
        c.Execute(CALL, "answer", "", OTHER),
        f"sendmsg {CALL}\ncall-command: execute\nexecute-app-name: answer\nEvent-UUID: {OTHER}",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("command", "text"), TEXTS, ids=lambda value: type(value).__name__)
def test_the_text_of_a_command(command: c.Command, text: str) -> None:
    assert command.text == text


def test_every_command_is_tested_letter_by_letter() -> None:
    tested = {type(command).__name__ for command, _ in TEXTS}
    untested = set(c.__all__) - tested - {"Command", "Kind"}
    assert not untested


def test_what_may_take_time_is_a_job() -> None:
    assert {type(x).__name__ for x, _ in TEXTS if x.kind is c.Kind.JOB} == {"Play", "PlayToMember", "RenderSpeech"}
    assert {type(x).__name__ for x, _ in TEXTS if x.kind is c.Kind.MESSAGE} == {"Execute"}
    assert {type(x).__name__: x.job_uuid for x, _ in TEXTS if x.kind is c.Kind.TASK} == {"Originate": CALL}


REFUSED = [
    lambda: c.Join("nope", ROOM),
    lambda: c.Join(CALL, "my-room"),
    lambda: c.Join(CALL, ROOM, ("dist-dtmf",)),
    lambda: c.Join(CALL, ROOM, ("mute}",)),
    lambda: c.Join(CALL, ROOM, controls="gw,hangup:"),
    lambda: c.Join(CALL, ROOM, variables={"conference_moh_sound": "${system rm}"}),
    lambda: c.Join(CALL, ROOM, variables={"hangup_after_conference": "true"}),
    lambda: c.Kill(CALL, "NO_SUCH_CAUSE"),
    lambda: c.Kill(CALL.upper()),
    lambda: c.ScheduleHangup(CALL, 0),
    lambda: c.ScheduleHangup(CALL, True),
    lambda: c.ScheduleDelete("all"),
    lambda: c.SetVariables(CALL, {}),
    lambda: c.SetVariables(CALL, {"a b": "1"}),
    lambda: c.SetVariables(CALL, {"a": "1;b=2"}),
    lambda: c.SetVariables(CALL, {"a": "it's"}),
    lambda: c.Originate(CALL, "sofia/external/1@h,sofia/external/2@h", "+1555", 30, 60),
    lambda: c.Originate(CALL, "sofia/external/1@h|user/1000", "+1555", 30, 60),
    lambda: c.Originate(CALL, "{a=b}user/1000", "+1555", 30, 60),
    lambda: c.Originate(CALL, "[a=b]user/1000", "+1555", 30, 60),
    lambda: c.Originate(CALL, "user/1000 &system(id)", "+1555", 30, 60),
    lambda: c.Originate(CALL, "user/${system id}", "+1555", 30, 60),
    lambda: c.Originate(CALL, "user/1000", "+1555,a=b", 30, 60),
    lambda: c.Originate(CALL, "user/1000", "+1555", 0, 60),
    lambda: c.Originate(CALL, "user/1000", "+1555", 30, 0),
    lambda: c.Bridge(CALL, "all"),
    lambda: c.MuteLeg(CALL, "both"),
    lambda: c.SendDigits(CALL, "12,3"),
    lambda: c.SendDigits(CALL, "1" * 100),
    lambda: c.SendDigits(CALL, ""),
    lambda: c.ControlPlayback(CALL, "speed"),
    lambda: c.ControlPlayback(CALL, "seek", -1),
    lambda: c.SeekPlay(ROOM, 12, -1),
    lambda: c.RecordCall(CALL, "start", "relative.wav"),
    lambda: c.RecordCall(CALL, "start", "/rec/../etc/x.wav"),
    lambda: c.RecordCall(CALL, "start", "/rec/it's.wav"),
    lambda: c.RecordCall(CALL, "mask", "/rec/a.wav"),
    lambda: c.Mute(ROOM, 0),
    lambda: c.Mute(ROOM, "last"),
    lambda: c.Mute(ROOM, "12 quiet"),
    lambda: c.Mute(ROOM, True),
    lambda: c.MemberVolume(ROOM, 1, "in", 5),
    lambda: c.Relate(ROOM, 1, 2, "all"),
    lambda: c.Play(ROOM, "http://h/a.wav", "op}1"),
    lambda: c.Play(ROOM, "http://h/a.wav", "op-1", 8),
    lambda: c.Play(ROOM, "say:hello", "op-1"),
    lambda: c.Play(ROOM, "shell_stream:///bin/id", "op-1"),
    lambda: c.Play(ROOM, "beep.wav", "op-1"),
    lambda: c.Play(ROOM, "http://h/a.wav", "op-1\n"),
    lambda: c.Play(ROOM, "http://h/a.wav\n\napi shutdown", "op-1"),
    lambda: c.Play(ROOM, "http://h/${system reboot}", "op-1"),
    lambda: c.Play(ROOM, "http://h/\ud800", "op-1"),
    lambda: c.Play(ROOM, "/s/$HOME.wav", "op-1"),
    lambda: c.RecordRoom(ROOM, "erase", "/rec/r.wav"),
    lambda: c.Execute(CALL, "system", "reboot", OTHER),
    lambda: c.Execute(CALL, "playback", "a\nEvent-UUID: x", OTHER),
]


@pytest.mark.parametrize("make", REFUSED)
def test_what_could_break_out_is_refused(make: object) -> None:
    assert callable(make)
    with pytest.raises(UnsafeArgument):
        make()


def test_what_counts_as_done() -> None:
    record = c.RecordRoom(ROOM, "stop", "/rec/r1.wav")
    assert record.accepts(Reply("Stopped recording file /r1.wav\n+OK Stopped recording 0 files\n"))
    assert not record.accepts(Reply("+OK Stopped recording 1 files\n-ERR none\n"))
    assert c.Mute(ROOM, "all").accepts(Reply("Skipping moderator (member id 36).\n+OK mute 35\n"))
    assert not c.ChannelDump(CALL).accepts(Reply("-ERR No such channel!\n"))
    assert c.ChannelDump(CALL).accepts(Reply("{}"))
