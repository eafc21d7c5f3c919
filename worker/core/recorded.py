"""A source that was gone before anybody saw its notice: what its capture and its disks allow; all pure.

A signed capture says that we have seen the source. Without an image of it, only a disk that is left
can be the ground for a replacement, and only where the configuration allows a lower rung.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from worker.core import identity, ladder
from worker.core.model import Disk
from worker.core.policy import Policy

SYSTEM = "system"
FREE = "Available"


def left(captured: Iterable[Disk], found: Iterable[Disk]) -> tuple[Disk, ...]:
    """List the disks that are left, each as what it was: the cloud makes data disks of them all."""
    known = {disk.disk_id: disk for disk in found}
    return tuple(
        replace(
            disk,
            status=known[disk.disk_id].status,
            instance_id=known[disk.disk_id].instance_id,
            tags=known[disk.disk_id].tags,
            delete_with_instance=known[disk.disk_id].delete_with_instance,
        )
        for disk in captured
        if disk.disk_id in known
    )


def why_no_rescue(disks: Sequence[Disk], policy: Policy) -> str:
    """Say why nothing may be launched for a source without an image; empty when it may."""
    system = next((disk for disk in disks if disk.kind == SYSTEM), None)
    if ladder.rung_after("snapshots", policy) is None:
        return "the configuration allows no lower rung"
    if system is None:
        return "its system disk is not retained"
    if any(identity.TAG_DELETE_AFTER in disk.tags for disk in disks):
        return "it was recreated and cleaned up before"
    taken = next((disk for disk in disks if disk.status != FREE or disk.instance_id), None)
    if taken is not None:
        return f"disk {taken.disk_id} is in use elsewhere"
    return ""
