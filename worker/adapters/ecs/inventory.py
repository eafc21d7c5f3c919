"""Port `Inventory`: everything in the region that carries a recreation's tag."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from typing_extensions import override

from worker import ports
from worker.adapters.ecs import fields, shapes
from worker.adapters.ecs.call import Body
from worker.adapters.ecs.endpoint import Endpoint
from worker.core.identity import TAG_ID
from worker.core.inventory import Holdings, Snapshot

Thing = TypeVar("Thing")

# Source: DescribeInstances, DescribeSnapshots (10 to 100) and DescribeDisks (10 to 500),
# MaxResults; DescribeImages, PageSize.
_PER_PAGE: Final = 100
# A key without a value finds every value. Source: DescribeInstances, Tag.N.Value.
_TAGGED: Final = [{"Key": TAG_ID}]


@dataclass(frozen=True, slots=True)
class EcsInventory(ports.Inventory):
    """Port `Inventory` over one region."""

    endpoint: Endpoint

    @override
    def tagged(self) -> Holdings:
        return Holdings(
            images=_read(self._images(), shapes.image_of),
            instances=_read(self._listed("DescribeInstances", "Instance"), shapes.instance_of),
            disks=_read(self._listed("DescribeDisks", "Disk"), shapes.disk_of),
            snapshots=_read(self._listed("DescribeSnapshots", "Snapshot"), snapshot_of),
        )

    def _images(self) -> list[Body]:
        # Without Status only Available images are listed. Source: DescribeImages, Status.
        params = {"Tag": _TAGGED, "ImageOwnerAlias": "self", "Status": "ALL"}
        return self.endpoint.list_by_number(
            "DescribeImages", params, "Images", "Image", size=_PER_PAGE
        )

    def _listed(self, action: str, kind: str) -> list[Body]:
        params: dict[str, Any] = {"Tag": _TAGGED, "MaxResults": _PER_PAGE}
        return self.endpoint.list_by_token(action, params, f"{kind}s", kind)


def snapshot_of(body: Body) -> Snapshot | None:
    """Read one member of DescribeSnapshots."""
    snapshot_id = fields.text(body, "SnapshotId")
    if not snapshot_id:
        return None
    percent = fields.text(body, "Progress").rstrip("%")
    return Snapshot(
        snapshot_id=snapshot_id,
        status=fields.text(body, "Status"),
        percent=min(fields.integer({"Progress": percent}, "Progress"), 100),
        disk_id=fields.text(body, "SourceDiskId"),
        size=fields.integer(body, "SourceDiskSize"),
        created_at=fields.text(body, "CreationTime"),
        tags=fields.tags(body),
    )


def _read(bodies: list[Body], shape: Callable[[Body], Thing | None]) -> tuple[Thing, ...]:
    """Read what is readable and carries the tag: a filter that was not understood finds strangers."""
    tagged = (body for body in bodies if TAG_ID in fields.tags(body))
    return tuple(thing for thing in map(shape, tagged) if thing is not None)
