"""The command line of the simulated switch: options in, one running switch that prints where it listens."""

import argparse
import logging
import signal

import gevent

from gateway.simulator.options import GATEWAY_DIALPLAN, GATEWAY_GLOBALS, Options
from gateway.simulator.server import SimulatedSwitch


def main() -> None:
    about = "A stand-in for FreeSWITCH that speaks the Event Socket."
    parser = argparse.ArgumentParser(prog="python -m gateway.simulator", description=about)
    parser.add_argument("--listen", default="127.0.0.1:0", help="HOST:PORT; port 0 takes a free one")
    parser.add_argument("--password", default="ClueCon")
    parser.add_argument("--exit-on-shutdown", action="store_true", help="`shutdown now` ends the process")
    parser.add_argument(
        "--keep-calls",
        action="store_true",
        help="calls made by a client that listens to ALL events do not end when the next such client comes",
    )
    parser.add_argument("--first-member-delay-ms", type=int, help="add-member of a room's first member comes so late")
    like_ours = "callers and global variables as freeswitch-conf/ of the gateway has them"
    parser.add_argument("--gateway-conf", action="store_true", help=like_ours)
    parser.add_argument("--fault", action="append", default=[], help="a fault from the start, e.g. 'delay 0.2'")
    arguments = parser.parse_args()
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(name)s %(levelname)s %(message)s")
    delay_ms = arguments.first_member_delay_ms
    options = Options(
        password=arguments.password,
        one_console=not arguments.keep_calls,
        restart_after_s=None if arguments.exit_on_shutdown else Options.restart_after_s,
        first_member_delay_s=None if delay_ms is None else delay_ms / 1000,
        public_dialplan=GATEWAY_DIALPLAN if arguments.gateway_conf else Options.public_dialplan,
        global_variables=GATEWAY_GLOBALS if arguments.gateway_conf else (),
    )
    host, _, port = arguments.listen.rpartition(":")
    switch = SimulatedSwitch(host or "127.0.0.1", int(port), options=options)
    switch.start()
    for fault in arguments.fault:
        switch.fault(fault)
    print(f"listening on {switch.host}:{switch.port}", flush=True)
    gevent.signal_handler(signal.SIGTERM, switch.ended.set)
    gevent.signal_handler(signal.SIGINT, switch.ended.set)
    switch.ended.wait()
    switch.stop()
