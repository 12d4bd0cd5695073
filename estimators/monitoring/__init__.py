"""A promotion while it runs: its effect so far, looked at as often as one likes."""
