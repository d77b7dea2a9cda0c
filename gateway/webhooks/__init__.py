"""The door for events out: pending outbox rows come in, signed POSTs to the apps' endpoints go out."""
