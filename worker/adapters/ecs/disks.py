"""Port `Disks`: whether disks go with their instance."""

from collections.abc import Sequence
from dataclasses import dataclass

from typing_extensions import override

from worker import ports
from worker.adapters.ecs.batch import DISKS_PER_CALL, Batches, Merger
from worker.core.model import Accepted, KeepAnswer


@dataclass(frozen=True, slots=True)
class EcsDisks(ports.Disks):
    """Port `Disks` over one region."""

    batches: Batches

    @override
    def keep(self, disk_ids: Sequence[str]) -> KeepAnswer:
        return _change(self.batches.keep, disk_ids)

    @override
    def release(self, disk_ids: Sequence[str]) -> KeepAnswer:
        return _change(self.batches.release, disk_ids)


def _change(merger: Merger[tuple[str, ...], KeepAnswer], disk_ids: Sequence[str]) -> KeepAnswer:
    asked = _checked(disk_ids)
    if not asked:
        return Accepted()
    answer = merger.find(asked)
    if answer is None:
        raise AssertionError("every change is answered")
    return answer


def _checked(disk_ids: Sequence[str]) -> tuple[str, ...]:
    if len(disk_ids) > DISKS_PER_CALL:
        raise ValueError(f"{len(disk_ids)} disks in one call, at most {DISKS_PER_CALL}")
    return tuple(disk_ids)
