"""`python -m bench`: the benches of the issues; ratios are of figures measured side by side in this run."""

import argparse
import os
import sys
import tempfile
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import orjson

from bench import commands, documents, events, joins, memory
from bench.report import Row, as_json, table
from bench.switches import Switch, has_real, real, simulated

# Each member costs a real switch CPU that it takes from us: mixing 200 is a fifth of a core.
REAL_ROOMS = 2
BENCHES = ("commands", "events", "joins", "documents", "memory")


def _runs(which: list[str], rounds: int, with_real: bool) -> list[tuple[bool, Callable[[Path, Switch], list[Row]]]]:
    """Which switch, and what to run on it."""
    plan: list[tuple[bool, Callable[[Path, Switch], list[Row]]]] = []
    for is_real in (False, True) if with_real else (False,):
        if "commands" in which:
            rooms = REAL_ROOMS if is_real else 20
            plan.append((is_real, lambda folder, switch, rooms=rooms: commands.run(folder, switch, rooms, rounds)))  # type: ignore[misc]
        if "events" in which:
            rooms = REAL_ROOMS if is_real else 10
            plan.append((is_real, lambda folder, switch, rooms=rooms: events.run(folder, switch, rooms, rounds)))  # type: ignore[misc]
        if "joins" in which:
            plan.append((is_real, joins.run))
        if "documents" in which:
            plan.append((is_real, documents.run))
        if "memory" in which and not is_real:
            plan.append((is_real, lambda folder, switch: memory.run(folder, switch, 10_000)))
    return plan


def _switch(is_real: bool, folder: Path) -> AbstractContextManager[Switch]:
    return real(folder) if is_real else simulated()


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("benches", nargs="*", choices=[[], *BENCHES], help="default: all")
    parser.add_argument("--rounds", type=int, default=3, help="medians are of so many")
    parser.add_argument("--switch", choices=("both", "simulator", "real"), default="both")
    parser.add_argument("--json", action="store_true", help="one object instead of a table")
    options = parser.parse_args()
    with_real = options.switch != "simulator" and has_real()
    rows: list[Row] = []
    for is_real, run in _runs(options.benches or list(BENCHES), options.rounds, with_real):
        if options.switch == "real" and not is_real:
            continue
        with tempfile.TemporaryDirectory() as name, _switch(is_real, Path(name)) as switch:
            found = run(Path(name), switch)
        rows += found
        if not options.json:
            print(table(found), flush=True)
    if options.json:
        machine = {"cores": os.cpu_count(), "load": os.getloadavg()[0]}
        print(orjson.dumps({"machine": machine, "rows": as_json(rows)}, option=orjson.OPT_INDENT_2).decode())
    return 1 if any(row.met is False for row in rows) else 0


if __name__ == "__main__":
    sys.exit(main())
