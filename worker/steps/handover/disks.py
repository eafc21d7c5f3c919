"""Data disks themselves: off the source, then onto the replacement, in the same zone."""

from collections.abc import Sequence
from dataclasses import dataclass

from worker.core import handing
from worker.core.model import Disk
from worker.core.progress import KeptDisk, Progress
from worker.ports import DiskMoves
from worker.steps.handover.moves import Later, Left, Moved, Report, answered

ATTACHED = "In_use"
FREE = "Available"


@dataclass(frozen=True, slots=True)
class DiskMove:
    """Moves one disk with all that was ever written to it; one instance has it at a time.

    Attributes:
        notice: From T0 to the release, seconds.
    """

    disk_moves: DiskMoves
    notice: float

    def run(self, disk: KeptDisk, progress: Progress, now: float) -> Report:
        """Look where the disk is, and take it one stage further.

        Nobody can say under which device a disk is attached: each takes the next that is free. So a
        disk waits for those that stood before it. Source: ECS AttachDisk, Device.
        """
        source, replacement = progress.instance_id, progress.launched.instance_id
        specified = progress.specified
        if specified is None or specified.source.zone != progress.launched.zone:
            return Left("the replacement is in another zone")
        before = handing.disks_before(progress, disk, self.notice, now)
        seen = self.disk_moves.find((disk.disk_id, *before))
        found = _named(disk.disk_id, seen)
        if found is None:
            return Left("it is not there any more")
        if found.status == FREE and not found.instance_id:
            if any(_is_to_come(_named(one, seen), replacement) for one in before):
                return Later()
            goes = disk.was_deleted_with_instance
            answer = self.disk_moves.attach(disk.disk_id, replacement, goes_with_instance=goes)
            return answered(answer)
        if found.instance_id == replacement:
            return Moved(_other_device(found, disk)) if found.status == ATTACHED else Later()
        if found.instance_id != source:
            return Left(f"{found.instance_id or 'something else'} has it by now")
        if found.status != ATTACHED:
            return Later()
        return answered(self.disk_moves.detach(disk.disk_id, source))


def _other_device(found: Disk, disk: KeptDisk) -> str:
    """Return where a data disk is if one before it was left; a system disk has another place anyway."""
    return found.device if disk.kind == "data" and found.device != disk.device else ""


def _named(disk_id: str, seen: Sequence[Disk]) -> Disk | None:
    return next((one for one in seen if one.disk_id == disk_id), None)


def _is_to_come(disk: Disk | None, replacement: str) -> bool:
    """Tell whether a disk has no device on the replacement yet; one that is gone never gets one."""
    return disk is not None and disk.instance_id != replacement
