"""Replacements that were launched twice: which of them nobody is to recreate."""

from worker.core import launching
from worker.core.model import Instance
from worker.ports import Instances


def why_one_too_many(source: Instance, instances: Instances) -> str | None:
    """Say beside whom: what was marked as one too many must not come back without its mark.

    None where it was never marked, and where the one that was to stay is gone, and every replacement
    of it: nobody knows then whether this one serves, see `Launch`.

    Raises:
        RecreationError: The cloud does not tell who is there.
    """
    marked = launching.marked_beside(source)
    if not marked:
        return None
    others = instances.find_replacements(marked)
    is_there = instances.find(marked) is not None or launching.not_quarantined(others, ())
    return f"it is one too many beside {marked}" if is_there else None
