"""What one listener wants to hear: the arguments of event, nixevent and filter in, yes or no for each event out."""

import re

from gateway.simulator.event_names import EVENT_NAMES
from gateway.simulator.events import JSON, PLAIN, Event

FORMATS = {"plain": PLAIN, "json": JSON, "xml": PLAIN}


class Subscription:
    """Starts with nothing; the format is plain until it is said otherwise."""

    def __init__(self) -> None:
        self.form = PLAIN
        self.form_name = "plain"
        self.all = False
        self._names: set[str] = set()
        self._subclasses: set[str] = set()
        self._all_subclasses = False
        self._filters: list[tuple[str, str]] = []

    def add(self, arguments: list[str]) -> str:
        """`event …` -> reply text."""
        words = list(arguments)
        if words and words[0].lower() in FORMATS:
            self.form_name = words.pop(0).lower()
            self.form = FORMATS[self.form_name]
        known = 0
        custom = False
        for word in words:
            if custom:
                self._subclasses.add(word)
                continue
            name = word.upper()
            if name not in EVENT_NAMES:
                continue
            known += 1
            custom = name == "CUSTOM"
            self._take(name)
        return f"+OK event listener enabled {self.form_name}" if known else "-ERR no keywords supplied"

    def _take(self, name: str) -> None:
        if name == "ALL":
            self.all = self._all_subclasses = True
            self._names |= EVENT_NAMES
        else:
            self._names.add(name)

    def nix(self, arguments: list[str]) -> str:
        known = 0
        custom = False
        for word in arguments:
            if custom:
                self._subclasses.discard(word)
                continue
            name = word.upper()
            if name not in EVENT_NAMES:
                continue
            known += 1
            if name == "CUSTOM":
                custom = True
            elif name == "ALL":
                self.clear()
            else:
                self.all = False
                self._names.discard(name)
        return "+OK events nixed" if known else "-ERR no keywords supplied"

    def clear(self) -> None:
        self.all = self._all_subclasses = False
        self._names.clear()
        self._subclasses.clear()

    def filter(self, arguments: str) -> str:
        name, _, value = arguments.strip().partition(" ")
        if name.lower() == "delete" and value:
            name, _, value = value.partition(" ")
            if name.lower() == "all":
                self._filters.clear()
            else:
                self._filters = [f for f in self._filters if f[0] != name or (value and f[1] != value)]
            return f"+OK filter deleted. [{name}][{value}]"
        if name.lower() == "add" and value:
            name, _, value = value.partition(" ")
        if not value:
            return "-ERR invalid syntax"
        self._filters.append((name, value))
        return f"+OK filter added. [{name}]=[{value}]"

    def wants(self, name: str, subclass: str) -> bool:
        if name not in self._names:
            return False
        return name != "CUSTOM" or not subclass or self._all_subclasses or subclass in self._subclasses

    def passes(self, event: Event) -> bool:
        """As mod_event_socket filters: one matching `+` is enough, one matching `-` forbids."""
        if not self._filters:
            return True
        passed = False
        for name, wanted in self._filters:
            value = event.get(name)
            if value is None:
                continue
            sign = wanted[: len(wanted) - len(wanted.lstrip("+- "))]
            text = wanted[len(sign) :]
            if passed and "-" not in sign:
                continue
            if re.search(text.strip("/"), value) if wanted.startswith("/") else value.lower() == text.lower():
                if "-" in sign:
                    return False
                passed = True
        return passed
