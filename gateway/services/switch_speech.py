"""Speech at a switch. In: an order of the speech engine. Out: the file is sent to its upload link, or a SwitchError."""

from gateway.domain.ids import new_uuid
from gateway.errors import SwitchRefused
from gateway.media.switch_speech import SpeechOrder
from gateway.switch.commands import RenderSpeech
from gateway.switch.pool import SwitchPool


class SwitchSpeech:
    """Any connected node will do: what it speaks is a file, which every node plays."""

    def __init__(self, pool: SwitchPool) -> None:
        self._pool = pool

    def speak(self, order: SpeechOrder) -> None:
        """Raises SwitchUnavailable, SwitchTimeout, or SwitchRefused with what the node lacks."""
        node = self._pool.pick(lambda: {node.id: node.jobs_under_way for node in self._pool.nodes})
        command = RenderSpeech(
            new_uuid(), order.module, order.voice, order.text, order.upload_url, order.limit_s, order.upload_s
        )
        try:
            node.send(command)
        except SwitchRefused as error:
            raise SwitchRefused(f"{node.id}: {_reason(error.reply)}", error.reply) from error


def _reason(reply: str) -> str:
    if "Command not found" in reply:
        return "the switch has no mod_lua"
    if "Cannot execute script" in reply:
        return "the switch cannot run gateway_speech.lua: is it in its scripts folder?"
    return reply.strip().removeprefix("-ERR").strip()[:200] or "the switch said nothing"
