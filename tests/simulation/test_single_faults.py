"""One fault at each call of a recreation: whatever it is, no promise is broken."""

import pytest

from tests.simulation.faults import Fault, faults_for
from tests.simulation.schedules import SCENARIOS, Scenario, broken, run


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.name)
def test_no_single_fault_breaks_a_promise(scenario: Scenario) -> None:
    """Every call is struck by every fault it can meet; a line below repeats a failing run."""
    undisturbed, _ = run(scenario, {})

    found = [
        sentence
        for call in undisturbed.interposer.calls
        for fault in faults_for(call)
        for sentence in broken(scenario, {call.number: fault})
    ]

    assert broken(scenario, {}) == []
    assert found == []


def test_a_run_repeats_exactly() -> None:
    """The same scenario and plan give the same calls, so that a printed line is enough."""
    first, _ = run(SCENARIOS[0], {5: Fault.ANSWER_LOST})
    second, _ = run(SCENARIOS[0], {5: Fault.ANSWER_LOST})

    assert first.interposer.calls == second.interposer.calls
    assert first.cloud.ledger == second.cloud.ledger
