"""SimulatedSwitch: listens on a TCP port and is a FreeSWITCH to whoever connects; start() and stop() from outside."""

import gevent
from gevent import socket
from gevent.event import Event
from gevent.server import StreamServer

from gateway.simulator import api, wire
from gateway.simulator.calls import Private
from gateway.simulator.clock import Clock
from gateway.simulator.core import build_core, new_uuid
from gateway.simulator.events import Pair, Part
from gateway.simulator.faults import Faults
from gateway.simulator.listeners import Listener
from gateway.simulator.options import Options
from gateway.simulator.switchboard import Switchboard
from gateway.simulator.wire import Command

EMPTY_WAIT_S = 3.0


class SimulatedSwitch:
    """Usable inside any gevent process. `shutdown now` ends one life; after a moment it listens again, empty."""

    def __init__(
        self, host: str = "127.0.0.1", port: int = 0, password: str = "ClueCon", options: Options | None = None
    ) -> None:
        self.host = host
        self.port = port
        self.options = options or Options(password=password)
        self.faults = Faults(lambda: list(self._listeners), self.go_down)
        self.ended = Event()  # set when it went down for good
        self._listeners: list[Listener] = []
        self._consoles: set[int] = set()
        self._server: StreamServer | None = None
        self._begin_life()

    def _begin_life(self) -> None:
        self.clock = Clock()
        self.board = Switchboard(build_core(self.options, self.clock))
        self.board.run_api = self.run_api
        self.board.shut_down = lambda: gevent.spawn(self._shut_down)
        self.board.run_fault = self.faults.run

    # -- outside ------------------------------------------------------------------------------------------------

    def start(self) -> None:
        """Returns when it listens; `port` is the real one then."""
        self.clock.start()
        self.clock.after(self.options.heartbeat_s, self._heartbeat)
        self._listen()

    def stop(self) -> None:
        self._deafen()
        for listener in list(self._listeners):
            listener.drop()
        self.clock.stop()
        self.ended.set()

    def api(self, line: str) -> str:
        """An api command from within the process."""
        return self.run_api(line)

    def fault(self, text: str) -> str:
        """A fault for every connection: see faults.Faults."""
        return self.faults.run(text)

    def call(self, number: str, to: str, name: str = "") -> str:
        """A SIP caller arrives; its uuid."""
        return self.board.inbound_call(number, to, name or number).uuid

    # -- the port -----------------------------------------------------------------------------------------------

    def _listen(self) -> None:
        self._server = StreamServer((self.host, self.port), self._accept, backlog=1024)
        self._server.start()
        self.port = int(self._server.server_port)

    def _deafen(self) -> None:
        if self._server is not None:
            self._server.close()
            self._server = None

    def _accept(self, sock: socket.socket, address: tuple[str, int]) -> None:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if self.faults.refusing:
            sock.sendall(wire.rude_rejection())
            sock.close()
            return
        listener = Listener(self, sock)
        self._listeners.append(listener)
        self.board.core.bus.sinks.append(listener)
        listener.serve()

    def gone(self, listener: Listener) -> None:
        if listener in self._listeners:
            self._listeners.remove(listener)
        if listener in self.board.core.bus.sinks:
            self.board.core.bus.sinks.remove(listener)

    def go_down(self, seconds: float) -> None:
        """The port closes, the connections break, calls go on; after that it listens again."""
        self._deafen()
        for listener in list(self._listeners):
            gevent.spawn(listener.drop)
        gevent.spawn_later(seconds, self._listen)

    # -- what listeners ask -------------------------------------------------------------------------------------

    def run_api(self, line: str) -> str:
        return api.run(self.board, line)

    def tell(self, name: str, *pairs: Pair, body: str | None = None) -> None:
        self.board.core.bus.tell(name, *pairs, body=body)

    def send_message(self, uuid: str, command: Command) -> str:
        call = self.board.find(uuid)
        if call is None:
            return f"-ERR invalid session id [{uuid}]"
        headers = command.headers
        if headers.get("call-command") == "hangup":
            self.clock.after(self.options.tick_s, call.hangup, headers.get("hangup-cause") or "NORMAL_CLEARING")
        elif headers.get("call-command") == "execute":
            argument = headers.get("execute-app-arg") or command.body
            locks = headers.get("event-lock", "").lower() == "true"
            name, uuid = headers.get("execute-app-name", ""), headers.get("event-uuid", "")
            call.queue_private(Private(name, argument, uuid, locks=locks))
        return "+OK"

    def send_event(self, name: str, command: Command) -> str:
        uuid = new_uuid()
        pairs = [("-".join(w.capitalize() for w in k.split("-")), v) for k, v in command.headers.items()]
        subclass = command.headers.get("event-subclass", "")
        told = [(k, v) for k, v in pairs if k not in ("Event-Subclass", "Content-Length")]
        parts = [Part([*told, ("Event-UUID", uuid)])]
        self.board.core.bus.fire(name.upper(), parts, subclass, body=command.body or None)
        return f"+OK {uuid}"

    def console_came(self, listener: Listener) -> None:
        """With one_console, the calls that an earlier console made end when the next one comes."""
        if not self.options.one_console:
            return
        earlier, self._consoles = self._consoles, {listener.id}
        doomed = [call for call in self.board.calls.values() if call.maker in earlier]
        for call in doomed:
            call.hangup("NORMAL_CLEARING")
        with gevent.Timeout(EMPTY_WAIT_S, False):
            while any(call.uuid in self.board.calls for call in doomed):
                gevent.sleep(self.options.tick_s)
            gevent.sleep(3 * self.options.tick_s)  # and their rooms end

    # -- the switch's own life ----------------------------------------------------------------------------------

    def _heartbeat(self) -> None:
        self.clock.after(self.options.heartbeat_s, self._heartbeat)
        counters = self.board.core.counters
        self.tell(
            "HEARTBEAT",
            ("Event-Info", "System Ready"),
            ("Up-Time", "0 years"),
            ("FreeSWITCH-Version", "1.10.12-release+git~20240802T210227Z~a88d069d6f~64bit"),
            ("Session-Count", str(len(self.board.calls))),
            ("Max-Sessions", str(self.options.max_sessions)),
            ("Session-Since-Startup", str(counters.sessions)),
            ("Session-Peak-Max", str(counters.peak)),
        )

    def _shut_down(self) -> None:
        """`shutdown now`: calls end, sockets close with a notice; then perhaps the next life."""
        pause_s = self.options.shutdown_s / 2
        gevent.sleep(pause_s)
        self.tell("SHUTDOWN", ("Event-Info", "System Shutting Down"))
        self.board.hang_up_all("SYSTEM_SHUTDOWN")
        gevent.sleep(pause_s)
        self._deafen()
        for listener in list(self._listeners):
            listener.close(wire.SHUTTING_DOWN)
        gevent.sleep(0.05)
        for listener in list(self._listeners):
            listener.drop()
        self.clock.stop()
        if self.options.restart_after_s is None:
            self.ended.set()
            return
        gevent.sleep(self.options.restart_after_s)
        self._consoles.clear()
        self._begin_life()
        self.start()
