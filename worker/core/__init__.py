"""The pure heart: values and decisions; no SDK, no I/O, no clock, no randomness."""
