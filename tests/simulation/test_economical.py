"""Sources that the platform stops and does not release, and disks that go back to their source."""

from dataclasses import replace

import pytest

from emulator.state.ecs import lifecycle
from tests.simulation.faults import Fault
from tests.simulation.harness import REGION, Simulation
from tests.simulation.schedules import ECONOMICAL, QUICK, Scenario, after, judged, run, withdraw
from tests.simulation.situations import ALL
from worker.core.policy import Policy


def _stop(simulation: Simulation) -> None:
    """Let the owner have stopped the source before its notice."""
    service = simulation.cloud.ecs[REGION]
    (instance,) = service.region.instances.values()
    lifecycle.begin_stop(service.region, instance, simulation.kernel.now)
    simulation.kernel.now += 30.0
    simulation.cloud.advance(simulation.kernel.now)


STOPPED = Scenario(
    "stopped, and told late",
    ecs=QUICK,
    seed=ECONOMICAL,
    prepare=_stop,
    how={"event_delay": 265.0},
    lasts=700.0,
)


@pytest.mark.parametrize("later", range(1, 9))
def test_a_crash_after_the_look_does_not_lose_that_the_lock_was_seen(later: int) -> None:
    """The tags on its disks tell the next worker why the source stands still."""
    undisturbed, _ = run(STOPPED, {})
    (tagged,) = [
        call.number
        for call in undisturbed.interposer.calls
        if call.method == "tag" and call.at < undisturbed.cloud.started_at + 420.0
    ]

    simulation, source = run(STOPPED, {tagged + later: Fault.CRASH_BEFORE})

    assert judged(STOPPED, simulation, source) == []
    assert simulation.notebook.named("parked") == []
    assert "StartInstance" in {entry.action for entry in simulation.cloud.ledger}


def test_disks_that_stay_are_told_as_retained() -> None:
    """A source that is stopped and not released keeps its disks, whether or not we changed them."""
    simulation, _ = run(STOPPED, {})

    (record,) = simulation.shelf.kept.values()
    assert [disk["retained"] for disk in record["disks"]] == [True, True]
    assert not [call for call in simulation.interposer.calls if call.method == "keep"]


@pytest.mark.parametrize("seconds", [20.0, 140.0])
def test_a_notice_taken_back_gives_back_the_disks_that_were_to_move(seconds: float) -> None:
    """Nothing has moved where nothing was launched."""
    scenario = replace(
        ALL["notice withdrawn"],
        seed={"data_disks": [{"size": 20}]},
        policy=Policy(takeover="wait", data_disks="reattach"),
        during=after(seconds, withdraw),
    )

    simulation, source = run(scenario, {})

    assert judged(scenario, simulation, source) == []
