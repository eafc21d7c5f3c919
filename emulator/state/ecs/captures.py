"""Snapshots and images in the making, and what breaks them.

An image of an instance is one snapshot per cloud disk plus a short end. Documented: any change of
the instance's state makes a running creation fail, and an unfinished snapshot dies with its disk.
What happens when the platform itself stops or releases the instance is a matter of
`Assumptions`. A snapshot holds what was durable on its disk at its start.
"""

from collections.abc import Iterable

from emulator.state.ecs.events import publish_snapshot
from emulator.state.ecs.records import Disk, Image, Instance, Snapshot
from emulator.state.ecs.region import EcsRegion

ESSD_FAMILY = frozenset(
    {"cloud_essd", "cloud_auto", "cloud_essd_entry", "cloud_regional_disk_auto"}
)
# Concurrent snapshots per disk. Source: "Limits", snapshots.
CONCURRENT_ESSD = 10
CONCURRENT_OLD = 1
# How much later than Available an image is usable, should it be late at all.
LATE_USABLE_SECONDS = 20.0
# Share of a flat image duration after which its snapshots are done.
FLAT_SNAPSHOT_SHARE = 0.9


def snapshot_seconds(region: EcsRegion, disk: Disk) -> float:
    """Estimate a snapshot: full for the first of a disk, incremental afterwards."""
    settings = region.settings
    full = disk.size * settings.snapshot_seconds_per_gib
    done = (region.snapshots.get(each) for each in disk.snapshot_ids)
    if any(each is not None and each.status == "accomplished" for each in done):
        full *= settings.snapshot_incremental_share
    if disk.category not in ESSD_FAMILY:
        full *= settings.slow_category_factor
    return region.jittered(settings.snapshot_base_seconds + full)


def running_snapshots(region: EcsRegion, disk: Disk) -> list[Snapshot]:
    """Return the disk's snapshots that are not finished."""
    known = (region.snapshots.get(each) for each in disk.snapshot_ids)
    return [each for each in known if each is not None and each.status == "progressing"]


def start_snapshot(region: EcsRegion, disk: Disk, now: float, seconds: float) -> Snapshot:
    """Begin a snapshot of a disk."""
    instant = region.settings.instant_access_seconds
    finish_at = now + seconds
    snapshot = Snapshot(
        snapshot_id=region.new_id("s"),
        disk_id=disk.disk_id,
        disk_size=disk.size,
        disk_kind=disk.kind,
        disk_category=disk.category,
        content=disk.log.at(now, durable=True),
        started_at=now,
        visible_at=region.visible_from(now),
        finish_at=finish_at,
        available_at=min(now + instant, finish_at) if disk.category in ESSD_FAMILY else finish_at,
        instance_id=disk.instance_id,
        encrypted=disk.encrypted,
        kms_key_id=disk.kms_key_id,
        os=disk.os,
    )
    region.snapshots[snapshot.snapshot_id] = snapshot
    disk.snapshot_ids.append(snapshot.snapshot_id)
    snapshot.timer = region.world.scheduler.at(
        finish_at, lambda at: _finish_snapshot(region, snapshot, at)
    )
    return snapshot


def _finish_snapshot(region: EcsRegion, snapshot: Snapshot, at: float) -> None:
    snapshot.status, snapshot.timer = "accomplished", None
    publish_snapshot(region, snapshot.snapshot_id, at)
    region.platform(at, "SnapshotAccomplished", snapshot.snapshot_id, disk_id=snapshot.disk_id)


def start_image_clock(region: EcsRegion, image: Image, now: float, finish_at: float) -> None:
    """Plan how an image ends: available, failed on the way, or stuck at 99 %."""
    fast = all(region.snapshots[m.snapshot_id].disk_category in ESSD_FAMILY for m in image.mappings)
    image.finish_at = finish_at
    image.usable_at = _usable_at(region, now, finish_at, fast=fast)
    rng, settings = region.world.rng, region.settings
    if settings.image_failure_share and rng.random() < settings.image_failure_share:
        fail_at = now + (finish_at - now) * (0.2 + 0.75 * rng.random())
        image.timer = region.world.scheduler.at(
            fail_at, lambda at: fail_image(region, image, at, "by itself")
        )
    elif not (settings.image_stuck_share and rng.random() < settings.image_stuck_share):
        image.timer = region.world.scheduler.at(
            finish_at, lambda at: finish_image(region, image, at)
        )
    else:
        image.usable_at = float("inf")


def _usable_at(region: EcsRegion, now: float, finish_at: float, *, fast: bool) -> float:
    moment = region.assumptions.image_usable
    if moment == "early" and fast:
        return min(finish_at, now + region.jittered(region.settings.instant_access_seconds))
    return finish_at + (LATE_USABLE_SECONDS if moment == "late" else 0.0)


def finish_image(region: EcsRegion, image: Image, at: float) -> None:
    """Make an image Available."""
    if image.timer is not None:
        image.timer.cancel()
    late = LATE_USABLE_SECONDS if region.assumptions.image_usable == "late" else 0.0
    image.timer, image.finish_at = None, at
    image.usable_at = min(image.usable_at, at + late)
    image.status.to("Available", at)
    region.platform(at, "ImageAvailable", image.image_id, name=image.name)


def fail_image(region: EcsRegion, image: Image, at: float, why: str) -> None:
    """Make a running image CreateFailed, with the snapshots it still waits for."""
    if image.status.now != "Creating":
        return
    image.progress_end = progress(image.started_at, image.finish_at, at)
    image.usable_at = float("inf")
    image.status.to("CreateFailed", at)
    if image.timer is not None:
        image.timer.cancel()
        image.timer = None
    region.platform(at, "ImageFailed", image.image_id, why=why, instance_id=image.instance_id)
    for mapping in image.mappings:
        snapshot = region.snapshots.get(mapping.snapshot_id)
        if snapshot is not None:
            fail_snapshot(region, snapshot, at, why)


def fail_snapshot(region: EcsRegion, snapshot: Snapshot, at: float, why: str) -> None:
    """Make a running snapshot `failed`, with the images that wait for it."""
    if snapshot.status != "progressing":
        return
    snapshot.progress_end = progress(snapshot.started_at, snapshot.finish_at, at)
    snapshot.status = "failed"
    if snapshot.timer is not None:
        snapshot.timer.cancel()
        snapshot.timer = None
    publish_snapshot(region, snapshot.snapshot_id, at)
    region.platform(at, "SnapshotFailed", snapshot.snapshot_id, why=why, disk_id=snapshot.disk_id)
    for image_id in sorted(snapshot.image_ids):
        if image_id in region.images:
            fail_image(region, region.images[image_id], at, why)


def forget_snapshot(region: EcsRegion, snapshot: Snapshot, at: float, why: str) -> None:
    """Remove a snapshot; what was still waiting for it fails."""
    fail_snapshot(region, snapshot, at, why)
    region.snapshots.pop(snapshot.snapshot_id, None)
    region.tags.drop(snapshot.snapshot_id)


def break_by_state_change(
    region: EcsRegion, instance: Instance, at: float, *, by_platform: bool
) -> None:
    """Break what is in the making on an instance whose state changes."""
    assumed = region.assumptions
    survives = assumed.image_survives_platform_stop if by_platform else assumed.image_survives_stop
    if not survives:
        why = "state of the instance changed"
        _break(region, region.disks_of(instance), at, why)


def _break(region: EcsRegion, disks: Iterable[Disk], at: float, why: str) -> None:
    for disk in disks:
        for snapshot in running_snapshots(region, disk):
            fail_snapshot(region, snapshot, at, why)


def break_by_release(region: EcsRegion, disk: Disk, at: float, *, kept: bool) -> None:
    """Settle the unfinished snapshots of a disk whose instance is released."""
    for snapshot in running_snapshots(region, disk):
        if not kept:
            forget_snapshot(region, snapshot, at, "disk was released")
        elif not _survives_release(region, snapshot):
            fail_snapshot(region, snapshot, at, "instance was released")


def _survives_release(region: EcsRegion, snapshot: Snapshot) -> bool:
    assumed = region.assumptions
    if snapshot.image_ids:
        return assumed.image_survives_release
    return assumed.kept_disk_snapshots_finish


def progress(started_at: float, finish_at: float, now: float) -> float:
    """Return the per cent done at `now`; 100 is for what is finished."""
    share = (now - started_at) / max(finish_at - started_at, 1e-9)
    return min(99.0, max(0.0, 100.0 * share))
