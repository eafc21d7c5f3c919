"""The calls of every scenario, each with every fault that it can meet: none breaks a promise."""

import os
import resource
import sys
import time

import pytest

from tests.simulation.faults import Fault
from tests.simulation.schedules import SCENARIOS, judged, run
from tests.simulation.sim import ALL_CELLS, search, singles
from tests.simulation.situations import ALL, HOSTILE


def _cpu_of_children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def test_no_single_fault_breaks_a_promise() -> None:
    """They reach every method of every port with every fault; what it costs is printed (`-rP`).

    A line below repeats a failing run: `python -m tests.simulation.sim --replay 'LINE'`.
    """
    processes = os.cpu_count() or 1
    begun, used = time.monotonic(), _cpu_of_children()
    figures = search(singles(scenario.name for scenario in SCENARIOS), processes=processes)
    wall, used = time.monotonic() - begun, _cpu_of_children() - used
    sys.stdout.write(
        f"{figures.schedules} schedules, {used:.0f} s of CPU, {wall:.0f} s in {processes} processes\n"
    )

    assert [f"{one.line}: {'; '.join(found)}" for one, found in figures.broken] == []
    assert ALL_CELLS - figures.cells == set()
    assert len(SCENARIOS) >= 8


@pytest.mark.parametrize("name", [scenario.name for scenario in HOSTILE])
def test_no_hostile_situation_breaks_a_promise_by_itself(name: str) -> None:
    """Without any fault; what faults do in it is searched for at random."""
    simulation, source = run(ALL[name], {})

    assert judged(ALL[name], simulation, source) == []


def test_a_run_repeats_exactly() -> None:
    """The same scenario and plan give the same calls, so that a printed line is enough."""
    first, _ = run(SCENARIOS[0], {5: Fault.ANSWER_LOST})
    second, _ = run(SCENARIOS[0], {5: Fault.ANSWER_LOST})

    assert first.interposer.calls == second.interposer.calls
    assert first.cloud.ledger == second.cloud.ledger
