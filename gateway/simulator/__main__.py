# ruff: noqa: E402
"""`python -m gateway.simulator --listen HOST:PORT` runs one simulated switch until it is killed."""

from gevent import monkey

monkey.patch_all()

from gateway.simulator.command_line import main

if __name__ == "__main__":
    main()
