"""Port `DiskMoves`: data disks on their way to another instance."""

from collections.abc import Sequence
from dataclasses import dataclass

from typing_extensions import override

from worker import ports
from worker.adapters.ecs.batch import find_disks
from worker.adapters.ecs.endpoint import Endpoint
from worker.adapters.network.answers import move_answer
from worker.core.model import Disk, MoveAnswer


@dataclass(frozen=True, slots=True)
class EcsDiskMoves(ports.DiskMoves):
    """Port `DiskMoves` over one region."""

    endpoint: Endpoint

    @override
    def find(self, disk_ids: Sequence[str]) -> tuple[Disk, ...]:
        return find_disks(self.endpoint, disk_ids)

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
