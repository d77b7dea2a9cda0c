"""An app's web server whose audio takes its time."""

from typing import Any

from gevent.event import Event
from gevent.pywsgi import WSGIServer

from tests.flow.jukebox import silence


class SlowAudio:
    """A server whose one file comes when it is let go; `asked` once somebody waits for it."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self.asked, self._free = Event(), Event()
        self._server = WSGIServer(("127.0.0.1", 0), self._serve, log=None)
        self._server.start()

    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}/slow.wav"

    def let_go(self) -> None:
        self._free.set()

    def stop(self) -> None:
        self._free.set()
        self._server.stop(timeout=1)

    def _serve(self, _environ: dict[str, Any], start_response: Any) -> list[bytes]:
        self.asked.set()
        self._free.wait(10)
        start_response("200 OK", [("Content-Type", "audio/x-wav")])
        return [silence(self._seconds)]
