"""Making, attaching, detaching and deleting disks."""

from dataclasses import replace
from typing import Any

from emulator.state.ecs.blueprint import DiskPlan, make_disk
from emulator.state.ecs.captures import ESSD_FAMILY
from emulator.state.ecs.instance_changes import wrong_state
from emulator.state.ecs.launch_disks import (
    DATA,
    SMALLEST,
    bad_level,
    check_size,
    check_speed,
    device_names,
)
from emulator.state.ecs.lifecycle import delete_disk as remove_disk
from emulator.state.ecs.params import Params, malformed, missing
from emulator.state.ecs.records import Disk, Instance
from emulator.state.ecs.references import check_names
from emulator.state.ecs.region import EcsRegion
from emulator.state.ecs.tags import tags_of
from emulator.state.ecs.wording import check_description, check_disk_name
from emulator.state.errors import ApiError


def create_disk(region: EcsRegion, params: Params, now: float) -> dict[str, Any]:
    """Create a data disk in a zone. Source: ECS CreateDisk."""
    zone = region.zone(params.required("ZoneId"))
    plan, tags = _plan(region, params), tags_of(params)
    visible_at = region.visible_from(now)
    disk = make_disk(region, plan, zone.zone_id, now, visible_at)
    disk.delete_with_instance = False
    disk.resource_group_id = params.text("ResourceGroupId")
    region.tags.put(disk.disk_id, tags, visible_at)
    token = params.text("ClientToken")
    region.record(now, "CreateDisk", disk.disk_id, client_token=token, tags=tags)
    return {"DiskId": disk.disk_id}


def _plan(region: EcsRegion, params: Params) -> DiskPlan:
    category = params.text("DiskCategory", region.assumptions.default_disk_category)
    if category not in SMALLEST:
        raise ApiError(
            400,
            "InvalidDiskCategory.ValueNotSupported",
            'The specified parameter "DiskCategory" is not valid.',
        )
    check_disk_name(params.text("DiskName"))
    check_description(params.text("Description"))
    level = params.text("PerformanceLevel") or ("PL1" if category == "cloud_essd" else "")
    if level and category != "cloud_essd":
        raise bad_level()
    if params.text("KMSKeyId") and not params.flag("Encrypted"):
        # Source: CreateDisk, error table; RunInstances has another code for the same.
        raise ApiError(
            400,
            "InvalidParameter.EncryptedIllegal",
            "The parameter Encrypted must be true when KMSKeyId is not empty.",
        )
    check_names(region, params, ("KMSKeyId", "ResourceGroupId"))
    plan = DiskPlan(
        kind="data",
        category=category,
        size=params.integer("Size"),
        device="",
        name=params.text("DiskName"),
        description=params.text("Description"),
        performance_level=level,
        provisioned_iops=params.integer("ProvisionedIops"),
        bursting=params.flag("BurstingEnabled"),
        encrypted=params.flag("Encrypted"),
        kms_key_id=params.text("KMSKeyId"),
        storage_cluster_id=params.text("StorageClusterId"),
        storage_set_id=params.text("StorageSetId"),
    )
    if snapshot_id := params.text("SnapshotId"):
        plan = _filled(region, plan, snapshot_id)
    elif not plan.size:
        raise missing("Size")
    check_size(plan, DATA)
    check_speed(plan)
    return plan


def _filled(region: EcsRegion, plan: DiskPlan, snapshot_id: str) -> DiskPlan:
    snapshot = region.snapshot(snapshot_id)
    instant = plan.category in ESSD_FAMILY and snapshot.status == "progressing"
    if snapshot.status != "accomplished" and not instant:
        raise ApiError(
            403,
            "InvalidSnapshotId.NotReady",
            "The specified snapshot has not completed yet.",
        )
    if plan.size and plan.size < snapshot.disk_size:
        raise ApiError(
            403,
            "InvalidDiskSize.TooSmall",
            "Specified disk size is less than the size of snapshot.",
        )
    return replace(
        plan,
        size=max(plan.size, snapshot.disk_size),
        encrypted=plan.encrypted or snapshot.encrypted,
        source_snapshot_id=snapshot_id,
        content=snapshot.content,
    )


def attach_disk(region: EcsRegion, params: Params, now: float) -> dict[str, Any]:
    """Attach a free disk in the same zone. Source: ECS AttachDisk; asynchronous.

    A former system disk comes back as a data disk only.
    """
    instance = region.instance(params.required("InstanceId"))
    disk = region.disk(params.required("DiskId"))
    if params.flag("Bootable"):
        _check_bootable(region, instance, disk)
    if instance.status.now not in {"Running", "Stopped"} or instance.locks:
        raise replace_status(wrong_state(), 400)
    _check_free(disk, instance)
    if disk.category not in region.instance_type(instance.type_id).disk_categories:
        raise ApiError(
            403,
            "InvalidInstanceType.NotSupportDiskCategory",
            "The instance type does not take disks of this category.",
        )
    device = _device(region, instance, params.text("Device"))
    disk.status, disk.instance_id, disk.device = "Attaching", instance.instance_id, device
    if "DeleteWithInstance" in params:
        disk.delete_with_instance = params.flag("DeleteWithInstance")
    instance.disk_ids.append(disk.disk_id)
    region.record(now, "AttachDisk", disk.disk_id, instance_id=instance.instance_id, device=device)
    region.world.scheduler.at(
        now + region.jittered(region.settings.attach_seconds),
        lambda at: _attached(region, disk, instance, at),
    )
    return {}


def replace_status(refusal: ApiError, status: int) -> ApiError:
    """Return the same refusal under another HTTP status, as the error tables differ."""
    return ApiError(status, refusal.code, refusal.message)


def _check_bootable(region: EcsRegion, instance: Instance, disk: Disk) -> None:
    has_system = any(each.kind == "system" for each in region.disks_of(instance))
    if has_system or disk.origin_instance_id != instance.instance_id:
        raise ApiError(
            403,
            "NotOriginInstance",
            "The disk was not the system disk of the specified instance.",
        )


def _check_free(disk: Disk, instance: Instance) -> None:
    if disk.status == "In_use":
        raise ApiError(404, "InvalidDisk.InUse", "The specified disk has been occupied.")
    if disk.status != "Available":
        raise ApiError(
            403, "IncorrectDiskStatus", "The current disk status does not support this operation."
        )
    if disk.zone_id != instance.zone_id:
        raise ApiError(
            403,
            "ResourcesNotInSameZone",
            "The specified instance and disk are not in the same zone.",
        )


def _device(region: EcsRegion, instance: Instance, wanted: str) -> str:
    disks = region.disks_of(instance)
    if len(disks) >= region.instance_type(instance.type_id).disk_quantity:
        raise ApiError(
            403,
            "InstanceDiskLimitExceeded",
            "The amount of the disk on instance in question reach its limits.",
        )
    taken = {each.device for each in disks}
    if wanted in taken:
        raise ApiError(403, "InvalidDevice.InUse", "The specified device has been occupied.")
    if wanted and not wanted.startswith(("/dev/xvd", "/dev/vd")):
        raise ApiError(400, "InvalidDevice.Malformed", "The specified port is not valid.")
    return wanted or next(each for each in device_names()[1:] if each not in taken)


def _attached(region: EcsRegion, disk: Disk, instance: Instance, at: float) -> None:
    if disk.instance_id != instance.instance_id or disk.status != "Attaching":
        return
    disk.status, disk.attached_at = "In_use", at
    if instance.status.now == "Running":
        disk.log.start(instance.instance_id, at)
    region.platform(at, "DiskAttached", disk.disk_id, instance_id=instance.instance_id)


def detach_disk(region: EcsRegion, params: Params, now: float) -> dict[str, Any]:
    """Detach a data disk. Source: ECS DetachDisk; asynchronous."""
    disk = region.disk(params.required("DiskId"))
    if disk.status == "Available":
        raise ApiError(400, "InvalidDisk.AlreadyDetached", "The specified disk has been detached.")
    instance = region.instance(params.required("InstanceId"))
    _check_detach(region, disk, instance)
    if disk.log.writer is not None:
        disk.log.stop(now, orderly=True)
    disk.status = "Detaching"
    region.record(now, "DetachDisk", disk.disk_id, instance_id=instance.instance_id)
    region.world.scheduler.at(
        now + region.jittered(region.settings.attach_seconds),
        lambda at: _detached(region, disk, at),
    )
    return {}


def _check_detach(region: EcsRegion, disk: Disk, instance: Instance) -> None:
    if disk.instance_id != instance.instance_id:
        raise malformed("InstanceId", "is not the instance of the disk")
    locked = instance.is_recycling and not region.assumptions.detach_while_recycling
    if instance.status.now not in {"Running", "Stopped"} or locked:
        raise wrong_state()
    if disk.kind == "system" and instance.status.now == "Running":
        raise wrong_state()
    if disk.is_local or not disk.portable:
        raise ApiError(403, "DiskNotPortable", "The specified disk is not a portable disk.")
    if disk.status != "In_use":
        raise ApiError(
            403, "IncorrectDiskStatus", "The current disk status does not support this operation."
        )


def _detached(region: EcsRegion, disk: Disk, at: float) -> None:
    if disk.status != "Detaching":
        return
    instance = region.instances.get(disk.instance_id)
    if instance is not None:
        instance.disk_ids.remove(disk.disk_id)
    disk.was_system = disk.was_system or disk.kind == "system"
    disk.origin_instance_id = disk.instance_id
    disk.status, disk.kind, disk.instance_id, disk.device = "Available", "data", "", ""
    disk.detached_at = at
    region.platform(at, "DiskDetached", disk.disk_id)


def delete_disk(region: EcsRegion, params: Params, now: float) -> dict[str, Any]:
    """Delete a free disk. Source: ECS DeleteDisk."""
    disk = region.disk(params.required("DiskId"))
    if disk.status != "Available":
        raise ApiError(
            403, "IncorrectDiskStatus", "The current disk status does not support this operation."
        )
    region.record(now, "DeleteDisk", disk.disk_id)
    remove_disk(region, disk, now)
    return {}
