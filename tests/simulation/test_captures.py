"""An event that comes too late to capture its source: what was recorded before helps, if it is ours."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import pytest

from emulator.assumptions import Assumptions
from tests.simulation.bindings import CloudCall
from tests.simulation.harness import ACCOUNT, DEAD, REGION, Release, Simulation, simulate
from tests.simulation.invariants import entries, violations
from tests.simulation.replaying import Person, add_undelivered, do
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
from tests.simulation.test_recovery import reasons
from worker.core import boots, identity
from worker.core.identity import NOT_ECONOMICAL, recreation_id
from worker.core.model import Script
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


def test_one_too_many_whose_event_comes_too_late_is_left_alone() -> None:
    """What was recorded of it says that it was marked, and the one that stays is there."""
    simulation = simulate(ecs=QUICK)
    stays = simulation.cloud.ecs[REGION].seed_instance({"name": "stays"}, simulation.kernel.now)
    source = add_source(simulation, tags={identity.TAG_QUARANTINED: stays})
    record_capture(simulation)
    simulation.start_worker("one")

    interrupt(simulation, source, event_delay=400.0)
    recover(simulation, at_least=700.0)

    assert reasons(simulation) == [f"it is one too many beside {stays}"]
    assert replacements(simulation) == []
    assert parked(simulation) == 0


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


# What there is to boot from when the image is lost, or was never begun

RESCUE = Policy(fallbacks=("rescue",), hand_over=("eip",))
KEPT: Mapping[str, Any] = {
    "system_disk": {"delete_with_instance": False},
    "data_disks": [{"size": 20, "delete_with_instance": False}],
    "eip": True,
}


def rescued(simulation: Simulation, source: Source) -> Mapping[str, Any]:
    """The receipt of a rescue that has every disk of the source and its address."""
    assert violations(simulation, source) == []
    assert parked(simulation) == 0
    (replacement,) = replacements(simulation)
    region = simulation.cloud.ecs[REGION].region
    for disk in source.disks.values():
        assert region.disks[disk].instance_id == replacement["InstanceId"]
    (receipt,) = simulation.shelf.kept.values()
    assert receipt["boot"] == "rescue"
    assert WHAT in why(receipt)
    return receipt


def test_image_that_fails_leaves_the_rescue_to_what_was_recorded() -> None:
    """The cloud made data disks of all that is left; the file tells which was the system's."""
    simulation = simulate(ecs=replace(QUICK, image_failure_share=1.0), policy=RESCUE)
    source = add_source(simulation, data_disks=[{"size": 20}])
    record_capture(simulation)

    asleep_after_the_image(simulation, source)
    recover(simulation)

    rescued(simulation, source)


@pytest.mark.parametrize("quiesce", [None, Script("sync")])
def test_event_that_comes_after_the_release_is_rescued_from_what_is_left(
    quiesce: Script | None,
) -> None:
    """No image was ever begun: the retained disks and what was recorded are enough."""
    simulation = simulate(ecs=QUICK, policy=replace(RESCUE, quiesce=quiesce))
    source = add_source(simulation, **KEPT)
    record_capture(simulation)
    simulation.start_worker("one")

    interrupt(simulation, source, event_delay=400.0)
    recover(simulation, at_least=700.0)

    receipt = rescued(simulation, source)
    assert any(one["what"].startswith("elastic address") for one in receipt["handed_over"])


def test_event_that_comes_twice_after_the_release_is_rescued_once() -> None:
    """Two workers find the same disks free at once."""
    simulation = simulate(
        ecs=QUICK, policy=RESCUE, assumptions=replace(Assumptions(), event_copies=3)
    )
    source = add_source(simulation, **KEPT)
    record_capture(simulation)
    simulation.start_worker("one")
    simulation.start_worker("two")

    interrupt(simulation, source, event_delay=400.0)
    recover(simulation, at_least=700.0)

    rescued(simulation, source)


def test_automatic_snapshot_serves_when_the_event_comes_after_the_release() -> None:
    """The data disk itself is carried over; the system disk is as old as its snapshot."""
    simulation = simulate(ecs=QUICK, policy=Policy(fallbacks=("stale-snapshot",)))
    system = {"delete_with_instance": False, "snapshot_age_seconds": 21_600.0}
    source = add_source(simulation, **{**KEPT, "system_disk": system})
    record_capture(simulation)
    simulation.start_worker("one")

    interrupt(simulation, source, event_delay=400.0)
    recover(simulation, at_least=700.0)

    assert parked(simulation) == 0
    (receipt,) = simulation.shelf.kept.values()
    assert receipt["boot"] == "stale-snapshot"
    (replacement,) = replacements(simulation)
    region = simulation.cloud.ecs[REGION].region
    assert region.disks[source.disks["/dev/xvdb"]].instance_id == replacement["InstanceId"]


def test_data_disk_that_is_lost_is_named_and_not_made_empty() -> None:
    """The rescue has what is left, and the receipt says what is not."""
    simulation = simulate(ecs=QUICK, policy=RESCUE)
    source = add_source(simulation, **{**KEPT, "data_disks": [{"size": 20}]})
    record_capture(simulation)
    simulation.start_worker("one")

    interrupt(simulation, source, event_delay=400.0)
    recover(simulation, at_least=700.0)

    (receipt,) = simulation.shelf.kept.values()
    lost = source.disks["/dev/xvdb"]
    assert why(receipt)[f"disk {lost}"] == boots.LOST_DISK
    (replacement,) = replacements(simulation)
    region = simulation.cloud.ecs[REGION].region
    held = set(region.instances[replacement["InstanceId"]].disk_ids)
    assert len(held) == 2
    assert source.disks["/dev/xvda"] in held


def test_parked_event_is_rescued_when_it_is_allowed_and_replayed() -> None:
    """As the runbook says: the parked message named the disks, and a replay goes on with them."""
    simulation = simulate(ecs=QUICK, policy=Policy(), releases=(Release(Policy()), Release(RESCUE)))
    source = add_source(simulation, **KEPT)
    record_capture(simulation)
    simulation.start_worker("one")
    interrupt(simulation, source, event_delay=400.0)
    recover(simulation, at_least=700.0)
    (line,) = simulation.notebook.named("parked")
    assert "no rescue: the configuration allows no lower rung" in str(line["reason"])

    simulation.kill("one")
    add_undelivered(simulation)
    do(simulation, Person(simulation).run)
    recover(simulation, at_least=700.0)

    rescued(simulation, source)


def in_use(simulation: Simulation, source: Source) -> None:
    """Let somebody rescue the data by hand before the event comes."""
    ecs = simulation.cloud.ecs[REGION]
    other = ecs.seed_instance({"name": "rescuer"}, simulation.kernel.now)
    call = CloudCall(simulation.cloud, REGION, simulation.kernel, lambda: 0.0)
    call("AttachDisk", {"InstanceId": other, "DiskId": source.disks["/dev/xvda"]})


def dated(simulation: Simulation, source: Source) -> None:
    """Let an earlier recreation of it have come to its end."""
    tags = simulation.cloud.ecs[REGION].region.tags
    date = {identity.TAG_DELETE_AFTER: "2026-12-04T00:00:00Z"}
    tags.put(source.disks["/dev/xvda"], date, simulation.kernel.now)


@pytest.mark.parametrize(
    ("policy", "meddle", "asleep", "park"),
    [
        (Policy(), None, 350.0, "source_gone"),
        (RESCUE, in_use, 350.0, "source_gone"),
        (RESCUE, dated, 350.0, "source_gone"),
        (RESCUE, None, 90_000.0, "gave_up"),
    ],
    ids=["not-allowed", "in-use", "settled-before", "a-day-old"],
)
def test_what_is_left_is_no_ground_for_a_launch(
    policy: Policy,
    meddle: Callable[[Simulation, Source], None] | None,
    asleep: float,
    park: str,
) -> None:
    """An old event, a disk in use and a settled recreation are left to a person."""
    simulation = simulate(ecs=QUICK, policy=policy)
    source = add_source(simulation, **KEPT)
    record_capture(simulation)
    interrupt(simulation, source)
    simulation.run(asleep)
    if meddle is not None:
        meddle(simulation, source)

    simulation.start_worker("one")
    recover(simulation, at_least=300.0)

    assert replacements(simulation) == []
    assert message(simulation)["parked"] == park
