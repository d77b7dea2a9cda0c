"""A server of the outside that sends faster than it is read, from a process of its own: here it would take turns."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

_FLOODS_S = 4.0  # what a loop that it stops stands still for
_SERVER = """
import ast, socket, sys, time
first, again = ast.literal_eval(sys.stdin.readline())
listener = socket.create_server(("127.0.0.1", 0))
print(listener.getsockname()[1], flush=True)
while True:
    peer, _ = listener.accept()
    until = time.monotonic() + float(sys.argv[1])
    try:
        peer.recv(65536)
        peer.sendall(first)
        while time.monotonic() < until:
            peer.sendall(again)
    except OSError:
        pass
    peer.close()
"""


@contextmanager
def flooding(first: bytes, again: bytes) -> Iterator[str]:
    """Its URL. To each request it sends `first`, then `again` over and over for 4 s."""
    command = [sys.executable, "-S", "-c", _SERVER, str(_FLOODS_S)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdin is not None
        assert server.stdout is not None
        try:
            server.stdin.write(f"{(first, again)!r}\n")
            server.stdin.flush()
            yield f"http://127.0.0.1:{int(server.stdout.readline())}/a.wav"
        finally:
            server.kill()
