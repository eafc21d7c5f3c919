"""Whole recreations on virtual time: what users meet, without faults of the network."""

import dataclasses
import gc
import json
from collections.abc import Mapping
from typing import Any

import pytest

from emulator.assumptions import Assumptions
from emulator.state.ecs.settings import EcsSettings
from emulator.state.queues import OutMessage
from tests.simulation.bindings import CloudCall
from tests.simulation.harness import DEAD, QUEUE, REGION, Simulation, simulate
from tests.simulation.invariants import entries, violations
from tests.simulation.scenarios import (
    Source,
    add_source,
    interrupt,
    is_quiet,
    parked,
    recover,
    replacements,
)
from tests.simulation.schedules import (
    BY_SIZE,
    ECONOMICAL,
    QUICK,
    SOURCE_TYPE,
    restock,
    sell_out,
    sell_out_when_stopped,
    withdraw,
)
from worker.adapters.ecs.call import ApiRefusal
from worker.adapters.ecs.instances import EcsInstances
from worker.core import boots, identity
from worker.core.notices import Kind
from worker.core.policy import Policy
from worker.holding import Held


def recreated(simulation: Simulation, source: Source, **how: Any) -> dict[str, Any]:
    """Run one worker through one interruption and return the replacement."""
    simulation.start_worker("one")
    interrupt(simulation, source, **how)
    recover(simulation)
    assert violations(simulation, source) == []
    (replacement,) = replacements(simulation)
    return replacement


def reasons(simulation: Simulation) -> list[object]:
    """Why recreations ended without a replacement, as logged."""
    return [line["reason"] for line in simulation.notebook.named("moot")]


def changes(simulation: Simulation, source: Source) -> list[str]:
    """Everything that was done to the cloud after the notice, by whoever called the API."""
    return [
        entry.action
        for entry in simulation.cloud.ledger
        if entry.product == "ecs" and entry.at >= source.noticed_at
    ]


def test_a_reclaimed_instance_comes_back_with_its_data() -> None:
    """The plain case ends with one running replacement that holds what was durable."""
    simulation = simulate()
    source = add_source(simulation)

    replacement = recreated(simulation, source)

    assert replacement["Status"] == "Running"
    (receipt,) = simulation.shelf.kept.values()
    assert receipt["outcome"] == "recovered"
    assert parked(simulation) == 0


# Its image is safe when the end of the notice is near: the stop is asked for then, and takes its time.
LATE_AND_SLOW = dataclasses.replace(QUICK, image_seconds=235.0, stopping_seconds=20.0)


@pytest.mark.parametrize("ecs", [QUICK, LATE_AND_SLOW], ids=["in time", "late"])
def test_the_source_is_stopped_before_the_replacement_starts(ecs: EcsSettings) -> None:
    """By default two copies never serve at once, also when the end is near."""
    simulation = simulate(ecs=ecs)
    source = add_source(simulation)

    recreated(simulation, source)

    order = [
        entry.action
        for entry in simulation.cloud.ledger
        if (entry.action, entry.resource_id) == ("Stopped", source.instance_id)
        or entry.action == "RunInstances"
    ]
    assert order == ["Stopped", "RunInstances"]


def test_an_image_that_a_stop_can_harm_is_not_harmed() -> None:
    """One that is usable before it is whole is waited for: the source serves meanwhile."""
    simulation = simulate(ecs=QUICK, assumptions=Assumptions(image_usable="early"))
    source = add_source(simulation)

    recreated(simulation, source)

    (receipt,) = simulation.shelf.kept.values()
    assert receipt["boot"] == "image"
    assert entries(simulation, "ImageFailed", "platform") == []
    assert "StopInstance" in changes(simulation, source)


def test_overlap_launches_while_the_source_still_runs() -> None:
    """With takeover: overlap nothing is asked of the source."""
    simulation = simulate(ecs=QUICK, policy=Policy(takeover="overlap"))
    source = add_source(simulation)

    recreated(simulation, source)

    assert "StopInstance" not in changes(simulation, source)


@pytest.mark.parametrize("count", [1, 2])
def test_data_disks_come_back(count: int) -> None:
    """Every cloud disk of the source is on the replacement, with its content."""
    simulation = simulate(ecs=QUICK)
    source = add_source(simulation, data_disks=[{"size": 100}] * count)

    recreated(simulation, source)

    assert len(source.disks) == count + 1


def test_without_stock_of_the_type_another_of_the_same_memory_is_launched() -> None:
    """The second choice keeps the memory and has at least as many CPUs."""
    simulation = simulate(ecs=QUICK)
    source = add_source(simulation)
    sell_out(simulation)

    replacement = recreated(simulation, source)

    assert replacement["InstanceType"] != "ecs.g7.large"
    assert replacement["Memory"] == 8 * 1024
    assert replacement["Cpu"] >= 2


def test_without_stock_in_the_zone_another_zone_is_used() -> None:
    """The subnet changes with the zone."""
    simulation = simulate(ecs=QUICK)
    source = add_source(simulation, zone_id="cn-hangzhou-h")
    sell_out(simulation, "cn-hangzhou-h")

    replacement = recreated(simulation, source)

    assert replacement["InstanceType"] == "ecs.g7.large"
    assert replacement["ZoneId"] != "cn-hangzhou-h"


def test_an_image_that_the_release_breaks_is_parked_with_its_disks() -> None:
    """Loudly: the message names the disks that outlive the source."""
    simulation = simulate(ecs=EcsSettings(image_seconds=900.0))
    source = add_source(simulation)
    simulation.start_worker("one")

    interrupt(simulation, source)
    recover(simulation)

    assert violations(simulation, source) == []
    (message,) = simulation.cloud.queues(REGION).receive(DEAD, 16, simulation.kernel.now)
    attributes = {one.name: one.value for one in message.user_properties}
    assert attributes["parked"] == "image_failed"
    assert "retained" not in attributes["parked-because"] or source.disks
    left = {
        disk["DiskId"] for disk in simulation.cloud.ecs[REGION].dump("disks", simulation.kernel.now)
    }
    assert set(source.disks.values()) <= left
    (failed,) = [one for one in simulation.notebook.named("mark") if one["what"] == "image failed"]
    assert 300.0 < float(str(failed["seconds_after_t0"])) < 305.0


@pytest.mark.parametrize("copies", [2, 3])
def test_an_event_that_comes_again_makes_one_replacement(copies: int) -> None:
    """Copies at once, and a late one after everything is over, change nothing."""
    simulation = simulate(ecs=QUICK)
    source = add_source(simulation)
    for _ in range(copies - 1):
        interrupt_again(simulation, source)

    recreated(simulation, source)
    done = len(simulation.cloud.ledger)
    interrupt_again(simulation, source)
    recover(simulation)

    assert len(replacements(simulation)) == 1
    assert [entry for entry in simulation.cloud.ledger[done:] if entry.product == "ecs"] == []
    assert parked(simulation) == 0


def interrupt_again(simulation: Simulation, source: Source) -> None:
    """Put a bare copy of the event into the queue."""
    body = f'{{"instanceId": "{source.instance_id}", "action": "delete"}}'
    simulation.cloud.queues(REGION).send(QUEUE, [OutMessage(body)], simulation.kernel.now)


NOT_OURS: dict[str, tuple[dict[str, Any], str]] = {
    "pay as you go": ({"spot_strategy": "NoSpot"}, "not a spot instance"),
    "scaling group": (
        {"tags": {"acs:autoscaling:scalingGroupId": "asg-bp1"}},
        "a scaling group manages it",
    ),
    "cluster": ({"tags": {"ack.aliyun.com": "c1"}}, "cluster manages it"),
    "another deployment": (
        {"tags": {"spot-recreation:owner": "green"}},
        "it belongs to the deployment green",
    ),
    "left alone": ({"tags": {"spot-recreation:skip": ""}}, "asks to leave it alone"),
}


@pytest.mark.parametrize("case", NOT_OURS)
def test_what_is_not_ours_is_left_alone_and_explained(case: str) -> None:
    """Nothing is changed, the message is acknowledged, and one log line says why."""
    seed, reason = NOT_OURS[case]
    simulation = simulate()
    source = add_source(simulation, **seed)
    simulation.start_worker("one")

    interrupt_again(simulation, source)
    recover(simulation)

    assert changes(simulation, source) == []
    (told,) = reasons(simulation)
    assert reason in str(told)
    assert parked(simulation) == 0


def test_an_unknown_instance_is_parked_and_nothing_is_changed() -> None:
    """It may have been released before anyone looked, so a person must know of it."""
    simulation = simulate()
    source = add_source(simulation)
    simulation.start_worker("one")

    interrupt_again(simulation, Source("i-bp1unknown0000000000", {}, {}))
    recover(simulation)

    assert changes(simulation, source) == []
    (line,) = simulation.notebook.named("parked")
    assert line["park"] == "source_gone"


def test_an_event_without_a_lock_changes_nothing() -> None:
    """A false or forged notice ends as a false alarm, and the instance was never touched."""
    simulation = simulate()
    source = add_source(simulation)
    simulation.start_worker("one")

    interrupt_again(simulation, source)
    recover(simulation)

    assert changes(simulation, source) == []
    assert reasons(simulation) == ["the cloud never locked the instance"]


def test_a_lock_that_goes_away_restores_the_disks() -> None:
    """A withdrawn notice launches nothing, and the disks go with their instance again."""
    simulation = simulate(ecs=QUICK, policy=Policy(takeover="wait"))
    source = add_source(simulation)
    simulation.start_worker("one")
    interrupt(simulation, source)
    simulation.run(30.0)
    simulation.cloud.ecs[REGION].cancel_interruption(source.instance_id, simulation.kernel.now)
    recover(simulation)

    now = simulation.kernel.now
    disks = simulation.cloud.ecs[REGION].dump("disks", now)
    assert [disk["DeleteWithInstance"] for disk in disks] == [True]
    assert "RunInstances" not in changes(simulation, source)
    assert reasons(simulation) == ["the instance is not locked any more"]


def test_refusals_that_nobody_understands_are_parked_and_not_repeated_for_ever() -> None:
    """A code without a row may concern every candidate alike; a few tries are enough."""
    simulation = simulate(ecs=QUICK)
    # A size that the cloud does not take for this level, as if its rules had changed since.
    source = add_source(
        simulation, system_disk={"category": "cloud_essd", "size": 60, "performance_level": "PL2"}
    )
    simulation.start_worker("one")

    interrupt(simulation, source)
    recover(simulation)

    (line,) = simulation.notebook.named("parked")
    assert line["park"] == "refused_by_the_cloud"
    assert line["code"] == "InvalidSystemDiskSize.ValueNotSupported"
    assert len(simulation.notebook.named("refused")) < 8


@pytest.mark.parametrize("skew", [-600.0, 600.0])
@pytest.mark.parametrize("lag", [1.0, 20.0])
def test_a_wrong_clock_neither_loses_nor_hurries(skew: float, lag: float) -> None:
    """A host that is ten minutes off recreates as if it were not, even when the lock shows late."""
    simulation = simulate(ecs=dataclasses.replace(QUICK, lock_delay_seconds=lag))
    source = add_source(simulation)
    simulation.start_worker("one", skew=skew)

    interrupt(simulation, source)
    recover(simulation)

    assert violations(simulation, source) == []
    (replacement,) = replacements(simulation)
    assert replacement["Status"] == "Running"
    (told,) = simulation.notebook.named("clock_corrected")
    assert told["seconds"] == pytest.approx(-skew, abs=2.0)
    assert simulation.notebook.named("lease_lost") == []


def test_a_message_that_was_parked_for_lack_of_stock_can_be_replayed() -> None:
    """With stock again it ends in a replacement: it asks under tokens that were never refused."""
    simulation = simulate(ecs=QUICK, policy=Policy(epochs_max=2, same_type_only=True))
    source = add_source(simulation)
    sell_out(simulation)
    simulation.start_worker("one")
    interrupt(simulation, source)
    recover(simulation)
    assert [line["park"] for line in simulation.notebook.named("parked")] == ["no_stock"]

    restock(simulation, source)
    replay(simulation)
    recover(simulation)

    assert violations(simulation, source) == []
    assert [one["Status"] for one in replacements(simulation)] == ["Running"]


def replay(simulation: Simulation) -> None:
    """Send every parked message back as it is, as an operator does."""
    queues, now = simulation.cloud.queues(REGION), simulation.kernel.now
    for message in queues.receive(DEAD, 16, now):
        back = OutMessage(message.body, user_properties=message.user_properties)
        queues.send(QUEUE, [back], now)
        queues.delete(DEAD, message.receipt_handle or "", now)


def test_a_source_in_economical_mode_is_started_in_its_place() -> None:
    """Nothing is imaged or launched, and its disks go with it again as they did before."""
    simulation = simulate(ecs=QUICK)
    source = add_source(simulation, **ECONOMICAL)
    simulation.start_worker("one")

    interrupt(simulation, source)
    recover(simulation, at_least=330.0)

    assert violations(simulation, source) == []
    assert {"CreateImage", "RunInstances"}.isdisjoint(changes(simulation, source))
    (receipt,) = simulation.shelf.kept.values()
    assert receipt["outcome"] == "recovered"
    assert receipt["replacement"]["instance"] == receipt["source"]["instance"] == source.instance_id
    assert receipt["source"]["name"] == receipt["replacement"]["name"]


def test_a_source_that_cannot_be_started_is_cloned_from_an_image_of_it() -> None:
    """It stays stopped, nobody starts it any more, and the receipt tells that it costs."""
    simulation = simulate(ecs=QUICK)
    source = add_source(simulation, **ECONOMICAL)
    sell_out_when_stopped(simulation, source)
    simulation.start_worker("one")

    interrupt(simulation, source)
    recover(simulation, at_least=330.0)

    assert violations(simulation, source) == []
    found = simulation.cloud.ecs[REGION].region.instances[source.instance_id]
    assert found.status.now == "Stopped"
    (receipt,) = simulation.shelf.kept.values()
    assert receipt["replacement"]["instance"] != source.instance_id
    told = {one["what"]: one["why"] for one in receipt["not_kept"]}
    assert "OperationDenied.NoStock" in told[f"instance {source.instance_id}"]
    assert "paid for" in told[f"instance {source.instance_id}"]


def test_a_bare_event_does_not_start_what_its_owner_has_stopped() -> None:
    """The lock was never seen, so a person is asked; a forged event would cost money else."""
    simulation = simulate(ecs=QUICK)
    source = add_source(simulation, **ECONOMICAL)
    stop = {"InstanceId": source.instance_id, "StoppedMode": "StopCharging"}
    simulation.cloud.call("ecs", REGION, "StopInstance", stop, simulation.kernel.now)
    simulation.run(60.0)
    simulation.start_worker("one")

    before = len(simulation.cloud.ledger)
    interrupt_again(simulation, source)
    recover(simulation, at_least=700.0)

    assert [one["park"] for one in simulation.notebook.named("parked")] == ["source_stopped"]
    assert [one.action for one in simulation.cloud.ledger[before:] if one.product == "ecs"] == []


def test_a_start_that_takes_effect_after_the_clone_is_told_and_marked() -> None:
    """The clone stays, and what leads to the source stays with it: never two of one identity."""
    simulation = simulate(ecs=QUICK, policy=Policy(hand_over=("eip",)))
    source = add_source(simulation, **ECONOMICAL, eip=True)
    sell_out_when_stopped(simulation, source)
    simulation.start_worker("one")
    interrupt(simulation, source)

    def start_late() -> None:
        ecs = simulation.cloud.ecs[REGION]
        while not entries(simulation, "RunInstances"):
            simulation.kernel.sleep(0.05)
        ecs.set_stock(ecs.region.instances[source.instance_id].zone_id, SOURCE_TYPE, count=1)
        simulation.cloud.call(
            "ecs",
            REGION,
            "StartInstance",
            {"InstanceId": source.instance_id},
            simulation.kernel.now,
        )

    simulation.kernel.spawn(start_late)
    recover(simulation, at_least=500.0)

    (clone,) = [one for one in replacements(simulation) if one["InstanceId"] != source.instance_id]
    instances = simulation.cloud.ecs[REGION].dump("instances", simulation.kernel.now)
    (marked,) = [one for one in instances if one["InstanceId"] == source.instance_id]
    assert marked["Tags"][identity.TAG_QUARANTINED] == clone["InstanceId"]
    (receipt,) = simulation.shelf.kept.values()
    assert any("beside its replacement" in one["why"] for one in receipt["not_kept"])
    (eip,) = simulation.cloud.ecs[REGION].region.vpc.addresses.eips.values()
    assert eip.target_id == source.instance_id


def test_what_was_passed_on_is_not_kept_in_memory() -> None:
    """A plan to look at a message again does not keep what the message held."""
    simulation = simulate()
    before = {id(one) for one in gc.get_objects() if isinstance(one, Held)}
    simulation.start_worker("one")
    interrupt(simulation, add_source(simulation))
    spare = []
    for _ in range(20):
        simulation.run(5.0)
        gc.collect()
        kept = [one for one in gc.get_objects() if isinstance(one, Held) and id(one) not in before]
        spare.append(len(kept) - len(simulation.workers["one"].consumer.held))

    assert spare == [0] * 20


def asked(simulation: Simulation, action: str, **params: Any) -> None:
    """Let the owner call ECS."""
    simulation.cloud.call("ecs", REGION, action, params, simulation.kernel.now)


def take_off(simulation: Simulation, source: Source, device: str) -> None:
    """Let the owner detach a disk and delete it."""
    asked(
        simulation,
        "DetachDisk",
        InstanceId=source.instance_id,
        DiskId=source.disks[device],
    )
    simulation.run(5.0)
    asked(simulation, "DeleteDisk", DiskId=source.disks[device])


def disks_of(simulation: Simulation) -> dict[str, dict[str, Any]]:
    """The disks that there are, by id."""
    return {
        disk["DiskId"]: disk
        for disk in simulation.cloud.ecs[REGION].dump("disks", simulation.kernel.now)
    }


def when_free(simulation: Simulation, disk: str) -> None:
    """Run until the release of the source has left a disk behind."""
    while disks_of(simulation)[disk]["InstanceId"]:
        simulation.run(0.5)


def taken_off_before_the_keep(
    monkeypatch: pytest.MonkeyPatch,
    ecs: EcsSettings,
    device: str,
    *sizes: int,
    shows_until: float = 0.0,
) -> tuple[Simulation, Source]:
    """Let a disk go between the look at it and the change of all disks; run to the end.

    Args:
        shows_until: For how many seconds of the notice looks by id show what there was.
    """
    simulation = simulate(ecs=ecs)
    source = add_source(simulation, data_disks=[{"size": size} for size in sizes])
    send = CloudCall.__call__

    def silent_at_first(self: CloudCall, action: str, params: Mapping[str, Any]) -> Any:
        passed = simulation.kernel.now - source.noticed_at
        if action == "ModifyDiskAttribute" and passed < 12.0:
            raise ApiRefusal(503, "ServiceUnavailable")
        if action == "DescribeDisks" and "DiskIds" in params and passed < shows_until:
            return before
        return send(self, action, params)

    monkeypatch.setattr(CloudCall, "__call__", silent_at_first)
    simulation.start_worker("one")
    interrupt(simulation, source)
    simulation.run(3.0)
    everything = {"DiskIds": json.dumps([*source.disks.values()])}
    before = simulation.cloud.call(
        "ecs", REGION, "DescribeDisks", everything, simulation.kernel.now
    )
    take_off(simulation, source, device)
    recover(simulation, at_least=500.0)
    return simulation, source


@pytest.mark.parametrize("shows_until", [0.0, 18.0])
def test_a_disk_that_goes_before_the_others_are_kept_costs_none_of_them(
    monkeypatch: pytest.MonkeyPatch, shows_until: float
) -> None:
    """One that is gone spoils the call for all of them: it is asked again without that one."""
    slow = EcsSettings(image_seconds=900.0)
    simulation, source = taken_off_before_the_keep(
        monkeypatch, slow, "/dev/xvdc", 20, 20, shows_until=shows_until
    )

    kept = {source.disks["/dev/xvda"], source.disks["/dev/xvdb"]}
    assert set(disks_of(simulation)) == kept
    (line,) = simulation.notebook.named("parked")
    assert all(disk in str(line["reason"]) for disk in kept)
    assert source.disks["/dev/xvdc"] not in str(line["reason"])


def test_a_disk_that_was_taken_from_the_source_costs_no_rung(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What is in no image and was not retained keeps nothing from being launched, if it was taken."""
    simulation, source = taken_off_before_the_keep(monkeypatch, BY_SIZE, "/dev/xvdb", 20, 1_000)

    (replacement,) = replacements(simulation)
    assert replacement["Status"] == "Running"
    (receipt,) = simulation.shelf.kept.values()
    assert receipt["boot"] == "snapshots"
    told = {one["what"]: one["why"] for one in receipt["not_kept"]}
    first, second = "/dev/xvdb", "/dev/xvdc"
    moved_up = {f"disk {source.disks[second]} of {second}": f"attached as {first}"}
    assert told == {f"disk {source.disks[first]}": boots.TAKEN_DISK} | moved_up


def test_a_false_alarm_restores_the_disks_that_are_left() -> None:
    """Its owner has deleted one of them meanwhile."""
    simulation = simulate(ecs=QUICK, policy=Policy(takeover="wait"))
    source = add_source(simulation, data_disks=[{"size": 20}])
    simulation.start_worker("one")
    interrupt(simulation, source)
    simulation.run(60.0)
    withdraw(simulation, source)
    simulation.run(30.0)

    take_off(simulation, source, "/dev/xvdb")
    recover(simulation, at_least=900.0)

    assert reasons(simulation) == ["the instance is not locked any more"]
    assert disks_of(simulation)[source.disks["/dev/xvda"]]["DeleteWithInstance"]
    assert simulation.bulletin.told[-1].not_kept == ()


def test_a_retained_disk_that_is_gone_leaves_the_others_their_date() -> None:
    """Without one they would stay for ever."""
    simulation = simulate(ecs=QUICK, policy=Policy(takeover="wait"))
    source = add_source(simulation, data_disks=[{"size": 20}])
    simulation.start_worker("one")
    interrupt(simulation, source)
    simulation.run(60.0)

    when_free(simulation, source.disks["/dev/xvdb"])
    asked(simulation, "DeleteDisk", DiskId=source.disks["/dev/xvdb"])
    recover(simulation, at_least=400.0)

    assert identity.TAG_DELETE_AFTER in disks_of(simulation)[source.disks["/dev/xvda"]]["Tags"]


@pytest.mark.parametrize("how", ["released", "set to go with the source"])
def test_a_receipt_promises_no_disk_that_does_not_stay(how: str) -> None:
    """Its owner releases it after it was retained, or lets it go with the source."""
    simulation = simulate(ecs=QUICK, policy=Policy(takeover="wait"))
    source = add_source(simulation, data_disks=[{"size": 20}])
    simulation.start_worker("one")
    interrupt(simulation, source)
    simulation.run(60.0)

    disk = source.disks["/dev/xvdb"]
    if how == "released":
        when_free(simulation, disk)
        asked(simulation, "DeleteDisk", DiskId=disk)
    else:
        asked(simulation, "ModifyDiskAttribute", DiskId=disk, DeleteWithInstance=True)
    recover(simulation, at_least=400.0)

    (receipt,) = simulation.shelf.kept.values()
    assert {one["disk"]: one["retained"] for one in receipt["disks"]} == {
        source.disks["/dev/xvda"]: True,
        disk: False,
    }
    assert {"what": f"disk {disk}", "why": boots.RELEASED_DISK} in receipt["not_kept"]


def test_a_disk_that_is_set_to_go_before_the_source_goes_is_told() -> None:
    """The recreation ends while the source is still there."""
    simulation = simulate(ecs=EcsSettings(image_seconds=60.0))
    source = add_source(simulation, data_disks=[{"size": 20}])
    simulation.start_worker("one")
    interrupt(simulation, source)
    simulation.run(60.0)

    disk = source.disks["/dev/xvdb"]
    asked(simulation, "ModifyDiskAttribute", DiskId=disk, DeleteWithInstance=True)
    recover(simulation, at_least=200.0)

    (receipt,) = simulation.shelf.kept.values()
    told = next(one for one in receipt["disks"] if one["disk"] == disk)
    assert not told["retained"]


@pytest.mark.parametrize("seconds", [20.0, 37.0])
def test_an_image_that_is_renamed_is_launched_from_and_dated(seconds: float) -> None:
    """Its owner gives it another name, while it is made or when it is ready: its id stays."""
    simulation = simulate(ecs=QUICK, policy=Policy(takeover="wait"))
    source = add_source(simulation)
    simulation.start_worker("one")
    interrupt(simulation, source)
    simulation.run(seconds)

    images = simulation.cloud.ecs[REGION].region.images
    (image,) = [one for one in images.values() if one.name.startswith("recreation-")]
    image.name = "my-backup"
    recover(simulation, at_least=400.0)

    assert violations(simulation, source) == []
    (launched,) = replacements(simulation)
    assert launched["ImageId"] == image.image_id
    (made,) = entries(simulation, "CreateImage")
    (dated,) = (
        one
        for one in simulation.cloud.ecs[REGION].dump("snapshots", simulation.kernel.now)
        if one["SnapshotId"] in made.detail["snapshot_ids"]
    )
    assert identity.TAG_DELETE_AFTER in dated["Tags"]


def stands_still(
    monkeypatch: pytest.MonkeyPatch, owner: type, method: str, seconds: float, *, sticky: bool
) -> Simulation:
    """Let the worker with the first launch stand still there, while another one finds room elsewhere.

    Args:
        owner: Whose method it is in.
        method: What it was about to do.
        seconds: For how long.
        sticky: Whether a token goes on being refused.
    """
    simulation = simulate(ecs=QUICK, assumptions=Assumptions(refusals_stick_to_token=sticky))
    source = add_source(simulation)
    go_on = getattr(owner, method)
    stood: list[str] = []

    def standing(self: object, *args: Any, **named: Any) -> Any:
        if not stood and (owner is EcsInstances or args[0] == "RunInstances"):
            stood.append(simulation.interposer.calls[-1].worker)
            simulation.pause(stood[0], seconds)
            simulation.kernel.sleep(seconds)
        return go_on(self, *args, **named)

    def restock_once_launched() -> None:
        while not entries(simulation, "RunInstances"):
            simulation.kernel.sleep(0.5)
        restock(simulation, source)

    monkeypatch.setattr(owner, method, standing)
    sell_out(simulation)
    simulation.kernel.spawn(restock_once_launched)
    simulation.start_worker("one")
    simulation.start_worker("two")
    interrupt(simulation, source)
    recover(simulation, at_least=600.0 + seconds)
    assert stood
    return simulation


STOOD = pytest.mark.parametrize(("sticky", "seconds"), [(False, 90.0), (True, 4_000.0)])


@STOOD
def test_who_has_lost_its_message_launches_nothing(
    monkeypatch: pytest.MonkeyPatch, *, sticky: bool, seconds: float
) -> None:
    """Its token may be forgotten, or good again, and whoever has the message has launched by now."""
    simulation = stands_still(monkeypatch, EcsInstances, "launch", seconds, sticky=sticky)

    assert len(entries(simulation, "RunInstances")) == 1
    (replacement,) = replacements(simulation)
    assert identity.TAG_QUARANTINED not in replacement["Tags"]


@STOOD
def test_what_was_launched_by_who_had_lost_its_message_is_marked_and_told(
    monkeypatch: pytest.MonkeyPatch, *, sticky: bool, seconds: float
) -> None:
    """It stood still when its request was on the way: a second replacement is in nobody's progress."""
    simulation = stands_still(monkeypatch, CloudCall, "__call__", seconds, sticky=sticky)

    first, second = (entry.resource_id for entry in entries(simulation, "RunInstances"))
    marks = {
        one["InstanceId"]: one["Tags"].get(identity.TAG_QUARANTINED)
        for one in simulation.cloud.ecs[REGION].dump("instances", simulation.kernel.now)
    }
    assert marks == {first: None, second: first}
    (told,) = [one for one in simulation.bulletin.told if one.kind is Kind.QUARANTINED]
    assert second in str(told)
    assert is_quiet(simulation)
