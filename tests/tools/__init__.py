"""Checks with programs that people deploy with: `make test-tools`. Each names what it needs, and fails without it."""
