"""SIP callers of a real switch, as the stories see them."""

from pathlib import Path

from tests.live.sipp import SippCaller
from tests.live.switch import RealSwitch


class SippPhone:
    """One call by sipp through the external profile, which needs no registration."""

    def __init__(self, caller: SippCaller) -> None:
        self.caller = caller
        caller.call()

    @property
    def ended(self) -> bool:
        return self.caller.ended

    @property
    def answered(self) -> bool:
        return self.caller.answered

    @property
    def final_status(self) -> int | None:
        return self.caller.final_status

    def hangup(self) -> None:
        self.caller.hangup()

    def press(self, keys: str) -> None:
        """In the sound, as a phone does (RFC 2833)."""
        self.caller.send_keys(keys)

    def close(self) -> None:
        self.caller.close()


class SippPhones:
    def __init__(self, switch: RealSwitch, folder: Path) -> None:
        self._switch, self._folder = switch, folder

    def dial(self, to: str, from_number: str, name: str) -> SippPhone:
        return SippPhone(SippCaller(self._folder, self._switch.sip_external_port, to, from_number, name))
