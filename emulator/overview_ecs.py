"""Instances, disks, images, snapshots, addresses and interfaces as plain data."""

from collections.abc import Iterator
from typing import Any

from emulator.state.cloud import Cloud
from emulator.state.ecs.captures import progress
from emulator.state.ecs.records import Disk, Image, Instance, Snapshot
from emulator.state.ecs.region import EcsRegion

Row = dict[str, Any]
_DONE = 100.0


def zones(cloud: Cloud, region: str) -> list[str]:
    """Return the ids of a region's zones."""
    return [zone.zone_id for zone in _region(cloud, region).place.zones]


def instances(cloud: Cloud, region: str, _now: float) -> Iterator[Row]:
    """Show every instance that is not released."""
    ecs = _region(cloud, region)
    for each in ecs.instances.values():
        if each.gone_at is None:
            yield _instance(ecs, each)


def _instance(ecs: EcsRegion, each: Instance) -> Row:
    notice = each.interruption
    eip = ecs.vpc.addresses.eips.get(each.eip_allocation_id)
    return {
        "id": each.instance_id,
        "name": each.options.instance_name,
        "type": each.type_id,
        "zone": each.zone_id,
        "status": each.status.now,
        "spot": each.is_spot,
        "locks": sorted(each.locks),
        "interrupted_at": notice.t0 if notice else None,
        "release_at": notice.release_at if notice else None,
        "private_ip": ecs.primary(each).ip if each.interface_ids else "",
        "public_ip": eip.address if eip else each.public_ip,
        "image_id": each.image_id,
        "disks": list(each.disk_ids),
        "tags": ecs.tags.all_of(each.instance_id),
    }


def disks(cloud: Cloud, region: str, now: float) -> Iterator[Row]:
    """Show every disk with its files, and which of them a power cut would leave."""
    ecs = _region(cloud, region)
    for each in ecs.disks.values():
        yield _disk(ecs, each, now)


def _disk(ecs: EcsRegion, each: Disk, now: float) -> Row:
    return {
        "id": each.disk_id,
        "name": each.name,
        "kind": each.kind,
        "category": each.category,
        "size": each.size,
        "zone": each.zone_id,
        "status": each.status,
        "instance_id": each.instance_id,
        "device": each.device,
        "delete_with_instance": each.delete_with_instance,
        "content": list(_content(each, now)),
        "tags": ecs.tags.all_of(each.disk_id),
    }


def _content(disk: Disk, now: float) -> Iterator[Row]:
    """Show the files and the journals; a journal's text is the number of its newest record."""
    durable, cached = (disk.log.at(now, durable=flag) for flag in (True, False))
    for path, text in sorted(cached.files.items()):
        yield {"path": path, "text": text, "flushed": durable.files.get(path) == text}
    for writer, number in sorted(cached.journals.items()):
        flushed = durable.journals.get(writer, 0)
        text = f"{number} ({flushed} on disk)"
        yield {"path": f"journal of {writer}", "text": text, "flushed": flushed == number}


def images(cloud: Cloud, region: str, now: float) -> Iterator[Row]:
    """Show every custom image."""
    ecs = _region(cloud, region)
    for each in ecs.images.values():
        yield _image(ecs, each, now)


def _image(ecs: EcsRegion, each: Image, now: float) -> Row:
    done = each.status.now != "Creating"
    percent = each.progress_end or _DONE if done else progress(each.started_at, each.finish_at, now)
    return {
        "id": each.image_id,
        "name": each.name,
        "size": each.size,
        "status": each.status.now,
        "progress": percent,
        "usable": each.is_usable(now),
        "instance_id": each.instance_id,
        "snapshots": [mapping.snapshot_id for mapping in each.mappings],
        "created_at": each.started_at,
        "finish_at": each.finish_at,
        "tags": ecs.tags.all_of(each.image_id),
    }


def snapshots(cloud: Cloud, region: str, now: float) -> Iterator[Row]:
    """Show every snapshot."""
    ecs = _region(cloud, region)
    for each in ecs.snapshots.values():
        yield _snapshot(ecs, each, now)


def _snapshot(ecs: EcsRegion, each: Snapshot, now: float) -> Row:
    done = each.status != "progressing"
    percent = each.progress_end or _DONE if done else progress(each.started_at, each.finish_at, now)
    return {
        "id": each.snapshot_id,
        "name": each.name,
        "disk_id": each.disk_id,
        "size": each.disk_size,
        "status": each.status,
        "progress": percent,
        "usable": each.is_available(now),
        "images": sorted(each.image_ids),
        "created_at": each.started_at,
        "tags": ecs.tags.all_of(each.snapshot_id),
    }


def addresses(cloud: Cloud, region: str, _now: float) -> Iterator[Row]:
    """Show every EIP and what it is bound to."""
    book = cloud.vpc[region].addresses
    for each in book.eips.values():
        yield {
            "id": each.allocation_id,
            "address": each.address,
            "status": each.status,
            "target_id": each.target_id,
            "tags": book.tags.all_of(each.allocation_id),
        }


def interfaces(cloud: Cloud, region: str, _now: float) -> Iterator[Row]:
    """Show every network interface and the instance that has it."""
    for each in _region(cloud, region).interfaces.values():
        yield {
            "id": each.interface_id,
            "kind": each.kind,
            "zone": each.zone_id,
            "status": each.status,
            "instance_id": each.instance_id,
            "ips": [each.ip, *each.secondary_ips],
            "delete_on_release": each.delete_on_release,
        }


def _region(cloud: Cloud, region: str) -> EcsRegion:
    return cloud.ecs[region].region
