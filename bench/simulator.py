# ruff: noqa: E402
"""The simulated switch in a process of its own, wide enough for the bench."""

from gevent import monkey

monkey.patch_all()

from bench.process import answer, serve_until_closed
from gateway.simulator.options import Options
from gateway.simulator.server import SimulatedSwitch


def main() -> None:
    switch = SimulatedSwitch(options=Options(max_sessions=50_000))
    switch.start()
    answer({"port": switch.port, "password": switch.options.password})
    serve_until_closed()
    switch.stop()


if __name__ == "__main__":
    main()
