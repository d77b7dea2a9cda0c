"""The gateway beside FreeSWITCH: HTTP in, Event Socket to the switch, signed webhooks out."""

__version__ = "0.1.0"
