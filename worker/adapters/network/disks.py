"""Port `DiskMoves`: data disks on their way to another instance."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from typing_extensions import override

from worker import ports
from worker.adapters.ecs import shapes
from worker.adapters.ecs.endpoint import Endpoint
from worker.adapters.network.answers import move_answer
from worker.core.model import Disk, MoveAnswer

# Source: DescribeDisks, DiskIds: up to 100; MaxResults: 10 to 500.
DISKS_PER_CALL: Final = 100
_DISKS_PER_PAGE: Final = 500


@dataclass(frozen=True, slots=True)
class EcsDiskMoves(ports.DiskMoves):
    """Port `DiskMoves` over one region."""

    endpoint: Endpoint

    @override
    def find(self, disk_ids: Sequence[str]) -> tuple[Disk, ...]:
        if len(disk_ids) > DISKS_PER_CALL:
            raise ValueError(f"{len(disk_ids)} disks in one call, at most {DISKS_PER_CALL}")
        if not disk_ids:
            return ()
        bodies = self.endpoint.list_by_token(
            "DescribeDisks",
            {"DiskIds": json.dumps(list(disk_ids)), "MaxResults": _DISKS_PER_PAGE},
            "Disks",
            "Disk",
        )
        found = (shapes.disk_of(body) for body in bodies)
        return tuple(one for one in found if one is not None and one.disk_id in disk_ids)

    @override
    def detach(self, disk_id: str, instance_id: str) -> MoveAnswer:
        params = {"DiskId": disk_id, "InstanceId": instance_id}
        return move_answer(self.endpoint.change("DetachDisk", params), disk_id)

    @override
    def attach(self, disk_id: str, instance_id: str, *, goes_with_instance: bool) -> MoveAnswer:
        params = {
            "DiskId": disk_id,
            "InstanceId": instance_id,
            "DeleteWithInstance": goes_with_instance,
        }
        return move_answer(self.endpoint.change("AttachDisk", params), disk_id)
