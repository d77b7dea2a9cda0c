"""The door for HTTP requests: they come in, from apps that are known; what the services answer goes out as JSON."""
