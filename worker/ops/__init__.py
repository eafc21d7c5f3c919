"""Jobs of an operator over the same ports as the worker."""
