"""A true notice that comes while a false alarm of the same source is being ended."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from tests.simulation.bindings import CloudCall, CloudQueue
from tests.simulation.harness import Simulation, simulate
from tests.simulation.invariants import violations
from tests.simulation.scenarios import Source, add_source, interrupt, recover, replacements
from tests.simulation.schedules import QUICK, withdraw
from worker.adapters.ecs.call import ApiRefusal
from worker.core.errors import UnknownOutcome
from worker.core.policy import Policy


def _verdict_at(simulation: Simulation) -> float:
    """Run until the false alarm is decided, and return when that was."""
    simulation.run(2_000.0, until=lambda: bool(simulation.notebook.named("moot")))
    return simulation.kernel.now


def _noticed_anew(simulation: Simulation, source: Source) -> Source:
    """Give a true notice now."""
    interrupt(simulation, source)
    return replace(source, noticed_at=simulation.kernel.now)


def test_it_is_not_acknowledged_for_one_whose_end_is_put_off(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The clean-up of the false alarm waits for an answer: it is over, and looks at nothing again."""
    simulation = simulate(policy=Policy(hand_over=("interfaces",)), ecs=QUICK)
    source = add_source(simulation)
    send = CloudCall.__call__
    busy = {"is": True}

    def refused(self: CloudCall, action: str, params: Mapping[str, Any]) -> Mapping[str, Any]:
        if busy["is"] and action == "DescribeNetworkInterfaces":
            raise ApiRefusal(503, "ServiceUnavailable")
        return send(self, action, params)

    monkeypatch.setattr(CloudCall, "__call__", refused)
    simulation.start_worker("one")
    interrupt(simulation, source, lock=False)
    simulation.run(30.0)
    withdraw(simulation, source)
    _verdict_at(simulation)
    simulation.run(20.0)
    source = _noticed_anew(simulation, source)
    simulation.run(30.0)
    busy["is"] = False
    recover(simulation)

    assert violations(simulation, source) == []
    assert len(replacements(simulation)) == 1


def test_it_is_not_acknowledged_for_one_that_is_being_deleted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The queue does not answer for a while: the false alarm is still in hand, but it is over."""
    simulation = simulate(ecs=QUICK)
    source = add_source(simulation)
    delete, look = CloudQueue.delete, CloudCall.__call__
    broken = {"is": True}

    def unanswered(self: CloudQueue, handle: str) -> None:
        if broken["is"]:
            raise UnknownOutcome("no answer came")
        delete(self, handle)

    def slow(self: CloudCall, action: str, params: Mapping[str, Any]) -> Mapping[str, Any]:
        answer = look(self, action, params)
        if self.kernel.now > source.noticed_at + 590.0 and broken["is"]:
            self.kernel.sleep(10.0)
        return answer

    monkeypatch.setattr(CloudQueue, "delete", unanswered)
    monkeypatch.setattr(CloudCall, "__call__", slow)
    simulation.start_worker("one")
    interrupt(simulation, source, lock=False)
    simulation.run(30.0)
    withdraw(simulation, source)
    simulation.run(
        2_000.0,
        until=lambda: bool(
            simulation.kernel.now > source.noticed_at + 600.0
            and any(held.working for held in simulation.workers["one"].consumer.held.values())
        ),
    )
    simulation.run(2.0)
    later = _noticed_anew(simulation, source)
    simulation.run(60.0)
    broken["is"] = False
    recover(simulation)

    assert violations(simulation, later) == []
    assert len(replacements(simulation)) == 1
