"""A command inside the source before its image: it helps where it can, and never holds the image up."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from emulator.state.ecs.settings import EcsSettings
from tests.simulation.harness import REGION, Simulation
from tests.simulation.invariants import entries
from tests.simulation.scenarios import Source, parked, replacements
from tests.simulation.schedules import QUICK, Scenario, judged, run
from worker.core.model import Script
from worker.core.policy import Policy

BOUND = 10.0
# Retain, a look at the end of the bound and the request itself.
CALLS_SECONDS = 2.0
QUIESCED = Policy(quiesce=Script("sync", seconds=BOUND))


def recreate(
    ecs: EcsSettings = QUICK, policy: Policy = QUIESCED, **fields: Any
) -> tuple[Simulation, Source, Mapping[str, Any]]:
    """Run a recreation that ends with a replacement, and return its receipt."""
    scenario = Scenario("quiesce", ecs=ecs, policy=policy, **fields)
    simulation, source = run(scenario, {})
    assert judged(scenario, simulation, source) == []
    assert parked(simulation) == 0
    (receipt,) = simulation.shelf.kept.values()
    return simulation, source, receipt


def image_after(simulation: Simulation, source: Source) -> float:
    """Seconds from the notice to the request for the image."""
    (image,) = entries(simulation, "CreateImage")
    return image.at - source.noticed_at


def why(receipt: Mapping[str, Any]) -> dict[str, str]:
    return {one["what"]: one["why"] for one in receipt["not_kept"]}


def write_unflushed(simulation: Simulation, source: Source) -> None:
    """Write a file that is in the memory of the source only."""
    ecs = simulation.cloud.ecs[REGION]
    now = simulation.kernel.now
    ecs.write(source.instance_id, "system", "/data/late.txt", "in memory", now)


def late_file(simulation: Simulation) -> str | None:
    (replacement,) = replacements(simulation)
    ecs = simulation.cloud.ecs[REGION]
    disk = ecs.find_disk(replacement["InstanceId"], "system")
    return ecs.disk_content(disk.disk_id, simulation.kernel.now).files.get("/data/late.txt")


def test_what_was_in_memory_is_in_the_image() -> None:
    """The command runs first, once, and the image begins when it has ended."""
    simulation, source, receipt = recreate(during=write_unflushed)

    (command,) = entries(simulation, "RunCommand")
    (image,) = entries(simulation, "CreateImage")
    assert command.at < image.at
    assert late_file(simulation) == "in memory"
    assert image_after(simulation, source) < BOUND / 2
    assert "source quiesced" in [line["what"] for line in receipt["timeline"]]
    assert why(receipt) == {}


def test_without_a_command_nothing_runs_inside() -> None:
    """The default costs no call at all."""
    simulation, _, _ = recreate(policy=Policy())

    assert entries(simulation, "RunCommand") == []
    assert not [call for call in simulation.interposer.calls if call.port == "commands"]


@pytest.mark.parametrize("outcome", ["Failed", "Timeout", "Aborted"])
def test_command_that_fails_is_named(outcome: str) -> None:
    """The image is begun, and the receipt tells that its data was not put in order."""
    simulation, source, receipt = recreate(ecs=replace(QUICK, command_outcome=outcome))

    assert why(receipt) == {"quiescing the source": outcome}
    assert image_after(simulation, source) < BOUND


def test_command_without_an_end_holds_the_image_for_its_bound_only() -> None:
    """An agent that is missing never answers."""
    simulation, source, receipt = recreate(ecs=replace(QUICK, command_seconds=10_000.0))

    assert BOUND <= image_after(simulation, source) <= BOUND + CALLS_SECONDS
    assert why(receipt) == {"quiescing the source": "it did not end in time"}


def test_command_that_the_cloud_refuses_holds_nothing_up() -> None:
    """Whether commands run under the lock is not documented."""
    simulation, source, receipt = recreate(flips={"run_command_while_recycling": False})

    assert image_after(simulation, source) <= CALLS_SECONDS + 1.0
    assert why(receipt) == {"quiescing the source": "IncorrectInstanceStatus"}


def test_throttled_command_holds_the_image_for_its_bound_only() -> None:
    """The limiter's next minute may be far."""
    busy = replace(QUICK, calls_per_minute={"RunCommand": 0, "DescribeInvocationResults": 0})

    simulation, source, receipt = recreate(ecs=busy)

    assert image_after(simulation, source) <= BOUND + CALLS_SECONDS
    assert why(receipt) == {"quiescing the source": "it did not end in time"}


def test_late_event_leaves_no_time_for_it() -> None:
    """Then the image needs what is left."""
    simulation, _, receipt = recreate(how={"event_delay": 130.0}, lasts=150.0)

    assert entries(simulation, "RunCommand") == []
    assert why(receipt) == {"quiescing the source": "the event came too late for it"}


def test_economical_source_is_not_disturbed() -> None:
    """It is started again, or imaged when it is stopped."""
    simulation, _, _ = recreate(seed={"spot_interruption_behavior": "Stop"}, lasts=330.0)

    assert entries(simulation, "RunCommand") == []


def test_two_workers_run_it_once() -> None:
    """Its token is derived from the recreation and the script."""
    simulation, _, _ = recreate(copies=2, workers=2)

    assert len(entries(simulation, "RunCommand")) == 1
