"""Port `Capacity`: quotas of one region, and whether an instance is spot."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from typing_extensions import override

from worker import operator_ports
from worker.adapters import error_map
from worker.adapters.ecs import fields
from worker.adapters.ecs.endpoint import Endpoint
from worker.core.diagnosis import Failed, Quota, Seen, Trouble
from worker.core.errors import RecreationError, Transient

Value = TypeVar("Value")

# Source: ECS "Limits": manual snapshots of one disk.
_SNAPSHOTS_PER_DISK: Final = 2000
_PER_PAGE: Final = 100
_MAX_SPOT: Final = "max-spot-instance-vcpu-count"
_USED_SPOT: Final = "used-spot-instance-vcpu-count"
_NOT_SPOT: Final = ("", "NoSpot")


@dataclass(frozen=True, slots=True)
class EcsCapacity(operator_ports.Capacity):
    """Port `Capacity` over one region.

    Attributes:
        endpoint: The region.
        image_quota: The quota of custom images, which only Quota Center tells; None when not known.
    """

    endpoint: Endpoint
    image_quota: int | None = None

    @override
    def spot_vcpus(self) -> Seen[Quota] | Failed:
        return _seen(self._spot_vcpus)

    @override
    def images(self) -> Seen[Quota] | Failed:
        return _seen(self._images)

    @override
    def snapshots(self) -> Seen[tuple[str, Quota]] | Failed:
        return _seen(self._snapshots)

    @override
    def is_spot(self, instance_id: str) -> Seen[bool] | Failed:
        return _seen(lambda: self._is_spot(instance_id))

    def _spot_vcpus(self) -> Quota:
        params = {"AttributeName": [_MAX_SPOT, _USED_SPOT]}
        bodies = self.endpoint.list_once(
            "DescribeAccountAttributes", params, "AccountAttributeItems", "AccountAttributeItem"
        )
        found: dict[str, int] = {}
        for body in bodies:
            values = fields.members(body, "AttributeValues", "ValueItem")
            found[fields.text(body, "AttributeName")] = sum(
                fields.integer(value, "Value") for value in values
            )
        return Quota(found.get(_USED_SPOT, 0), found.get(_MAX_SPOT))

    def _images(self) -> Quota:
        # Without Status only Available images are counted. Source: DescribeImages, Status.
        params: dict[str, Any] = {"ImageOwnerAlias": "self", "Status": "ALL", "PageSize": 1}
        body = self.endpoint.read("DescribeImages", {**params, "PageNumber": 1})
        return Quota(fields.integer(body or {}, "TotalCount"), self.image_quota)

    def _snapshots(self) -> tuple[str, Quota]:
        params = {"SnapshotType": "user", "MaxResults": _PER_PAGE}
        bodies = self.endpoint.list_by_token("DescribeSnapshots", params, "Snapshots", "Snapshot")
        counts = Counter(fields.text(body, "SourceDiskId") for body in bodies)
        disk, used = max(counts.items(), key=lambda item: item[1], default=("", 0))
        return disk, Quota(used, _SNAPSHOTS_PER_DISK)

    def _is_spot(self, instance_id: str) -> bool:
        params = {"InstanceIds": f'["{instance_id}"]'}
        bodies = self.endpoint.list_once("DescribeInstances", params, "Instances", "Instance")
        return any(fields.text(body, "SpotStrategy") not in _NOT_SPOT for body in bodies)


def _seen(look: Callable[[], Value]) -> Seen[Value] | Failed:
    try:
        return Seen(look())
    except RecreationError as error:
        if error.code:
            return Failed(error_map.trouble_of(error.code), error.code)
        why = Trouble.UNREADABLE if isinstance(error, Transient) else Trouble.OTHER
        return Failed(why, error.sentence)
