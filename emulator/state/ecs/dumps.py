"""The whole truth about a region's resources, as plain data and without any lag."""

from collections.abc import Callable, Mapping
from typing import Any

from emulator.state.ecs.content import DiskContent
from emulator.state.ecs.disks import disk_row
from emulator.state.ecs.images import image_row
from emulator.state.ecs.instance_view import instance_row
from emulator.state.ecs.region import EcsRegion
from emulator.state.ecs.snapshots import snapshot_row

Rows = list[dict[str, Any]]
MASKED = "(set)"


def _instances(region: EcsRegion, now: float) -> Rows:
    rows = []
    for instance in region.instances.values():
        row = instance_row(region, instance, now, metadata=True)
        row["Status"] = instance.status.now
        row["Tags"] = region.tags.all_of(instance.instance_id)
        row["DiskIds"] = list(instance.disk_ids)
        row["UserData"] = MASKED if instance.options.user_data else ""
        row["RamRoleName"] = instance.options.ram_role_name
        if instance.interruption is not None:
            row["InterruptedAt"] = instance.interruption.t0
            row["ReleaseAt"] = instance.interruption.release_at
        rows.append(row)
    return rows


def _disks(region: EcsRegion, now: float) -> Rows:
    return [
        {
            **disk_row(region, disk, now),
            "Tags": region.tags.all_of(disk.disk_id),
            "WasSystem": disk.was_system,
            "OriginInstanceId": disk.origin_instance_id,
            "Content": _plain(disk.log.at(now, durable=False)),
            "DurableContent": _plain(disk.log.at(now, durable=True)),
        }
        for disk in region.disks.values()
    ]


def _images(region: EcsRegion, now: float) -> Rows:
    return [
        {
            **image_row(region, image, now),
            "Status": image.status.now,
            "Tags": region.tags.all_of(image.image_id),
            "InstanceId": image.instance_id,
            "Content": {each.device: _plain(each.content) for each in image.mappings},
        }
        for image in region.images.values()
    ]


def _snapshots(region: EcsRegion, now: float) -> Rows:
    return [
        {
            **snapshot_row(region, snapshot, now),
            "Tags": region.tags.all_of(snapshot.snapshot_id),
            "InstanceId": snapshot.instance_id,
            "Content": _plain(snapshot.content),
        }
        for snapshot in region.snapshots.values()
    ]


def _interfaces(region: EcsRegion, now: float) -> Rows:
    del now
    return [
        {
            "NetworkInterfaceId": each.interface_id,
            "Type": each.kind,
            "Status": each.status,
            "InstanceId": each.instance_id,
            "PrivateIpAddress": each.ip,
            "DeleteOnRelease": each.delete_on_release,
            "Tags": region.tags.all_of(each.interface_id),
        }
        for each in region.interfaces.values()
    ]


def _plain(content: DiskContent) -> dict[str, Any]:
    return {"files": dict(content.files), "journals": dict(content.journals)}


KINDS: Mapping[str, Callable[[EcsRegion, float], Rows]] = {
    "instances": _instances,
    "disks": _disks,
    "images": _images,
    "snapshots": _snapshots,
    "interfaces": _interfaces,
}
