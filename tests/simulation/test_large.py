"""Sources with so much about them that no message holds it all."""

import random
import string
from typing import Any

import pytest

from tests.simulation.harness import simulate
from tests.simulation.invariants import violations
from tests.simulation.scenarios import add_source, interrupt, recover, replacements
from tests.simulation.schedules import QUICK
from worker.core.policy import Policy


def _tags(rng: random.Random) -> dict[str, str]:
    letters = string.ascii_letters
    return {
        "".join(rng.choices(letters, k=127)): "".join(rng.choices(letters, k=128))
        for _ in range(15)
    }


@pytest.mark.parametrize("how", [{}, {"data_disks": "reattach"}])
def test_disks_full_of_tags_do_not_keep_a_source_from_its_replacement(how: dict[str, Any]) -> None:
    """Their tags are left behind and named; what would not fit was parked without the source."""
    rng = random.Random(1)
    simulation = simulate(policy=Policy(hand_over=("tags",), **how), ecs=QUICK)
    disks = [{"size": 20, "tags": _tags(rng)} for _ in range(16)]
    source = add_source(simulation, data_disks=disks, tags=_tags(rng))
    simulation.start_worker("one")

    interrupt(simulation, source)
    recover(simulation)

    assert violations(simulation, source) == []
    assert len(replacements(simulation)) == 1
    assert simulation.notebook.named("parked") == []
    (record,) = simulation.shelf.kept.values()
    named = [loss["what"] for loss in record["not_kept"]]
    assert "the tags of single disks and interfaces" in named
