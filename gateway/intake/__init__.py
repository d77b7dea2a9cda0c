"""The door for what the switch tells: a node's events and lists come in, happenings go to the reactions."""
