"""Worker processes that are killed at random leave exactly one replacement for each source."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.conftest import Installation
from tests.stack.kills import begin, broken, trial

COUNT = 24
SEED = 4


@pytest.fixture
def installation(tmp_path: Path) -> Iterator[Installation]:
    made = Installation(tmp_path)
    try:
        begin(made)
        yield made
    finally:
        for running in reversed(made.started):
            running.end()


def test_four_workers_under_random_kills(installation: Installation) -> None:
    """One image and one Running replacement with the data for each of two dozen, and no more."""
    made, fleet = trial(installation, COUNT, SEED)

    assert list(broken(made)) == []
    assert len(made.done) == COUNT
    assert fleet.kills > 0
