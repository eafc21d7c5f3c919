"""Turns the notice of a reclaimed spot instance into a running replacement with the same data."""

__version__ = "0.1.0"
