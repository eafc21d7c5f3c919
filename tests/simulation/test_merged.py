"""A fault in a call that is made for many costs none of them its replacement, nor gives it two."""

import pytest

from tests.simulation.merged import SOURCES, Crowd, at_random

SEEDS = range(24)


@pytest.mark.parametrize("seed", SEEDS)
def test_no_promise_is_broken(seed: int) -> None:
    """Whatever strikes a merged call, and however many workers there are."""
    _, striker, found = at_random(seed).run()

    assert striker.count >= SOURCES
    assert found == []


def test_calls_are_merged_where_faults_strike() -> None:
    """Without that the search would repeat the one over the ports."""
    simulation, striker, found = Crowd((), 1, 1).run()

    assert found == []
    assert striker.shared >= SOURCES
    assert len(simulation.shelf.kept) == SOURCES
