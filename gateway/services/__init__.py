"""What a request or a happening means: it comes in, changes of the state, events and commands to a switch go out."""
