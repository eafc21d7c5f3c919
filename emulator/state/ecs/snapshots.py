"""Snapshots: create, list, delete."""

from collections.abc import Iterable
from typing import Any

from emulator.state.ecs import captures
from emulator.state.ecs.clock_text import to_second
from emulator.state.ecs.filters import (
    agrees,
    check_choices,
    check_filter_keys,
    choice,
    created_in_time,
)
from emulator.state.ecs.image_creation import NAME, check_snapshot_allowed
from emulator.state.ecs.instances import dry_run
from emulator.state.ecs.paging import PageRule, page
from emulator.state.ecs.params import Params
from emulator.state.ecs.records import Disk, Snapshot
from emulator.state.ecs.region import EcsRegion, visible
from emulator.state.ecs.tags import check_filters, filters_of, tags_of
from emulator.state.errors import ApiError

PAGES = PageRule(default=10, maximum=100, token_maximum=100, has_token=True)
BYTES_PER_GIB = 1 << 30
MAX_RETENTION_DAYS = 65536
CATEGORY = "standard"
DESCRIPTION_LENGTHS = range(2, 257)
_ADDRESSES = ("http://", "https://")
_EXACT = {
    "DiskId": "disk_id",
    "InstanceId": "instance_id",
    "SnapshotName": "name",
    "SourceDiskType": "disk_kind",
    "ResourceGroupId": "resource_group_id",
    "KMSKeyId": "kms_key_id",
}
_KINDS = {"user": "user", "auto": "timer"}
# Sources: DescribeSnapshots, its parameters for the words and its error table for the refusals.
_CHOICES = (
    choice("Status", "all progressing accomplished failed", "InvalidStatus.NotFound"),
    choice("SnapshotType", "all auto user", "InvalidSnapshotType.NotFound"),
    choice("SourceDiskType", "system data", "InvalidSourceDiskType"),
    choice("Usage", "image disk image_disk none", "InvalidUsage"),
    choice("Category", "standard flash archive", "InvalidSnapshotCategory.Malformed", 403),
)


def create_snapshot(region: EcsRegion, params: Params, now: float) -> dict[str, Any]:
    """Begin a snapshot of a disk. Source: ECS CreateSnapshot."""
    disk = region.disk(params.required("DiskId"))
    _check_words(params)
    tags = tags_of(params)
    _check(region, disk)
    snapshot = captures.start_snapshot(region, disk, now, captures.snapshot_seconds(region, disk))
    snapshot.name = params.text("SnapshotName")
    snapshot.description = params.text("Description")
    snapshot.retention_days = params.integer("RetentionDays")
    snapshot.resource_group_id = params.text("ResourceGroupId")
    region.tags.put(snapshot.snapshot_id, tags, region.visible_from(now))
    region.record(
        now,
        "CreateSnapshot",
        snapshot.snapshot_id,
        disk_id=disk.disk_id,
        client_token=params.text("ClientToken"),
        tags=tags,
    )
    return {"SnapshotId": snapshot.snapshot_id}


def _check_words(params: Params) -> None:
    """Check what the caller makes up.

    Source: parameters and error table of
    https://www.alibabacloud.com/help/en/ecs/developer-reference/api-ecs-2014-05-26-createsnapshot
    """
    name, description = params.text("SnapshotName"), params.text("Description")
    if name and (not NAME.fullmatch(name) or name.startswith("auto")):
        raise ApiError(
            400, "InvalidSnapshotName.Malformed", "The specified SnapshotName is wrongly formed."
        )
    if description and (
        len(description) not in DESCRIPTION_LENGTHS or description.startswith(_ADDRESSES)
    ):
        raise ApiError(
            404, "InvalidDescription.Malformed", "The specified description is wrongly formed."
        )
    if not 1 <= params.integer("RetentionDays", 1) <= MAX_RETENTION_DAYS:
        raise ApiError(
            400, "InvalidRetentionDays.Malformed", "The specified RetentionDays is not valid."
        )


def _check(region: EcsRegion, disk: Disk) -> None:
    if disk.is_local:
        raise ApiError(
            403, "IncorrectDiskType.NotSupport", "The specified device type is not supported."
        )
    if disk.attached_at is None:
        raise ApiError(
            403,
            "IncorrectDiskStatus.NeverAttached",
            "The specified disk has never been attached to any instance.",
        )
    instance = region.instances.get(disk.instance_id)
    if instance is not None and instance.status.now not in {"Running", "Stopped"}:
        raise ApiError(
            400,
            "IncorrectInstanceStatus",
            "The current status of the resource does not support this operation.",
        )
    check_snapshot_allowed(region, disk)


def describe_snapshots(region: EcsRegion, params: Params, now: float) -> dict[str, Any]:
    """List snapshots. Source: ECS DescribeSnapshots."""
    dry_run(region, params)
    check_choices(params, _CHOICES)
    check_filters(params)
    check_filter_keys(params)
    in_time = created_in_time(params)
    found = [
        each
        for each in _candidates(region, params, now)
        if in_time(each.started_at) and _matches(each, params)
    ]
    alike = agrees(params, {"Category": CATEGORY})
    items, fields = page(found if alike else [], params, PAGES)
    rows = [snapshot_row(region, each, now) for each in items]
    return {"Snapshots": {"Snapshot": rows}, **fields}


def _candidates(region: EcsRegion, params: Params, now: float) -> list[Snapshot]:
    ids = params.json_list("SnapshotIds", too_many=(403, "InvalidSnapshotIds.Malformed"))
    tags = filters_of(params)
    disk = region.disks.get(params.text("DiskId"))
    source: Iterable[Snapshot] = region.snapshots.values()
    known: Iterable[str] | None = ids
    if ids is None and disk is not None:
        known = disk.snapshot_ids
    elif ids is None and tags:
        known = region.tags.having(tags, now)
    if known is not None:
        source = (region.snapshots[each] for each in known if each in region.snapshots)
    found = visible(source, now)
    if tags:
        return [each for each in found if region.tags.matches(each.snapshot_id, tags, now)]
    return found


def _matches(snapshot: Snapshot, params: Params) -> bool:
    for name, attribute in _EXACT.items():
        wanted = params.text(name)
        if wanted and getattr(snapshot, attribute).lower() != wanted.lower():
            return False
    status, kind, usage = (params.text(n) for n in ("Status", "SnapshotType", "Usage"))
    if status not in {"", "all", snapshot.status}:
        return False
    if kind not in {"", "all"} and _KINDS.get(kind) != snapshot.kind:
        return False
    if "Encrypted" in params and snapshot.encrypted != params.flag("Encrypted"):
        return False
    return usage in {"", usage_of(snapshot)} and params.text("SnapshotLinkId") in {
        "",
        _link_id(snapshot),
    }


def _link_id(snapshot: Snapshot) -> str:
    return f"sl-{snapshot.disk_id.removeprefix('d-')}"


def usage_of(snapshot: Snapshot) -> str:
    """Return what uses a snapshot: `image`, `disk`, `image_disk` or `none`."""
    parts = [name for name in ("image", "disk") if getattr(snapshot, f"{name}_ids")]
    return "_".join(parts) or "none"


def snapshot_row(region: EcsRegion, snapshot: Snapshot, now: float) -> dict[str, Any]:
    """Show a snapshot as DescribeSnapshots does."""
    running = snapshot.status == "progressing"
    done = captures.progress(snapshot.started_at, snapshot.finish_at, now)
    if snapshot.progress_end is not None:
        done = snapshot.progress_end
    essd = snapshot.disk_category in captures.ESSD_FAMILY
    return {
        "SnapshotId": snapshot.snapshot_id,
        "SnapshotSN": snapshot.snapshot_id,
        "SnapshotLinkId": _link_id(snapshot),
        "SnapshotName": snapshot.name,
        "Description": snapshot.description,
        "SnapshotType": snapshot.kind,
        "Status": snapshot.status,
        "Available": snapshot.is_available(now),
        "Progress": "100%" if snapshot.status == "accomplished" else f"{done:.0f}%",
        "RemainTime": max(0, int(snapshot.finish_at - now)) if running else 0,
        "SourceDiskId": snapshot.disk_id,
        "SourceDiskSize": str(snapshot.disk_size),
        "SourceDiskType": snapshot.disk_kind,
        "SourceStorageType": "disk",
        "Category": CATEGORY,
        "Usage": usage_of(snapshot),
        "InstantAccess": essd,
        "Encrypted": snapshot.encrypted,
        "KMSKeyId": snapshot.kms_key_id,
        "RetentionDays": snapshot.retention_days,
        "FullSnapshotSizeInBytes": snapshot.disk_size * BYTES_PER_GIB,
        "CreationTime": to_second(snapshot.started_at),
        "LastModifiedTime": to_second(min(now, snapshot.finish_at)),
        "ProductCode": "",
        "RegionId": region.region_id,
        "ResourceGroupId": snapshot.resource_group_id,
        "Tags": region.tags.rows(snapshot.snapshot_id, now),
    }


def delete_snapshot(region: EcsRegion, params: Params, now: float) -> dict[str, Any]:
    """Delete or cancel a snapshot. Source: ECS DeleteSnapshot; an unknown id is ignored."""
    snapshot = region.snapshots.get(params.required("SnapshotId"))
    if snapshot is None:
        return {}
    if snapshot.image_ids:
        raise ApiError(
            403,
            "SnapshotCreatedImage",
            "The snapshot has been used to create user defined image(s).",
        )
    if snapshot.disk_ids and not params.flag("Force"):
        raise ApiError(403, "SnapshotCreatedDisk", "The snapshot has been used to create disk(s).")
    disk = region.disks.get(snapshot.disk_id)
    if disk is not None:
        disk.snapshot_ids.remove(snapshot.snapshot_id)
    captures.forget_snapshot(region, snapshot, now, "snapshot was deleted")
    region.record(now, "DeleteSnapshot", snapshot.snapshot_id, disk_id=snapshot.disk_id)
    return {}
