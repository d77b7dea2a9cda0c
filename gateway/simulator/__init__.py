"""A stand-in for FreeSWITCH that speaks the Event Socket on a TCP port: the same commands in, the same replies and
events out, from a model of calls and conferences; imports nothing of the gateway."""
