"""The door for answer documents: calls that are led come in, their verbs go to the services one by one."""
