"""The native API, /api/v1: requests as JSON come in, calls of the services and their answers go out."""
