"""Data disks themselves: off the source, then onto the replacement, in the same zone."""

from dataclasses import dataclass

from worker.core.progress import KeptDisk, Progress
from worker.ports import DiskMoves
from worker.steps.handover.moves import Later, Left, Moved, Report, answered

ATTACHED = "In_use"
FREE = "Available"


@dataclass(frozen=True, slots=True)
class DiskMove:
    """Moves one disk with all that was ever written to it; one instance has it at a time."""

    disk_moves: DiskMoves

    def run(self, disk: KeptDisk, progress: Progress) -> Report:
        """Look where the disk is, and take it one stage further."""
        source, replacement = progress.instance_id, progress.launched.instance_id
        specified = progress.specified
        if specified is None or specified.source.zone != progress.launched.zone:
            return Left("the replacement is in another zone")
        found = next(iter(self.disk_moves.find((disk.disk_id,))), None)
        if found is None:
            return Left("it is not there any more")
        if found.status == FREE and not found.instance_id:
            goes = disk.was_deleted_with_instance
            answer = self.disk_moves.attach(disk.disk_id, replacement, goes_with_instance=goes)
            return answered(answer)
        if found.instance_id == replacement:
            return Moved() if found.status == ATTACHED else Later()
        if found.instance_id != source:
            return Left(f"{found.instance_id or 'something else'} has it by now")
        if found.status != ATTACHED:
            return Later()
        return answered(self.disk_moves.detach(disk.disk_id, source))
