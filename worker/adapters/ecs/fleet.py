"""Port `Fleet`: every spot instance of the region with its disks."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from typing_extensions import override

from worker import operator_ports
from worker.adapters.crew import Alone
from worker.adapters.ecs import fields, shapes
from worker.adapters.ecs.batch import ADDITIONAL_ATTRIBUTES, build_batches
from worker.adapters.ecs.call import Body
from worker.adapters.ecs.endpoint import Endpoint
from worker.adapters.ecs.leftovers import snapshot_of
from worker.adapters.ecs.sources import EcsSources
from worker.core.auditing import Equipped
from worker.core.eligibility import NOT_SPOT
from worker.core.model import Details, Disk, Instance

# Source: DescribeInstances and DescribeSnapshots (10 to 100), DescribeDisks (10 to 500), MaxResults.
_PER_PAGE: Final = 100
_DISKS_PER_PAGE: Final = 500


@dataclass(frozen=True, slots=True)
class EcsFleet(operator_ports.Fleet):
    """Port `Fleet` over one region."""

    endpoint: Endpoint

    @override
    def equipped(self) -> tuple[Equipped, ...]:
        params = {"MaxResults": _PER_PAGE, "AdditionalAttributes": list(ADDITIONAL_ATTRIBUTES)}
        read = ((shapes.instance_of(body), body) for body in self._listed("Instance", params))
        spots = [
            (one, body)
            for one, body in read
            if one is not None and one.spot_strategy.lower() not in NOT_SPOT
        ]
        disks = self._disks() if spots else {}
        return tuple(_equipped(one, body, disks.get(one.instance_id, ())) for one, body in spots)

    @override
    def newest_snapshots(self, instance_id: str) -> dict[str, float]:
        params = {"InstanceId": instance_id, "Status": "accomplished", "MaxResults": _PER_PAGE}
        newest: dict[str, float] = {}
        for body in self._listed("Snapshot", params):
            one = snapshot_of(body)
            if one.created_at is not None:
                newest[one.disk_id] = max(newest.get(one.disk_id, 0.0), one.created_at)
        return newest

    @override
    def ram_role(self, instance_id: str) -> str:
        return self._sources().ram_role(instance_id)

    @override
    def details(self, instance_id: str) -> Details:
        return self._sources().details(instance_id)

    def _sources(self) -> EcsSources:
        return EcsSources(self.endpoint, build_batches(self.endpoint, Alone()))

    def _disks(self) -> dict[str, list[Disk]]:
        found: dict[str, list[Disk]] = defaultdict(list)
        for body in self._listed("Disk", {"MaxResults": _DISKS_PER_PAGE}):
            disk = shapes.disk_of(body)
            if disk is not None and fields.text(body, "InstanceId"):
                found[disk.instance_id].append(disk)
        for disks in found.values():
            disks.sort(key=lambda disk: disk.kind != "system")
        return found

    def _listed(self, kind: str, params: dict[str, Any]) -> list[Body]:
        return self.endpoint.list_by_token(f"Describe{kind}s", params, f"{kind}s", kind)


def _equipped(one: Instance, body: Body, disks: Sequence[Disk]) -> Equipped:
    """Read beside an instance what its description says of interfaces: it needs no call more."""
    found = fields.members(body, "NetworkInterfaces", "NetworkInterface")
    primary = next((each for each in found if fields.text(each, "Type") == "Primary"), {})
    addresses = fields.members(primary, "PrivateIpSets", "PrivateIpSet")
    return Equipped(
        one,
        tuple(disks),
        interfaces=tuple(
            fields.text(each, "NetworkInterfaceId") for each in found if each is not primary
        ),
        secondary_ips=tuple(
            fields.text(each, "PrivateIpAddress")
            for each in addresses
            if fields.flag(each, "Primary") is False
        ),
    )
