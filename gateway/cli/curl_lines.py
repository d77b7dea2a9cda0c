"""The lines that the sandbox prints to be pasted. In: addresses, id and key. Out: text."""

import os
import shlex
import sys
from dataclasses import dataclass
from pathlib import Path

from gateway.cli.sandbox_file import NUMBER

ROOM_NAME = "demo-room"
_ROOM_ID = r"""sed -n 's/.*"room_id": *"\([^"]*\)".*/\1/p'"""


@dataclass(frozen=True)
class CurlLines:
    """`gateway` is how this command is called here, with the options that lead to this sandbox."""

    base_url: str
    app_id: str
    api_key: str
    sound_url: str
    gateway: str

    def tour(self) -> str:
        """The whole story. The sleeps let a join be confirmed and cooldowns pass when all is pasted at once."""
        return "\n".join(
            (
                *self._variables(),
                "# a room (its id is also in the answer when it is there already)",
                f"ROOM=$({self._post('/conferences', name=ROOM_NAME)} | {_ROOM_ID}); echo $ROOM",
                "# a phone dials in",
                f"CALL=$({self.gateway} call --to {NUMBER}); echo $CALL; sleep 1",
                "# which calls there are",
                self._get("/sessions"),
                *self._story("$CALL", "$ROOM"),
            )
        )

    def for_call(self, session_id: str, room_id: str) -> str:
        """What can be done with this call, its real ids filled in."""
        return "\n".join((*self._variables(), *self._story(session_id, room_id or "$ROOM")))

    def _variables(self) -> tuple[str, ...]:
        """Said once, so that each line below shows what it asks for."""
        return (
            f"GW={self.base_url}/api/v1 ID='X-App-ID: {self.app_id}' KEY='X-API-Key: {self.api_key}'",
            "JSON='Content-Type: application/json'",
        )

    def _story(self, session_id: str, room_id: str) -> tuple[str, ...]:
        commands = f"/sessions/{session_id}/commands"
        tone = f'{{"urls": ["{self.sound_url}"]}}'
        return (
            "# into the room (muted), then heard",
            f"{self._post(f'{commands}/conference/join', room_id=room_id)}; echo; sleep 1",
            f"{self._post(f'{commands}/conference/unmute')}; echo; sleep 1",
            "# a tone for the room",
            f"{self._post_json(f'/conferences/{room_id}/play', tone)}; echo; sleep 3",
            "# out of the room, and the end of the call",
            f"{self._post(f'{commands}/conference/leave')}; echo; sleep 1",
            f"{self.gateway} hangup {session_id}",
        )

    def _get(self, path: str) -> str:
        return f'curl -s "$GW{path}" -H "$ID" -H "$KEY"; echo'

    def _post(self, path: str, **fields: str) -> str:
        return self._post_json(path, ", ".join(f'"{name}": "{value}"' for name, value in fields.items()).join("{}"))

    def _post_json(self, path: str, body: str) -> str:
        # In double quotes, so that $ROOM and $CALL are filled in by the shell.
        quoted = '"' + body.replace('"', '\\"') + '"'
        return f'curl -s -X POST "$GW{path}" -H "$ID" -H "$KEY" -H "$JSON" -d {quoted}'


def command_line(program: str, data_dir: Path) -> str:
    """`gateway sandbox` in a form that works from any directory; `program` is what this process was started as."""
    path = os.path.abspath(program)
    words = [sys.executable, "-m", "gateway"] if path.endswith("__main__.py") else [path]
    return shlex.join([*words, "sandbox", "--data-dir", str(data_dir)])
