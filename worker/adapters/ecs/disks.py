"""Port `Disks`: whether disks go with their instance."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from typing_extensions import override

from worker import ports
from worker.adapters.ecs.endpoint import Endpoint
from worker.adapters.ecs.tolerant import tolerant_answer
from worker.core.model import Accepted, KeepAnswer

# Source: ModifyDiskAttribute, DiskIds.N.
DISKS_PER_CALL: Final = 100


@dataclass(frozen=True, slots=True)
class EcsDisks(ports.Disks):
    """Port `Disks` over one region."""

    endpoint: Endpoint

    @override
    def keep(self, disk_ids: Sequence[str]) -> KeepAnswer:
        return self._modify(disk_ids, goes_with_instance=False)

    @override
    def release(self, disk_ids: Sequence[str]) -> KeepAnswer:
        return self._modify(disk_ids, goes_with_instance=True)

    def _modify(self, disk_ids: Sequence[str], *, goes_with_instance: bool) -> KeepAnswer:
        if len(disk_ids) > DISKS_PER_CALL:
            raise ValueError(f"{len(disk_ids)} disks in one call, at most {DISKS_PER_CALL}")
        if not disk_ids:
            return Accepted()
        answer = self.endpoint.change(
            "ModifyDiskAttribute",
            {"DiskIds": list(disk_ids), "DeleteWithInstance": goes_with_instance},
        )
        return tolerant_answer(answer)
