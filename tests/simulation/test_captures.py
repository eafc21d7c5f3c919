"""An event that comes too late to capture its source: what was recorded before helps, if it is ours."""

from collections.abc import Mapping
from typing import Any

import pytest

from tests.simulation.harness import ACCOUNT, DEAD, REGION, Simulation, simulate
from tests.simulation.invariants import entries, violations
from tests.simulation.scenarios import (
    SOURCE_NAME,
    Source,
    add_source,
    interrupt,
    parked,
    recover,
    replacements,
)
from tests.simulation.schedules import QUICK, record_capture
from worker.core import identity
from worker.core.identity import NOT_ECONOMICAL, recreation_id
from worker.core.policy import Policy
from worker.core.progress import decode

WHAT = "the configuration of the source"


def asleep_after_the_image(simulation: Simulation, source: Source) -> None:
    """Let the only worker die when the image is begun, and another one come after the release."""
    simulation.start_worker("one")
    interrupt(simulation, source)
    simulation.run(60.0, until=lambda: bool(entries(simulation, "CreateImage")))
    worker = simulation.workers["one"]
    simulation.kernel.kill([*worker.tasks.actors, worker.main])
    simulation.run(400.0)
    assert source.instance_id not in simulation.cloud.ecs[REGION].region.instances
    simulation.start_worker("two")


def why(receipt: Mapping[str, Any]) -> dict[str, str]:
    return {one["what"]: one["why"] for one in receipt["not_kept"]}


def message(simulation: Simulation) -> dict[str, str]:
    """What the one parked message says."""
    (found,) = simulation.cloud.queues(REGION).receive(DEAD, 16, simulation.kernel.now)
    return {one.name: one.value for one in found.user_properties}


def test_image_without_a_capture_is_launched_from_what_was_recorded() -> None:
    """The source is gone, its image is there, and the file tells what it was."""
    simulation = simulate(ecs=QUICK)
    source = add_source(simulation, data_disks=[{"size": 20}])
    record_capture(simulation)

    asleep_after_the_image(simulation, source)
    recover(simulation)

    assert violations(simulation, source) == []
    assert parked(simulation) == 0
    (replacement,) = replacements(simulation)
    assert replacement["InstanceName"] == SOURCE_NAME
    (receipt,) = simulation.shelf.kept.values()
    assert "which was recorded before the notice" in why(receipt)[WHAT]
    assert {one["disk"] for one in receipt["disks"]} == set(source.disks.values())


def test_source_that_sleeps_through_its_capture() -> None:
    """The progress has the image already, and the capture comes from the file."""
    simulation = simulate(ecs=QUICK)
    source = add_source(simulation)
    record_capture(simulation)
    simulation.start_worker("one")
    interrupt(simulation, source)
    simulation.run(60.0, until=lambda: bool(entries(simulation, "CreateImage")))
    simulation.pause("one", 400.0)
    recover(simulation)

    assert violations(simulation, source) == []
    assert len(replacements(simulation)) == 1
    assert parked(simulation) == 0
    (receipt,) = simulation.shelf.kept.values()
    assert WHAT in why(receipt)


@pytest.mark.parametrize("kept", [True, False])
def test_without_an_image_what_is_left_is_named(*, kept: bool) -> None:
    """Nothing is launched; a person finds the disks, and the capture is in the message."""
    simulation = simulate(ecs=QUICK)
    disk = {"delete_with_instance": not kept}
    source = add_source(simulation, system_disk=disk)
    record_capture(simulation)
    simulation.start_worker("one")

    interrupt(simulation, source, event_delay=400.0)
    recover(simulation, at_least=700.0)

    assert violations(simulation, source) == []
    assert replacements(simulation) == []
    said = message(simulation)
    assert said["parked"] == "source_gone"
    (disk_id,) = source.disks.values()
    assert (disk_id in said["parked-because"]) is kept
    captured = decode({key: value for key, value in said.items() if key != "signature"}).captured
    assert captured is not None
    assert captured.instance.name == SOURCE_NAME


@pytest.mark.parametrize(
    "damage",
    [
        {"key": b"somebody else's key, long enough"},
        {"account": "9999999999999999"},
        {"region": "cn-beijing"},
    ],
)
def test_capture_that_is_not_ours_is_not_believed(damage: dict[str, Any]) -> None:
    """It is as good as none, and the log says so."""
    simulation = simulate(ecs=QUICK, policy=Policy(sibling_wait=120.0))
    source = add_source(simulation)
    record_capture(simulation, **damage)

    asleep_after_the_image(simulation, source)
    recover(simulation)

    assert replacements(simulation) == []
    assert parked(simulation) == 1
    assert simulation.notebook.named("capture_not_read")


def test_capture_of_another_deployments_source_is_left_alone() -> None:
    """Its owner's tag says whose it is."""
    simulation = simulate(ecs=QUICK, policy=Policy(sibling_wait=120.0, skip_tags=(("team", None),)))
    source = add_source(simulation)
    record_capture(simulation)
    simulation.start_worker("one")

    interrupt(simulation, source, event_delay=400.0)
    recover(simulation, at_least=700.0)

    assert replacements(simulation) == []
    assert "recorded" not in message(simulation)["parked-because"]


def test_image_of_a_stranger_is_nothing_to_launch_from() -> None:
    """It has the name that ours would have, and no tag of ours."""
    simulation = simulate(ecs=QUICK, policy=Policy(sibling_wait=120.0))
    source = add_source(simulation)
    record_capture(simulation)
    name = identity.image_name(recreation_id(ACCOUNT, REGION, source.instance_id, NOT_ECONOMICAL))
    simulation.cloud.call(
        "ecs",
        REGION,
        "CreateImage",
        {"InstanceId": source.instance_id, "ImageName": name},
        simulation.kernel.now,
    )
    simulation.run(60.0)
    simulation.start_worker("one")

    interrupt(simulation, source, event_delay=400.0)
    recover(simulation, at_least=700.0)

    assert replacements(simulation) == []
    assert message(simulation)["parked"] == "source_gone"
