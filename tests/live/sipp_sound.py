"""What a sipp caller says and hears: RTP over a port of its own. In: packets. Out: what came, keys decoded."""

import socket
import struct
import threading
import time
from dataclasses import dataclass

PACKET_S = 0.02
SAMPLES = 160  # of one packet, at 8 kHz
PCMU, TELEPHONE_EVENT = 0, 101
KEYS = "0123456789*#ABCD"
# One second of 1 kHz as mu-law: eight samples a period, loud enough for any energy level.
TONE = bytes((0xFF, 0x98, 0x8F, 0x98, 0xFF, 0x18, 0x0F, 0x18)) * 1000
SILENCE = b"\xff"


@dataclass(frozen=True)
class Packet:
    """20 ms of RTP; `since` is how many samples ago the event that it belongs to began."""

    payload_type: int
    payload: bytes
    first: bool = False
    since: int = 0


class Sound:
    """The caller's media port: says what it is told to, one thing after the other, and hears the far end."""

    def __init__(self) -> None:
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self._socket.settimeout(0.5)
        self.port: int = self._socket.getsockname()[1]
        self.packets_heard = self.loud_packets_heard = 0
        self.heard = bytearray()  # mu-law; sounds.of_phone makes samples of it
        self.keys_heard, self._last_key = "", b""
        self.key_packets: list[bytes] = []
        self.keys_began: list[float] = []  # when each was first heard, in seconds of time.monotonic()
        self._sequence, self._timestamp = 0, 8000  # a key whose timestamp is 0 goes unheard in the switch
        self._turn = threading.Lock()
        self._open = True
        threading.Thread(target=self._listen, daemon=True).start()

    def close(self) -> None:
        self._open = False
        self._socket.close()

    def play(self, address: tuple[str, int], packets: list[Packet]) -> None:
        threading.Thread(target=self._send, args=(address, packets), daemon=True).start()

    def _send(self, address: tuple[str, int], packets: list[Packet]) -> None:
        with self._turn:
            due = time.monotonic()
            for packet in packets:
                self._sequence = (self._sequence + 1) % 65536
                stamp = (self._timestamp - packet.since) % 2**32
                kind = packet.payload_type | (0x80 if packet.first else 0)
                header = struct.pack("!BBHII", 0x80, kind, self._sequence, stamp, 0x0CA11)
                try:
                    self._socket.sendto(header + packet.payload, address)
                except OSError:
                    return  # closed
                self._timestamp += SAMPLES
                due += PACKET_S
                time.sleep(max(0.0, due - time.monotonic()))

    def _listen(self) -> None:
        while self._open:
            try:
                data = self._socket.recv(2048)
            except TimeoutError:
                continue
            except OSError:
                return  # closed
            if data[1] & 0x7F == TELEPHONE_EVENT:
                self.key_packets.append(data)
                self._hear_key(data[12], data[4:8])
                continue
            self.packets_heard += 1
            self.heard += data[12:]
            # mu-law: 0xFF and 0x7F are silence, the smaller the low seven bits the louder.
            self.loud_packets_heard += any(sample & 0x7F < 0x60 for sample in data[12:])

    def _hear_key(self, event: int, stamp: bytes) -> None:
        """All packets of one key have its timestamp."""
        if stamp != self._last_key:
            self._last_key = stamp
            self.keys_heard += KEYS[event]
            self.keys_began.append(time.monotonic())


def tone_packets(seconds: float) -> list[Packet]:
    """The tone, and half a second of silence, in which the switch sees that the talking has ended."""
    count = round(seconds / PACKET_S)
    spoken = [Packet(PCMU, TONE[:SAMPLES], first=number == 0) for number in range(count)]
    return spoken + silence(0.5)


def silence(seconds: float) -> list[Packet]:
    return [Packet(PCMU, SILENCE * SAMPLES)] * round(seconds / PACKET_S)


def key_packets(keys: str, key_ms: int, gap_ms: int) -> list[Packet]:
    packets = silence(0.1)  # as from a phone: keys come amid sound
    for key in keys:
        event = KEYS.index(key)
        steps = max(2, key_ms // 20)
        for step in range(steps):
            body = struct.pack("!BBH", event, 10, (step + 1) * SAMPLES)
            packets.append(Packet(TELEPHONE_EVENT, body, first=step == 0, since=step * SAMPLES))
        for again in range(3):  # the end is told three times, in case one is lost
            body = struct.pack("!BBH", event, 0x80 | 10, steps * SAMPLES)
            packets.append(Packet(TELEPHONE_EVENT, body, since=(steps + again) * SAMPLES))
        packets += silence(gap_ms / 1000)
    return packets
