"""The record of a finished recreation: what was kept, what changed, what could not be kept."""

from typing import Any

from worker.core.messages import iso
from worker.core.progress import KeptDisk, Progress

FORMAT = 1


def receipt(progress: Progress, at: float) -> dict[str, Any]:
    """Return the receipt as plain data; instants as UTC text, and seconds after T0 beside them."""
    return {
        "format": FORMAT,
        "recreation": progress.recreation_id,
        "account": progress.account,
        "region": progress.region,
        "outcome": _outcome(progress),
        "reason": progress.moot_reason,
        "t0": iso(progress.t0),
        "written_at": iso(at),
        "lineage": progress.lineage,
        "timeline": [
            {
                "what": mark.what,
                "at": iso(mark.at),
                "seconds_after_t0": round(mark.at - progress.t0, 1),
                "resource": mark.resource,
            }
            for mark in progress.marks
        ],
        "source": _source(progress),
        "replacement": _replacement(progress),
        "image": progress.imaged.image_id if progress.imaged else "",
        "disks": [_disk(progress, disk) for disk in _disks(progress)],
        "not_kept": [{"what": one.what, "why": one.why} for one in progress.remarks],
        "refused": [
            {"candidate": one.candidate, "code": one.code, "at": iso(one.at)}
            for one in progress.launched.refusals
        ],
        "quarantined": list(progress.launched.quarantined),
    }


def _outcome(progress: Progress) -> str:
    if progress.moot is not None:
        return progress.moot.value
    return "recovered" if progress.launched.running_at else "unfinished"


def _source(progress: Progress) -> dict[str, Any]:
    specified = progress.specified
    if specified is None:
        return {"instance": progress.instance_id}
    source = specified.source
    return {
        "instance": progress.instance_id,
        "name": source.name,
        "type": source.instance_type,
        "cpu": source.cpu,
        "memory": source.memory,
        "zone": source.zone,
        "private_ip": source.private_ip,
        "public_ip": source.public_ip,
        "elastic_ip": source.eip,
        "security_groups": list(source.security_groups),
        "key_pair": source.key_pair,
        "ram_role": source.ram_role,
        "tags": dict(source.tags),
    }


def _replacement(progress: Progress) -> dict[str, Any]:
    specified, launched = progress.specified, progress.launched
    if specified is None or not launched.instance_id:
        return {}
    asked = specified.launch
    return {
        "instance": launched.instance_id,
        "name": asked.name,
        "type": launched.instance_type,
        "zone": launched.zone,
        "private_ip": launched.private_ip,
        "security_groups": list(asked.security_groups),
        "key_pair": asked.key_pair,
        "ram_role": asked.ram_role,
        "tags": dict(asked.tags),
    }


def _disks(progress: Progress) -> tuple[KeptDisk, ...]:
    return progress.retained.disks if progress.retained else ()


def _disk(progress: Progress, disk: KeptDisk) -> dict[str, Any]:
    """Tell a disk's data point: the image holds what was durable when it was accepted."""
    imaged = progress.imaged
    retained = progress.retained
    kept = disk.is_cloud and retained is not None and not retained.refused
    return {
        "disk": disk.disk_id,
        "kind": disk.kind,
        "device": disk.device,
        "category": disk.category,
        "size": disk.size,
        "data_point": iso(imaged.accepted_at) if imaged and disk.is_cloud else "",
        "retained": kept or not disk.was_deleted_with_instance,
    }
