"""The promises in clouds that are other than assumed, and the table that tells of it."""

import dataclasses
from pathlib import Path

import pytest

from emulator.assumptions import FLIPS, Assumptions
from tests.simulation.assumptions import SOUND
from tests.simulation.sim import LIMITS, Schedule, at_random

TABLE = Path(__file__).parents[2] / "docs" / "promises.md"
OTHERS = [(name, at) for name, values in FLIPS.items() for at in range(len(values))]


def test_every_assumption_has_another_value() -> None:
    """What no document settles is tried both ways."""
    assert {each.name for each in dataclasses.fields(Assumptions)} == set(FLIPS)


@pytest.mark.parametrize(("name", "at"), OTHERS)
def test_no_other_cloud_breaks_a_promise(name: str, at: int) -> None:
    """Without faults and with some, each field alone at each of its other values."""
    plain = [Schedule(scenario, (), 1, 1, (name, at)) for scenario in SOUND[:3]]
    faulty = [
        dataclasses.replace(at_random(seed, workers=0, faults=3), flip=(name, at))
        for seed in range(1, 5)
    ]

    found = {one.line: one.run()[1] for one in (*plain, *faulty)}

    assert {line: broken for line, broken in found.items() if broken} == {}


def test_the_table_names_every_other_cloud() -> None:
    """A new assumption must be measured before it can be promised about."""
    text = TABLE.read_text(encoding="utf-8")
    missing = [name for name in (*FLIPS, *LIMITS) if f"| {name} |" not in text]

    assert missing == []


def test_the_search_notices_what_cannot_be_promised() -> None:
    """Where tokens are forgotten before tags show, a second replacement comes about.

    The search has to find it, or its silence about the other clouds would say nothing.
    """
    flip = (next(iter(LIMITS)), 0)
    runs = (
        dataclasses.replace(at_random(seed, workers=0, faults=3), flip=flip)
        for seed in range(1, 101)
    )

    assert any(one.run()[1] for one in runs)
