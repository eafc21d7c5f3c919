"""Reading disks and changing their attributes."""

from collections.abc import Iterable, Mapping
from typing import Any

from emulator.state.ecs.clock_text import to_second
from emulator.state.ecs.disk_speed import iops_of, throughput_of
from emulator.state.ecs.filters import (
    LOCK_REASON,
    agrees,
    check_choices,
    choice,
    created_in_time,
)
from emulator.state.ecs.instances import dry_run
from emulator.state.ecs.paging import PageRule, page
from emulator.state.ecs.params import Params, malformed, missing
from emulator.state.ecs.records import Disk
from emulator.state.ecs.region import EcsRegion, visible
from emulator.state.ecs.tags import check_filters, filters_of
from emulator.state.ecs.wording import check_description, check_disk_name
from emulator.state.errors import ApiError

PAGES = PageRule(default=10, maximum=100, token_maximum=500, token_minimum=10, has_token=True)
MAX_DISKS = 100
_EXACT = {
    "InstanceId": "instance_id",
    "ZoneId": "zone_id",
    "Category": "category",
    "Status": "status",
    "DiskType": "kind",
    "SnapshotId": "source_snapshot_id",
    "DiskName": "name",
    "KMSKeyId": "kms_key_id",
    "ResourceGroupId": "resource_group_id",
    "AutoSnapshotPolicyId": "auto_snapshot_policy_id",
    "PerformanceLevel": "performance_level",
    "MultiAttach": "multi_attach",
}
_FLAGS = {
    "DeleteWithInstance": "delete_with_instance",
    "DeleteAutoSnapshot": "delete_auto_snapshot",
    "EnableAutoSnapshot": "enable_auto_snapshot",
    "Encrypted": "encrypted",
    "Portable": "portable",
    "EnableAutomatedSnapshotPolicy": "auto_snapshot_policy_id",
}
# Sources: DescribeDisks, its parameters for the words and its error table for the refusals.
_CHOICES = (
    LOCK_REASON,
    choice("DiskChargeType", "PrePaid PostPaid", "InvalidDiskChargeType.NotFound"),
    choice("DiskType", "all system data", "InvalidDiskType.ValueNotSupported", 400),
    choice(
        "Status",
        "All In_use Available Attaching Detaching Creating ReIniting",
        "InvalidStatus.ValueNotSupported",
        400,
    ),
    choice(
        "Category",
        "all cloud cloud_efficiency cloud_ssd cloud_essd cloud_auto cloud_regional_disk_auto "
        "cloud_essd_entry elastic_ephemeral_disk_standard elastic_ephemeral_disk_premium "
        "local_ssd_pro local_hdd_pro ephemeral ephemeral_ssd",
        "InvalidCategory.ValueNotSupported",
        400,
    ),
)
# What is so of every disk here, as its row says.
_ALIKE: Mapping[str, str] = {"DiskChargeType": "PostPaid", "LockReason": ""}
_WILD = frozenset({("Status", "All"), ("DiskType", "all"), ("Category", "all")})


def describe_disks(region: EcsRegion, params: Params, now: float) -> dict[str, Any]:
    """List disks. Source: ECS DescribeDisks."""
    dry_run(region, params)
    check_choices(params, _CHOICES)
    check_filters(params)
    if (zone_id := params.text("ZoneId")) and region.place.zone(zone_id) is None:
        raise ApiError(
            400, "InvalidZoneId.NotFound", "The zoneId provided does not exist in our records."
        )
    in_time = created_in_time(params)
    found = [
        each
        for each in _candidates(region, params, now)
        if in_time(each.created_at) and _matches(each, params)
    ]
    items, fields = page(found if agrees(params, _ALIKE) else [], params, PAGES)
    return {"Disks": {"Disk": [disk_row(region, each, now) for each in items]}, **fields}


def _candidates(region: EcsRegion, params: Params, now: float) -> list[Disk]:
    ids = params.json_list("DiskIds", too_many=(403, "InvalidDiskIds.Malformed"))
    tags = filters_of(params)
    instance = region.instances.get(params.text("InstanceId"))
    source: Iterable[Disk] = region.disks.values()
    if ids is not None:
        source = (region.disks[each] for each in ids if each in region.disks)
    elif instance is not None:
        source = (region.disks[each] for each in instance.disk_ids if each in region.disks)
    elif tags:
        known = region.tags.having(tags, now)
        source = (region.disks[each] for each in known if each in region.disks)
    found = visible(source, now)
    if tags:
        return [each for each in found if region.tags.matches(each.disk_id, tags, now)]
    return found


def _matches(disk: Disk, params: Params) -> bool:
    for name, attribute in _EXACT.items():
        wanted = params.text(name)
        if wanted and (name, wanted) not in _WILD and getattr(disk, attribute) != wanted:
            return False
    return all(
        name not in params or bool(getattr(disk, attribute)) == params.flag(name)
        for name, attribute in _FLAGS.items()
    )


def disk_row(region: EcsRegion, disk: Disk, now: float) -> dict[str, Any]:
    """Show a disk as DescribeDisks does."""
    attached_at = to_second(disk.attached_at) if disk.instance_id else ""
    attachment = {
        "InstanceId": disk.instance_id,
        "Device": disk.device,
        "AttachedTime": attached_at,
    }
    row: dict[str, Any] = {
        "DiskId": disk.disk_id,
        "DiskName": disk.name,
        "Description": disk.description,
        "Type": disk.kind,
        "Category": disk.category,
        "Size": disk.size,
        "Status": disk.status,
        "RegionId": region.region_id,
        "ZoneId": disk.zone_id,
        "InstanceId": disk.instance_id,
        "Device": disk.device,
        "Attachments": {"Attachment": [attachment] if disk.instance_id else []},
        "DiskChargeType": "PostPaid",
        "CreationTime": to_second(disk.created_at),
        "AttachedTime": attached_at,
        "DetachedTime": to_second(disk.detached_at),
        "DeleteWithInstance": disk.delete_with_instance,
        "DeleteAutoSnapshot": disk.delete_auto_snapshot,
        "EnableAutoSnapshot": disk.enable_auto_snapshot,
        "EnableAutomatedSnapshotPolicy": bool(disk.auto_snapshot_policy_id),
        "AutoSnapshotPolicyId": disk.auto_snapshot_policy_id,
        "Portable": disk.portable,
        "MultiAttach": disk.multi_attach,
        "Encrypted": disk.encrypted,
        "KMSKeyId": disk.kms_key_id,
        "ImageId": disk.image_id,
        "SourceSnapshotId": disk.source_snapshot_id,
        "PerformanceLevel": disk.performance_level,
        "IOPS": iops_of(disk),
        "Throughput": throughput_of(disk),
        "BurstingEnabled": disk.bursting,
        "ResourceGroupId": disk.resource_group_id,
        "SerialNumber": disk.disk_id.removeprefix("d-"),
        "StorageClusterId": disk.storage_cluster_id,
        "StorageSetId": disk.storage_set_id,
        "OperationLocks": {"OperationLock": []},
        "MountInstances": {"MountInstance": []},
        "Tags": region.tags.rows(disk.disk_id, now),
    }
    if disk.provisioned_iops:
        row["ProvisionedIops"] = disk.provisioned_iops
    if disk.storage_set_partition is not None:
        row["StorageSetPartitionNumber"] = disk.storage_set_partition
    return row


_CHANGES: Mapping[str, str] = {
    "DeleteWithInstance": "delete_with_instance",
    "DeleteAutoSnapshot": "delete_auto_snapshot",
    "EnableAutoSnapshot": "enable_auto_snapshot",
    "BurstingEnabled": "bursting",
    "DiskName": "name",
    "Description": "description",
}


def modify_disk_attribute(region: EcsRegion, params: Params, now: float) -> dict[str, Any]:
    """Change one disk or up to 100. Source: ECS ModifyDiskAttribute; all or none."""
    ids = params.texts("DiskIds") or [each for each in (params.text("DiskId"),) if each]
    if not ids:
        raise missing("DiskId")
    if len(ids) > MAX_DISKS:
        raise malformed("DiskIds", f"holds more than {MAX_DISKS} disks")
    changes = {name: value for name, value in params.values().items() if name in _CHANGES}
    if not changes:
        raise ApiError(400, "NoAttributeToModify", "No attribute to be modified in this request.")
    check_disk_name(params.text("DiskName"))
    check_description(params.text("Description"))
    disks = [region.disk(each) for each in ids]
    for disk in disks:
        _check_change(region, disk, changes)
    for disk in disks:
        for name, value in changes.items():
            setattr(disk, _CHANGES[name], value)
        region.record(now, "ModifyDiskAttribute", disk.disk_id, **changes)
    return {}


def _check_change(region: EcsRegion, disk: Disk, changes: Mapping[str, Any]) -> None:
    instance = region.instances.get(disk.instance_id)
    locked = instance is not None and instance.is_recycling
    if locked and not region.assumptions.modify_disk_while_recycling:
        raise ApiError(403, "IncorrectDiskStatus", "The operation is not supported in this status.")
    if changes.get("DeleteWithInstance") is not False:
        return
    if disk.is_local or not disk.portable or disk.multi_attach == "Enabled":
        raise ApiError(403, "DiskNotPortable", "The specified disk is not a portable disk.")
