"""An app's web server with audio: silence of any length."""

import io
import re
import wave
from typing import Any

from gevent.pywsgi import WSGIHandler, WSGIServer

Json = dict[str, Any]


class _Handler(WSGIHandler):  # type: ignore[misc]
    def log_request(self) -> None:
        pass


class Jukebox:
    """Serves /SECONDS.wav, silence of that length; anything else is a 404."""

    def __init__(self) -> None:
        self._server = WSGIServer(("127.0.0.1", 0), self._serve, handler_class=_Handler, log=None)
        self._server.start()

    def url(self, seconds: float, name: str = "a") -> str:
        return f"http://127.0.0.1:{self._server.server_port}/{name}/{seconds}.wav"

    def missing(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}/missing.wav"

    def stop(self) -> None:
        self._server.stop(timeout=1)

    def _serve(self, environ: Json, start_response: Any) -> list[bytes]:
        match = re.fullmatch(r"/\w+/([\d.]+)\.wav", environ["PATH_INFO"])
        if match is None:
            start_response("404 Not Found", [("Content-Length", "0")])
            return []
        start_response("200 OK", [("Content-Type", "audio/x-wav")])
        return [silence(float(match[1]))]


def silence(seconds: float) -> bytes:
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(8000)
        file.writeframes(bytes(int(8000 * seconds) * 2))
    return out.getvalue()
