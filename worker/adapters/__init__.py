"""The outside, one adapter per port: the only place that knows an SDK, a socket or a file."""
