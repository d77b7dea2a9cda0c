"""The parser: golden streams however they are cut, any bytes at all, and each kind of frame."""

import json
from pathlib import Path

import orjson
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from gateway.switch.frames import BadFrame, Frame, FrameKind, FrameParser, plain_event

_HERE = Path(__file__).parents[2] / "recordings"
_GOLDEN = Path(__file__).parents[4] / "shared" / "golden"
RECORDINGS = sorted({path.name: path for path in [*_GOLDEN.glob("*.jsonl"), *_HERE.glob("*.jsonl")]}.values())


def received(path: Path) -> list[bytes]:
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    return [line["data"].encode() for line in lines if line["dir"] == "recv"]


def parse(data: bytes, size: int = 0) -> list[Frame | BadFrame]:
    parser = FrameParser()
    step = size or len(data) or 1
    return [frame for at in range(0, len(data), step) for frame in parser.feed(data[at : at + step])]


@pytest.mark.parametrize("path", RECORDINGS, ids=lambda path: path.stem)
def test_a_recording_is_read_frame_by_frame(path: Path) -> None:
    wire = received(path)
    frames = parse(b"".join(wire))
    assert len(frames) == len(wire)
    assert not [frame for frame in frames if isinstance(frame, BadFrame)]
    for raw, frame in zip(wire, frames, strict=True):
        assert isinstance(frame, Frame)
        assert (frame.event is not None) == (b"Content-Type: text/event-" in raw.partition(b"\n\n")[0])
        if frame.event is not None:
            assert frame.event["Event-Name"]
    assert parse(b"".join(wire), 1000) == frames


@settings(deadline=None, max_examples=60)
@given(st.data())
def test_any_cut_of_a_stream_gives_the_same_frames(data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(["wrong_password", "filtered_subscription", "json_events_join_mute"]))
    wire = b"".join(received(_HERE / f"{name}.jsonl"))[:30_000]
    cuts = sorted(data.draw(st.lists(st.integers(0, len(wire)), max_size=30)))
    parser = FrameParser()
    frames: list[Frame | BadFrame] = []
    for start, end in zip([0, *cuts], [*cuts, len(wire)], strict=True):
        frames += parser.feed(wire[start:end])
    assert frames == parse(wire)


FRAGMENTS = st.sampled_from(
    [b"\n", b"\n\n", b"Content-Length: ", b"Content-Type: ", b"text/event-json", b"text/event-plain", b"10",
     b"api/response", b"-1", b"{", b'{"a":1}', b": ", b"%", b"%0A", b"\xff", b"999999999999999999999"]
)  # fmt: skip


@settings(deadline=None)
@example([b"Content-Length: ", b"\n", b"\n\n"], 1)
@given(st.lists(st.one_of(FRAGMENTS, st.binary(max_size=40)), max_size=60), st.integers(1, 50))
def test_no_bytes_ever_raise(parts: list[bytes], size: int) -> None:
    data = b"".join(parts)
    whole = parse(data)
    assert parse(data, size) == whole


@settings(deadline=None)
@given(st.dictionaries(st.text(max_size=10), st.text(max_size=20), max_size=8))
def test_a_json_event_is_what_it_was(event: dict[str, str]) -> None:
    body = orjson.dumps(event)
    [frame] = parse(b"Content-Length: %d\nContent-Type: text/event-json\n\n%s" % (len(body), body))
    assert isinstance(frame, Frame)
    assert frame.event == event


def test_both_orders_of_the_two_headers_are_the_same_event() -> None:
    body = '{"Conference-Name":"Zoë"}'.encode()
    slow = b"Content-Type: text/event-json\nContent-Length: %d\n\n%s" % (len(body), body)
    fast = b"Content-Length: %d\nContent-Type: text/event-json\n\n%s" % (len(body), body)
    for frame in parse(slow + fast):
        assert isinstance(frame, Frame)
        assert (frame.kind, frame.event) == (FrameKind.EVENT, {"Conference-Name": "Zoë"})


def test_the_length_counts_bytes_not_letters() -> None:
    body = "+OK Zoë\n".encode()
    wire = b"Content-Type: api/response\nContent-Length: %d\n\n%sContent-Type: auth/request\n\n" % (len(body), body)
    assert parse(wire) == [
        Frame(FrameKind.API_RESPONSE, {"Content-Type": "api/response"}, "+OK Zoë\n"),
        Frame(FrameKind.AUTH_REQUEST, {"Content-Type": "auth/request"}, ""),
    ]


@pytest.mark.parametrize("length", ["-5", "x", "1_0", " ", "9" * 5000, "0x10", "+3"])
def test_a_length_that_is_none_is_a_bad_frame_and_the_next_is_read(length: str) -> None:
    wire = f"Content-Type: api/response\nContent-Length: {length}\n\nContent-Type: auth/request\n\n"
    bad, good = parse(wire.encode())
    assert isinstance(bad, BadFrame)
    assert not bad.fatal
    assert isinstance(good, Frame)
    assert good.kind is FrameKind.AUTH_REQUEST


def test_a_length_above_the_limit_is_fatal() -> None:
    parser = FrameParser(max_frame_bytes=10)
    [bad] = parser.feed(b"Content-Type: api/response\nContent-Length: 11\n\n")
    assert isinstance(bad, BadFrame)
    assert bad.fatal
    assert parser.feed(b"Content-Type: auth/request\n\n") == []


def test_headers_without_end_are_fatal() -> None:
    parser = FrameParser(max_header_bytes=100)
    [bad] = parser.feed(b"x" * 101)
    assert isinstance(bad, BadFrame)
    assert bad.fatal


def test_a_body_that_is_cut_off_is_still_pending() -> None:
    parser = FrameParser()
    assert parser.feed(b"Content-Type: api/response\nContent-Length: 10\n\nhalf") == []
    assert parser.pending_bytes > 0


def test_a_plain_event_is_cut_into_lines_before_it_is_unquoted() -> None:
    event = plain_event(b"Event-Name: CUSTOM\nName: Eve%0AAction: kick%3a\nRate: 100%\n\n")
    assert event == {"Event-Name": "CUSTOM", "Name": "Eve\nAction: kick:", "Rate": "100%"}


def test_a_disconnect_notice_has_its_body() -> None:
    [frame] = parse(b"Content-Type: text/disconnect-notice\nContent-Length: 4\n\nbye\n")
    assert isinstance(frame, Frame)
    assert (frame.kind, frame.body) == (FrameKind.DISCONNECT, "bye\n")
