"""Where the log of a long-running command goes: stderr, a line an entry. In: the level's name."""

import logging


def start_logging(level: str) -> None:
    logging.basicConfig(level=level, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
