"""What can be set on a simulated switch: names, delays and limits; comes from the caller of SimulatedSwitch."""

from dataclasses import dataclass

# What freeswitch-conf/ of this product says: callers ring, and are let go when no gateway takes them.
GATEWAY_DIALPLAN = (("set", "park_timeout=10:NORMAL_TEMPORARY_FAILURE"), ("ring_ready", ""), ("park", ""))
GATEWAY_GLOBALS = (("hangup_after_conference", "false"), ("hangup_after_bridge", "false"))


@dataclass(frozen=True)
class Options:
    """Delays are those measured on a real 1.10.12; tests that are in a hurry may set them to 0."""

    password: str = "ClueCon"
    hostname: str = "simulator"
    switchname: str = "simulator"
    ip_address: str = "127.0.0.1"
    domain: str = "cluecon.com"
    tick_s: float = 0.02  # one audio frame: how long a channel or a conference takes to notice an order
    speech_open_s: float = 0.23  # opening a voice: what delays `say` and the first add-member of a room that speaks
    first_member_delay_s: float | None = None  # overrides the above for add-member of every room's first member
    broadcast_lead_s: float = 0.2  # uuid_broadcast waits so long before it plays
    answer_after_s: float = 0.1  # how long a dialled phone rings before it answers
    first_member_id: int = 2001  # a switch that has been up for a while; small numbers would hide mix-ups
    public_dialplan: tuple[tuple[str, str], ...] = (("park", ""),)  # what a caller from outside meets
    global_variables: tuple[tuple[str, str], ...] = ()  # what a channel lacks it takes from here
    max_sessions: int = 5000
    queue_limit: int = 100_000  # events a slow listener may owe before they are dropped
    drops_allowed: int = 500  # dropped events before the listener is disconnected
    heartbeat_s: float = 20.0
    shutdown_s: float = 0.6  # from `shutdown now` to the closed sockets
    restart_after_s: float | None = 0.4  # None: the switch stays down after `shutdown now`
    fetch_timeout_s: float = 5.0
    fetch_limit_bytes: int = 64 * 1024 * 1024
    one_console: bool = False  # calls of an `event … all` client end when the next comes: server.console_came
