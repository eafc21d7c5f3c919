"""Processes for a search: fresh ones, which share nothing with whoever starts them."""

import multiprocessing
import os
from multiprocessing.pool import Pool


def fresh(processes: int | None = None, *, tasks_each: int | None = None) -> Pool:
    """Start processes that know nothing yet.

    Forked in a process with threads, a child may wait for a lock that nobody holds; and it answers SIGTERM,
    by which a pool that is left is ended, as that process does.

    Args:
        processes: How many; as many as there are processors by default.
        tasks_each: After how many tasks another process takes the place of one; never by default.
    """
    context = multiprocessing.get_context("spawn")
    return context.Pool(processes or os.cpu_count(), maxtasksperchild=tasks_each)
