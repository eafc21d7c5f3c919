"""The ladder, rung by rung: what a recreation boots from when the one before is lost."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from emulator.state.ecs.captures import start_snapshot
from emulator.state.ecs.catalogue import Catalogue
from emulator.state.ecs.settings import EcsSettings
from tests.simulation.faults import Fault
from tests.simulation.harness import REGION, Simulation
from tests.simulation.invariants import entries
from tests.simulation.scenarios import Source, replacements
from tests.simulation.schedules import (
    AGED,
    BY_SIZE,
    ECONOMICAL,
    EVERYTHING,
    HANDED_OVER,
    LARGE,
    TOO_SLOW,
    Scenario,
    add_members,
    judged,
    run,
    sell_out,
    sell_out_when_stopped,
)
from worker.core import identity
from worker.core.policy import Policy

TWO_DISKS: Mapping[str, Any] = {"data_disks": [{"size": 20}, {"size": 1_000}]}
SYSTEM, FIRST, SECOND = "/dev/xvda", "/dev/xvdb", "/dev/xvdc"


def recreate(**fields: Any) -> tuple[Simulation, Source, dict[str, Any], dict[str, Any]]:
    """Run a recreation that keeps every promise; returns its receipt and its replacement, too."""
    scenario = Scenario("it", **{"lasts": 500.0, **fields})
    simulation, source = run(scenario, {})
    assert judged(scenario, simulation, source) == []
    (receipt,) = simulation.shelf.kept.values()
    (replacement,) = replacements(simulation)
    return simulation, source, dict(receipt), replacement


def parked(**fields: Any) -> tuple[Simulation, Source, str]:
    """Run a recreation that is parked with everything in its place; returns why."""
    scenario = Scenario("it", may_park=True, **{"lasts": 500.0, **fields})
    simulation, source = run(scenario, {})
    assert judged(scenario, simulation, source) == []
    (line,) = simulation.notebook.named("parked")
    assert simulation.shelf.kept == {}
    assert replacements(simulation) == []
    return simulation, source, f"{line['park']}: {line['reason']}"


def records(receipt: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """The disks of a receipt by device."""
    return {disk["device"]: disk for disk in receipt["disks"]}


def home_of(simulation: Simulation, disk_id: str) -> str:
    """The instance that a disk is attached to."""
    return str(simulation.cloud.ecs[REGION].region.disks[disk_id].instance_id)


def replacement_disks(simulation: Simulation, replacement: Mapping[str, Any]) -> list[str]:
    """Ids of the disks of a replacement."""
    region = simulation.cloud.ecs[REGION].region
    return region.instances[replacement["InstanceId"]].disk_ids


# Snapshots of which the system's is finished


def test_a_finished_system_snapshot_is_enough_to_boot() -> None:
    """The platform's stop breaks the image; the data disk itself goes to the replacement."""
    simulation, source, receipt, replacement = recreate(ecs=BY_SIZE, seed=TWO_DISKS)

    assert receipt["boot"] == "snapshots"
    assert receipt["degraded"] == ""
    found = records(receipt)
    assert [found[one]["attached"] for one in (SYSTEM, FIRST, SECOND)] == [False, False, True]
    assert found[SYSTEM]["data_point_after_t0"] < 30
    assert found[SECOND]["data_point_after_t0"] > 280
    assert home_of(simulation, source.disks[SECOND]) == replacement["InstanceId"]
    assert replacement["ZoneId"] == receipt["source"]["zone"]
    region = simulation.cloud.ecs[REGION].region
    devices = [region.disks[one].device for one in replacement_disks(simulation, replacement)]
    assert devices == [SYSTEM, FIRST, SECOND]


def test_what_is_attached_is_never_dated_for_deletion() -> None:
    """What is copied has a date; what went along itself has none."""
    simulation, source, _, _ = recreate(ecs=BY_SIZE, seed=TWO_DISKS)

    tags = simulation.cloud.ecs[REGION].region.tags
    now = simulation.kernel.now
    dated = {
        device: identity.TAG_DELETE_AFTER in tags.seen(disk, now)
        for device, disk in source.disks.items()
    }
    assert dated == {SYSTEM: True, FIRST: True, SECOND: False}


def test_without_stock_in_the_zone_a_disk_that_is_in_no_image_stays_and_is_named() -> None:
    """The replacement starts elsewhere without it, and the receipt says where the data is."""
    simulation, source, receipt, replacement = recreate(
        ecs=BY_SIZE,
        seed={**TWO_DISKS, "zone_id": "cn-hangzhou-h"},
        policy=Policy(same_type_only=True),
        prepare=lambda simulation: sell_out(simulation, "cn-hangzhou-h"),
    )

    assert replacement["ZoneId"] != "cn-hangzhou-h"
    disk = source.disks[SECOND]
    assert home_of(simulation, disk) == ""
    told = {one["what"]: one["why"] for one in receipt["not_kept"]}
    assert told[f"disk {disk} of {SECOND}"] == "the replacement is in another zone"
    record = records(receipt)[SECOND]
    assert (record["retained"], record["attached"], record["data_point"]) == (True, False, "")


def test_an_image_that_disappears_is_made_again_of_what_is_finished() -> None:
    """Nothing shows its parts any more, so that the snapshots of each disk are looked at."""

    def delete_the_image(simulation: Simulation, _source: Source) -> None:
        def watch() -> None:
            region = simulation.cloud.ecs[REGION].region
            while not region.images:
                simulation.kernel.sleep(1.0)
            simulation.kernel.sleep(60.0)
            for image in tuple(region.images.values()):
                if image.timer is not None:
                    image.timer.cancel()
                region.images.pop(image.image_id)
                for mapping in image.mappings:
                    region.snapshots[mapping.snapshot_id].image_ids.discard(image.image_id)

        simulation.kernel.spawn(watch)

    simulation, source, receipt, replacement = recreate(
        ecs=replace(BY_SIZE, image_finish_seconds=600.0),
        seed=LARGE,
        during=delete_the_image,
        policy=Policy(vanish_after=60.0),
    )

    assert receipt["boot"] == "snapshots"
    assert home_of(simulation, source.disks[FIRST]) == replacement["InstanceId"]


# Data disks that are re-attached by configuration

REATTACH = Policy(data_disks="reattach")


def test_re_attached_disks_need_an_image_of_the_system_alone() -> None:
    """A disk of a thousand GiB holds nothing up, and goes with all that was written to it."""
    simulation, source, receipt, replacement = recreate(
        ecs=BY_SIZE, seed=TWO_DISKS, policy=REATTACH
    )

    (image,) = entries(simulation, "CreateImage")
    (snapshot,) = entries(simulation, "CreateSnapshot")
    assert image.detail["snapshot_ids"] == [snapshot.resource_id]
    for device in (FIRST, SECOND):
        assert home_of(simulation, source.disks[device]) == replacement["InstanceId"]
        assert records(receipt)[device]["attached"]
    running = next(one for one in receipt["timeline"] if one["what"] == "replacement running")
    assert running["seconds_after_t0"] < 150
    assert replacement["ZoneId"] == receipt["source"]["zone"]


def test_re_attached_disks_have_the_devices_that_they_had() -> None:
    """Each takes the next that is free, so that none goes before those that stood before it."""
    sizes = (20, 30, 40, 50)

    simulation, source, receipt, replacement = recreate(
        ecs=BY_SIZE,
        seed={"data_disks": [{"size": size} for size in sizes]},
        policy=replace(REATTACH, takeover="overlap"),
    )

    region = simulation.cloud.ecs[REGION].region
    found = [region.disks[one] for one in replacement_disks(simulation, replacement)]
    devices = {one.disk_id: one.device for one in found if one.device != SYSTEM}
    assert devices == {disk: device for device, disk in source.disks.items() if device != SYSTEM}
    assert receipt["not_kept"] == ()


def test_a_disk_that_moves_up_behind_one_that_was_left_is_told_of() -> None:
    """Another type may not take a disk's category; who mounts the next one by its device must know."""
    old = "ecs.g6.large"

    def sell_out_the_old(simulation: Simulation, _source: Source) -> None:
        for zone in Catalogue.load().region(REGION).zones:
            simulation.cloud.ecs[REGION].set_stock(zone.zone_id, old, count=0)

    _, source, receipt, replacement = recreate(
        ecs=BY_SIZE,
        seed={
            "instance_type": old,
            "data_disks": [{"category": "cloud_efficiency", "size": 20}, {"size": 30}],
        },
        during=sell_out_the_old,
        policy=REATTACH,
    )

    assert replacement["InstanceType"] != old
    names = [f"disk {source.disks[device]} of {device}" for device in (FIRST, SECOND)]
    told = {one["what"]: one["why"] for one in receipt["not_kept"]}
    assert list(told) == names
    assert told[names[1]] == f"attached as {FIRST}"


# A disk of this kind takes one snapshot at a time, so that the next request is refused.
ONE_AT_A_TIME: Mapping[str, Any] = {**TWO_DISKS, "system_disk": {"category": "cloud_efficiency"}}


def test_a_snapshot_whose_answer_was_lost_is_found_when_its_token_is_forgotten() -> None:
    """The disk takes no second one, and the one that it is taking is ours."""
    scenario = Scenario(
        "it",
        ecs=BY_SIZE,
        seed=ONE_AT_A_TIME,
        policy=REATTACH,
        lasts=500.0,
        flips={"client_token_seconds": 1.0},
    )
    undisturbed, _ = run(scenario, {})
    (asked,) = [one for one in undisturbed.interposer.calls if one.method == "snapshot"]

    simulation, source = run(scenario, {asked.number: Fault.ANSWER_LOST})

    assert judged(scenario, simulation, source) == []
    (image,) = entries(simulation, "CreateImage")
    (snapshot,) = entries(simulation, "CreateSnapshot")
    assert image.detail["snapshot_ids"] == [snapshot.resource_id]


def test_a_snapshot_that_somebody_else_takes_is_not_booted_from() -> None:
    """It is older than the notice, and its owner may delete it."""

    def begin_one(simulation: Simulation) -> None:
        region = simulation.cloud.ecs[REGION].region
        for disk in region.disks.values():
            if disk.kind == "system":
                start_snapshot(region, disk, simulation.kernel.now, 20.0)

    simulation, _, _, _ = recreate(
        ecs=BY_SIZE, seed=ONE_AT_A_TIME, policy=REATTACH, prepare=begin_one
    )

    (image,) = entries(simulation, "CreateImage")
    (snapshot,) = entries(simulation, "CreateSnapshot")
    assert image.detail["snapshot_ids"] == [snapshot.resource_id]


def test_disks_move_before_what_brings_traffic() -> None:
    """An address on a server without its data would be worse than none."""
    simulation, _, _, _ = recreate(
        ecs=BY_SIZE,
        seed={**TWO_DISKS, "eip": True},
        policy=replace(REATTACH, hand_over=("eip",)),
    )

    moved = [
        entry.action
        for entry in simulation.cloud.ledger
        if entry.action in {"DiskAttached", "AssociateEipAddress"}
    ]
    assert moved == ["DiskAttached", "DiskAttached", "AssociateEipAddress"]


def test_disks_stay_with_a_source_that_still_serves() -> None:
    """With overlap the replacement runs beside it, and has its disks when the source is down."""
    _, _, receipt, _ = recreate(
        ecs=BY_SIZE, seed=LARGE, policy=replace(REATTACH, takeover="overlap")
    )

    at = {line["what"]: line["seconds_after_t0"] for line in receipt["timeline"]}
    assert at["replacement running"] < at["source stopped or gone"] < at["disk attached"]


def test_disks_that_the_lock_holds_move_after_the_release() -> None:
    """Where the cloud refuses to detach them, they are free once the source is gone."""
    simulation, source, receipt, replacement = recreate(
        ecs=BY_SIZE, seed=LARGE, policy=REATTACH, flips={"detach_while_recycling": False}
    )

    assert home_of(simulation, source.disks[FIRST]) == replacement["InstanceId"]
    assert records(receipt)[FIRST]["attached"]


def test_disks_that_cannot_be_retained_are_imaged() -> None:
    """What would go with the source cannot be carried over; the image holds it."""
    _, _, receipt, _ = recreate(
        ecs=replace(BY_SIZE, snapshot_seconds_per_gib=0.1),
        seed=LARGE,
        policy=REATTACH,
        flips={"modify_disk_while_recycling": False},
    )

    assert receipt["boot"] == "image"
    assert not records(receipt)[FIRST]["attached"]


def test_a_zone_without_stock_is_waited_for_when_disks_are_re_attached() -> None:
    """They cannot leave it, so that no candidate of another zone is asked for."""
    simulation, _, receipt, _ = recreate(
        ecs=BY_SIZE,
        seed={**LARGE, "zone_id": "cn-hangzhou-h"},
        policy=replace(REATTACH, same_type_only=True),
        prepare=lambda simulation: sell_out(simulation, "cn-hangzhou-h"),
        during=lambda simulation, _: simulation.kernel.spawn(
            lambda: simulation.cloud.ecs[REGION].set_stock(
                "cn-hangzhou-h", "ecs.g7.large", count=None
            ),
            at=simulation.kernel.now + 400.0,
        ),
    )

    assert {call.candidate.zone for call in simulation.interposer.launches} == {"cn-hangzhou-h"}
    assert receipt["replacement"]["zone"] == "cn-hangzhou-h"


def test_a_source_in_economical_mode_gives_its_disks_to_its_clone() -> None:
    """It stays stopped, and what was its own and moved is not given back to it."""
    simulation, source, receipt, replacement = recreate(
        ecs=BY_SIZE, seed=ECONOMICAL, policy=REATTACH, during=sell_out_when_stopped
    )

    assert home_of(simulation, source.disks[FIRST]) == replacement["InstanceId"]
    assert home_of(simulation, source.disks[SYSTEM]) == source.instance_id
    assert records(receipt)[FIRST]["attached"]


# The rescue

RESCUE = Policy(fallbacks=("rescue",))


def test_a_rescue_boots_the_base_image_with_every_retained_disk() -> None:
    """It is told as degraded, in the receipt and on the instance itself."""
    simulation, source, receipt, replacement = recreate(ecs=TOO_SLOW, seed=TWO_DISKS, policy=RESCUE)

    assert receipt["boot"] == "rescue"
    assert receipt["degraded"]
    assert replacement["Tags"][identity.TAG_BOOT].startswith("rescue/aliyun_3_x64")
    for device, disk in source.disks.items():
        assert home_of(simulation, disk) == replacement["InstanceId"], device
    assert all(disk["attached"] for disk in receipt["disks"])


def test_a_rescue_never_cuts_the_life_of_a_source_that_serves() -> None:
    """Whatever fails early, the source runs until the platform stops it."""
    simulation, source, receipt, _ = recreate(
        ecs=replace(TOO_SLOW, image_seconds=60.0, image_failure_share=1.0), policy=RESCUE
    )

    assert receipt["boot"] == "rescue"
    assert "StopInstance" not in {entry.action for entry in simulation.cloud.ledger}
    assert source.instance_id not in simulation.cloud.ecs[REGION].region.instances


def test_a_rescue_is_no_member_of_a_load_balancer() -> None:
    """It is not set up to serve; whoever repairs it puts it in."""
    _, _, receipt, _ = recreate(
        ecs=TOO_SLOW,
        seed=HANDED_OVER,
        policy=replace(EVERYTHING, fallbacks=("rescue",)),
        prepare=add_members,
    )

    told = {one["what"]: one["why"] for one in receipt["not_kept"]}
    members = {why for what, why in told.items() if what.startswith("member of")}
    assert members == {"the replacement is not set up to serve"}
    assert any(one["what"].startswith("elastic address") for one in receipt["handed_over"])


def test_the_base_image_is_that_of_the_first_of_the_line() -> None:
    """A replacement runs from an image of ours, whose data is of another time."""
    base = "ubuntu_24_04_x64_20G_alibase_20260720.vhd"
    _, _, receipt, replacement = recreate(
        ecs=TOO_SLOW,
        seed={"tags": {identity.TAG_BOOT: identity.boot_tag("image", base)}},
        policy=RESCUE,
    )

    assert replacement["ImageId"] == base
    assert receipt["image"] == base


# An automatic snapshot

STALE = Policy(fallbacks=("stale-snapshot",))


def test_a_stale_snapshot_is_told_with_its_time() -> None:
    """The system disk is old, the data disks are not, and the old disk is kept and named."""
    simulation, source, receipt, replacement = recreate(ecs=TOO_SLOW, seed=AGED, policy=STALE)

    assert receipt["boot"] == "stale-snapshot"
    found = records(receipt)
    assert found[SYSTEM]["data_point"] in receipt["degraded"]
    assert found[SYSTEM]["data_point_after_t0"] == pytest.approx(-21_600, abs=200)
    assert found[SYSTEM]["retained"]
    assert home_of(simulation, source.disks[SYSTEM]) == ""
    assert home_of(simulation, source.disks[FIRST]) == replacement["InstanceId"]
    tags = simulation.cloud.ecs[REGION].region.tags.seen(
        source.disks[SYSTEM], simulation.kernel.now
    )
    assert identity.TAG_DELETE_AFTER not in tags


def test_an_automatic_snapshot_is_never_dated() -> None:
    """It is the owner's; only the image made of it is ours."""
    simulation, _, _, _ = recreate(ecs=TOO_SLOW, seed=AGED, policy=STALE)

    service, now = simulation.cloud.ecs[REGION], simulation.kernel.now
    kinds = {
        one.kind: identity.TAG_ID in service.region.tags.seen(one.snapshot_id, now)
        for one in service.region.snapshots.values()
    }
    assert kinds["timer"] is False
    stale = [one for one in service.dump("images", now) if one["ImageName"].endswith("-stale")]
    assert [identity.TAG_DELETE_AFTER in one["Tags"] for one in stale] == [True]


def test_the_newest_automatic_snapshot_is_taken_and_no_other() -> None:
    """A snapshot that the owner made by hand is not of a policy, however new it is."""
    made: dict[str, str] = {}

    def snapshots(simulation: Simulation) -> None:
        region, now = simulation.cloud.ecs[REGION].region, simulation.kernel.now
        (disk,) = (one for one in region.disks.values() if one.kind == "system")
        for kind, age in (("timer", 3_600.0), ("user", 1_800.0)):
            snapshot = start_snapshot(region, disk, now - age, 0.0)
            snapshot.status, snapshot.kind, snapshot.timer = "accomplished", kind, None
            made[kind] = snapshot.snapshot_id

    simulation, _, receipt, _ = recreate(ecs=TOO_SLOW, seed=AGED, policy=STALE, prepare=snapshots)

    *_, stale = entries(simulation, "CreateImage")
    assert stale.detail["snapshot_ids"] == [made["timer"]]
    assert records(receipt)[SYSTEM]["data_point_after_t0"] == pytest.approx(-3_600, abs=60)


def test_the_fallbacks_are_tried_in_the_order_of_the_configuration() -> None:
    """Without an automatic snapshot the next one is what there is."""
    both = Policy(fallbacks=("stale-snapshot", "rescue"))

    _, _, with_one, _ = recreate(ecs=TOO_SLOW, seed=AGED, policy=both)
    _, _, without, _ = recreate(ecs=TOO_SLOW, policy=both)

    assert [with_one["boot"], without["boot"]] == ["stale-snapshot", "rescue"]


# Nothing left


def test_when_nothing_is_left_a_person_is_told_which_disks_there_are() -> None:
    """The reason names every retained disk with its device and size."""
    _, source, why = parked(ecs=TOO_SLOW, seed=TWO_DISKS)

    assert why.startswith("image_failed: image m-")
    for device, disk in source.disks.items():
        assert f"{disk} ({device}, " in why


def test_a_rung_that_cannot_be_had_says_why() -> None:
    """Every rung that was tried is in the reason."""
    _, _, why = parked(ecs=TOO_SLOW, policy=STALE)

    assert "its snapshots are not finished either" in why
    assert "there is no finished automatic snapshot" in why


def test_without_retained_disks_there_is_no_rescue() -> None:
    """A server without any of its disks would be no recreation."""
    _, _, why = parked(ecs=TOO_SLOW, policy=RESCUE, flips={"modify_disk_while_recycling": False})

    assert "the system disk is not retained" in why
    assert "no disk of the source is retained" in why


def test_a_late_image_is_parked_as_late() -> None:
    """It may still come, so that a replay has a point."""
    _, _, why = parked(
        ecs=EcsSettings(image_seconds=60.0, image_stuck_share=1.0),
        policy=Policy(image_wait_max=400.0),
        lasts=1_500.0,
    )

    assert why.startswith("image_too_slow")


def test_a_source_that_takes_no_image_for_good_is_not_asked_for_ever() -> None:
    """In economical mode nothing releases it, so that only our own patience ends the wait."""
    _, source, why = parked(
        seed=ECONOMICAL,
        during=sell_out_when_stopped,
        flips={"economical_lock_ends": False, "create_image_while_recycling": False},
        lasts=3_600.0,
    )

    assert why.startswith("image_failed: the source cannot be imaged: IncorrectInstanceStatus")
    assert all(disk in why for disk in source.disks.values())
