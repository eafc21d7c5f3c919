"""Elastic addresses: off the source, then onto the replacement."""

from dataclasses import dataclass

from worker.core import handing
from worker.core.handing import Thing
from worker.core.model import Address
from worker.core.progress import Progress
from worker.ports import Addresses
from worker.steps.handover.moves import Later, Left, Moved, Report, answered

BOUND = "InUse"


@dataclass(frozen=True, slots=True)
class AddressMove:
    """Moves one elastic address; it has one target at a time, so two can never have it."""

    addresses: Addresses

    def run(self, thing: Thing, address: Address, progress: Progress) -> Report:
        """Look where the address is, and take it one stage further."""
        replacement = progress.receiver
        found = self.addresses.find(address.allocation)
        if found is None:
            return Left("it is not there any more")
        if found.is_free:
            token = handing.token(progress, thing, "associate", replacement)
            answer = self.addresses.associate(found.allocation, replacement, token=token)
            return answered(answer)
        if found.target == replacement:
            return Moved() if found.status == BOUND else Later()
        if found.target not in progress.givers:
            return Left(f"{found.target or 'something else'} has it by now")
        if found.status != BOUND:
            return Later()
        token = handing.token(progress, thing, "unassociate", found.target)
        return answered(self.addresses.unassociate(found.allocation, found.target, token=token))
