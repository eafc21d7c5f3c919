"""Bytes to plain data and back, one module per protocol; no state."""
