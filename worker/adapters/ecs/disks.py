"""Port `Disks`: whether disks go with their instance."""

from collections.abc import Sequence
from dataclasses import dataclass

from typing_extensions import override

from worker import ports
from worker.adapters.ecs.batch import DISKS_PER_CALL, Batches
from worker.core.model import Accepted, KeepAnswer


@dataclass(frozen=True, slots=True)
class EcsDisks(ports.Disks):
    """Port `Disks` over one region."""

    batches: Batches

    @override
    def keep(self, disk_ids: Sequence[str]) -> KeepAnswer:
        asked = _checked(disk_ids)
        return self.batches.keep.ask(asked).result() if asked else Accepted()

    @override
    def release(self, disk_ids: Sequence[str]) -> KeepAnswer:
        asked = _checked(disk_ids)
        return self.batches.release.ask(asked).result() if asked else Accepted()


def _checked(disk_ids: Sequence[str]) -> tuple[str, ...]:
    if len(disk_ids) > DISKS_PER_CALL:
        raise ValueError(f"{len(disk_ids)} disks in one call, at most {DISKS_PER_CALL}")
    return tuple(disk_ids)
