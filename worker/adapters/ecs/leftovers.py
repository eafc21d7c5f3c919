"""Port `Leftovers`: what carries a tag of ours, and what else uses it."""

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Final

from typing_extensions import override

from worker import operator_ports
from worker.adapters.ecs import fields
from worker.adapters.ecs.call import Body, SdkMissing
from worker.adapters.ecs.endpoint import Endpoint
from worker.core.errors import Permanent
from worker.core.identity import TAG_ID, TAG_OUTLIVES, TAG_RETAINED
from worker.core.leftovers import Kind, Leftover, instant

# Source: DescribeInstances, DescribeSnapshots (10 to 100) and DescribeDisks (10 to 500),
# MaxResults, as DescribeNetworkInterfaces; DescribeImages and DescribeEipAddresses, PageSize.
_PER_PAGE: Final = 100
_NOT_SPOT: Final = ("", "NoSpot")


@dataclass(frozen=True, slots=True)
class EcsLeftovers(operator_ports.Leftovers):
    """Port `Leftovers` over one region.

    Attributes:
        with_pairs: Whether server groups of CLBs are looked for, at one call for each CLB.
        with_addresses: Whether elastic addresses are looked for.
    """

    endpoint: Endpoint
    with_pairs: bool = False
    with_addresses: bool = False

    @override
    def tagged(self) -> tuple[Leftover, ...]:
        found = [
            *self._images(_tagged(TAG_ID)),
            *self._snapshots(_tagged(TAG_ID)),
            *self._disks(_tagged(TAG_ID)),
            *self._disks(_tagged(TAG_OUTLIVES)),
            # A launch tags the interfaces that it makes, too; these were there before.
            *self._interfaces(_tagged(TAG_RETAINED)),
            *self._instances(_tagged(TAG_ID)),
            *self._pairs(),
            *self._free_addresses(),
        ]
        # A filter that was not understood finds strangers, and a disk may carry both tags.
        ours = (one for one in found if _is_ours(one))
        return tuple({(one.kind, one.resource_id): one for one in ours}.values())

    @override
    def find(self, kind: Kind, resource_id: str) -> Leftover | None:
        listed = json.dumps([resource_id])
        look: dict[Kind, Callable[[], list[Leftover]]] = {
            Kind.IMAGE: lambda: self._images({"ImageId": resource_id}),
            Kind.SNAPSHOT: lambda: self._snapshots({"SnapshotIds": listed}),
            Kind.DISK: lambda: self._disks({"DiskIds": listed}),
            Kind.INTERFACE: lambda: self._interfaces({"NetworkInterfaceId": [resource_id]}),
            Kind.INSTANCE: lambda: self._instances({"InstanceIds": listed}),
            Kind.PAIR: self._pairs,
            Kind.ADDRESS: lambda: self._addresses({"AllocationId": resource_id}),
        }
        found = look[kind]()
        return next((one for one in found if one.resource_id == resource_id), None)

    @override
    def users(self, thing: Leftover) -> tuple[str, ...]:
        if thing.kind is Kind.IMAGE:
            return _ids(self._instances({"ImageId": thing.resource_id}))
        if thing.kind is Kind.SNAPSHOT:
            images = self._images({"SnapshotId": thing.resource_id})
            disks = self._disks({"SnapshotId": thing.resource_id})
            holders = (one.attached_to for one in disks if one.attached_to)
            return tuple(dict.fromkeys((*_ids(images), *holders)))
        return ()

    @override
    def snapshots_of(self, disk_id: str) -> tuple[Leftover, ...]:
        found = self._snapshots({"DiskId": disk_id})
        return tuple(one for one in found if one.disk_id == disk_id)

    def _images(self, wanted: dict[str, Any]) -> list[Leftover]:
        # Without Status only Available images are listed. Source: DescribeImages, Status.
        params = {"ImageOwnerAlias": "self", "Status": "ALL", **wanted}
        bodies = self.endpoint.list_by_number(
            "DescribeImages", params, "Images", "Image", size=_PER_PAGE
        )
        return [image_of(body) for body in bodies]

    def _snapshots(self, wanted: dict[str, Any]) -> list[Leftover]:
        return [snapshot_of(body) for body in self._listed("Snapshot", wanted)]

    def _disks(self, wanted: dict[str, Any]) -> list[Leftover]:
        return [disk_of(body) for body in self._listed("Disk", wanted)]

    def _instances(self, wanted: dict[str, Any]) -> list[Leftover]:
        return [instance_of(body) for body in self._listed("Instance", wanted)]

    def _interfaces(self, wanted: dict[str, Any]) -> list[Leftover]:
        params = {"MaxResults": _PER_PAGE, **wanted}
        bodies = self.endpoint.list_by_token(
            "DescribeNetworkInterfaces", params, "NetworkInterfaceSets", "NetworkInterfaceSet"
        )
        return [interface_of(body) for body in bodies]

    def _pairs(self) -> list[Leftover]:
        """List the primary/secondary groups of every CLB: which one it was, nothing tells."""
        if not self.with_pairs:
            return []
        try:
            balancers = self.endpoint.list_by_number(
                "slb:DescribeLoadBalancers", {}, "LoadBalancers", "LoadBalancer", size=_PER_PAGE
            )
            bodies = [
                body
                for one in balancers
                for body in self.endpoint.list_once(
                    "slb:DescribeMasterSlaveServerGroups",
                    {"LoadBalancerId": fields.text(one, "LoadBalancerId"), "IncludeListener": True},
                    "MasterSlaveServerGroups",
                    "MasterSlaveServerGroup",
                )
            ]
        except (Permanent, SdkMissing) as error:
            # A policy of an earlier release, or no SDK: everything else is listed all the same.
            code = error.code if isinstance(error, Permanent) else "sdk_missing"
            self.endpoint.telemetry.event("pairs_not_read", balancer="", code=code)
            return []
        return [pair_of(body) for body in bodies]

    def _free_addresses(self) -> list[Leftover]:
        """List the elastic addresses that nothing has; their tags are read here.

        Whether the filter takes a key without a value no page says (UNVERIFIED), and few are free.
        Source: DescribeEipAddresses, Status and Tag.N.
        """
        if not self.with_addresses:
            return []
        try:
            return self._addresses({"Status": "Available"})
        except Permanent as error:
            # A policy of an earlier release: everything else is listed all the same.
            self.endpoint.telemetry.event("addresses_not_read", code=error.code)
            return []

    def _addresses(self, wanted: dict[str, Any]) -> list[Leftover]:
        bodies = self.endpoint.list_by_number(
            "DescribeEipAddresses", wanted, "EipAddresses", "EipAddress", size=_PER_PAGE
        )
        return [address_of(body) for body in bodies]

    def _listed(self, kind: str, wanted: dict[str, Any]) -> list[Body]:
        params = {"MaxResults": _PER_PAGE, **wanted}
        return self.endpoint.list_by_token(f"Describe{kind}s", params, f"{kind}s", kind)


def image_of(body: Body) -> Leftover:
    """Read one member of DescribeImages."""
    mappings = fields.members(body, "DiskDeviceMappings", "DiskDeviceMapping")
    snapshots = (fields.text(entry, "SnapshotId") for entry in mappings)
    return Leftover(
        kind=Kind.IMAGE,
        resource_id=fields.text(body, "ImageId"),
        tags=fields.tags(body),
        status=fields.text(body, "Status"),
        name=fields.text(body, "ImageName"),
        size=fields.integer(body, "Size"),
        created_at=instant(fields.text(body, "CreationTime")),
        snapshots=tuple(one for one in snapshots if one),
    )


def snapshot_of(body: Body) -> Leftover:
    """Read one member of DescribeSnapshots."""
    return Leftover(
        kind=Kind.SNAPSHOT,
        resource_id=fields.text(body, "SnapshotId"),
        tags=fields.tags(body),
        status=fields.text(body, "Status"),
        name=fields.text(body, "SnapshotName"),
        size=fields.integer(body, "SourceDiskSize"),
        created_at=instant(fields.text(body, "CreationTime")),
        disk_id=fields.text(body, "SourceDiskId"),
    )


def disk_of(body: Body) -> Leftover:
    """Read one member of DescribeDisks."""
    attachments = fields.members(body, "Attachments", "Attachment")
    holders = (fields.text(entry, "InstanceId") for entry in (body, *attachments))
    return Leftover(
        kind=Kind.DISK,
        resource_id=fields.text(body, "DiskId"),
        tags=fields.tags(body),
        status=fields.text(body, "Status"),
        name=fields.text(body, "DiskName"),
        size=fields.integer(body, "Size"),
        category=fields.text(body, "Category"),
        performance_level=fields.text(body, "PerformanceLevel"),
        provisioned_iops=fields.integer(body, "ProvisionedIops"),
        zone=fields.text(body, "ZoneId"),
        created_at=instant(fields.text(body, "CreationTime")),
        attached_to=next((one for one in holders if one), ""),
        detached_at=instant(fields.text(body, "DetachedTime")),
    )


def interface_of(body: Body) -> Leftover:
    """Read one member of DescribeNetworkInterfaces."""
    return Leftover(
        kind=Kind.INTERFACE,
        resource_id=fields.text(body, "NetworkInterfaceId"),
        tags=fields.tags(body),
        status=fields.text(body, "Status"),
        name=fields.text(body, "NetworkInterfaceName"),
        zone=fields.text(body, "ZoneId"),
        created_at=instant(fields.text(body, "CreationTime")),
        attached_to=fields.text(body, "InstanceId"),
    )


def instance_of(body: Body) -> Leftover:
    """Read one member of DescribeInstances."""
    return Leftover(
        kind=Kind.INSTANCE,
        resource_id=fields.text(body, "InstanceId"),
        tags=fields.tags(body),
        status=fields.text(body, "Status"),
        name=fields.text(body, "InstanceName"),
        zone=fields.text(body, "ZoneId"),
        created_at=instant(fields.text(body, "CreationTime")),
        instance_type=fields.text(body, "InstanceType"),
        is_spot=fields.text(body, "SpotStrategy") not in _NOT_SPOT,
    )


def pair_of(body: Body) -> Leftover:
    """Read one member of DescribeMasterSlaveServerGroups."""
    led = fields.members(fields.structure(body, "AssociatedObjects"), "Listeners", "Listener")
    ports = (f"{fields.text(one, 'Protocol')}/{fields.text(one, 'Port')}" for one in led)
    return Leftover(
        kind=Kind.PAIR,
        resource_id=fields.text(body, "MasterSlaveServerGroupId"),
        tags=fields.tags(body),
        name=fields.text(body, "MasterSlaveServerGroupName"),
        created_at=instant(fields.text(body, "CreateTime")),
        attached_to=next(ports, ""),
    )


def address_of(body: Body) -> Leftover:
    """Read one member of DescribeEipAddresses."""
    return Leftover(
        kind=Kind.ADDRESS,
        resource_id=fields.text(body, "AllocationId"),
        tags=fields.tags(body),
        status=fields.text(body, "Status"),
        name=fields.text(body, "IpAddress"),
        created_at=instant(fields.text(body, "AllocationTime")),
        attached_to=fields.text(body, "InstanceId"),
    )


def _tagged(key: str) -> dict[str, Any]:
    # A key without a value finds every value. Source: DescribeInstances, Tag.N.Value.
    return {"Tag": [{"Key": key}]}


def _is_ours(thing: Leftover) -> bool:
    if not thing.resource_id:
        return False
    if thing.kind is Kind.INTERFACE:
        return TAG_ID in thing.tags and TAG_RETAINED in thing.tags and not thing.attached_to
    if thing.kind in (Kind.PAIR, Kind.ADDRESS):
        # What a listener leads to, or a server has, is the replacement's place.
        return TAG_ID in thing.tags and not thing.attached_to
    if thing.kind is not Kind.DISK:
        return TAG_ID in thing.tags
    # The tags of a launch reach the replacement's own disks, and what is to outlive its instance
    # costs nothing extra before it has done so: in use, neither is a leftover.
    is_marked = TAG_ID in thing.tags or TAG_OUTLIVES in thing.tags
    return TAG_RETAINED in thing.tags or (is_marked and not thing.attached_to)


def _ids(things: Iterable[Leftover]) -> tuple[str, ...]:
    return tuple(one.resource_id for one in things if one.resource_id)
