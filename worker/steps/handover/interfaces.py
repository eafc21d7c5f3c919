"""Secondary network interfaces: off the source, then onto the replacement, in the same zone."""

from dataclasses import dataclass

from worker.core.model import Interface
from worker.core.progress import Progress
from worker.ports import Interfaces
from worker.steps.handover.moves import Later, Left, Moved, Report, answered

ATTACHED = "InUse"


@dataclass(frozen=True, slots=True)
class InterfaceMove:
    """Moves one secondary interface with its addresses, groups and memberships."""

    interfaces: Interfaces

    def run(self, interface: Interface, progress: Progress) -> Report:
        """Look where the interface is, and take it one stage further."""
        replacement = progress.receiver
        # The zone of an heir is not known here; the cloud refuses what does not fit.
        if not progress.launched.heir and interface.zone != progress.launched.zone:
            return Left("the replacement is in another zone")
        found = next(iter(self.interfaces.find((interface.interface_id,))), None)
        if found is None:
            return Left("it is not there any more")
        if found.is_free:
            return answered(self.interfaces.attach(found.interface_id, replacement))
        if found.instance_id == replacement:
            return Moved() if found.status == ATTACHED else Later()
        if found.instance_id not in progress.givers:
            return Left(f"{found.instance_id or 'something else'} has it by now")
        if found.status != ATTACHED:
            return Later()
        return answered(self.interfaces.detach(found.interface_id, found.instance_id))
