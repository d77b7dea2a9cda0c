"""Speed, measured side by side: the gateway, and what the same machine does without it. `python -m bench --help`."""
