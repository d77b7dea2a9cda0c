"""Where the log of a long-running command goes: stderr, a line an entry. In: the level's name."""

import logging

from gateway.errors import ConfigError

LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")


def start_logging(level: str) -> None:
    if level.upper() not in LEVELS:
        raise ConfigError(f"GATEWAY_LOG_LEVEL: expected one of {', '.join(LEVELS)}, got {level!r}")
    logging.basicConfig(level=level.upper(), format="%(asctime)s %(levelname)s %(name)s: %(message)s")
