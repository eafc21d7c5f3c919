"""Memberships in load balancers: the replacement comes in, and only then the source goes out."""

from collections.abc import Sequence
from dataclasses import dataclass

from worker.core import handing
from worker.core.handing import Thing
from worker.core.model import Member, NotInstalled
from worker.core.progress import Progress
from worker.ports import Balancers, Interfaces, Sources
from worker.steps.handover.moves import Later, Left, Moved, RefusedForNow, Report, answered

# While it is in one of these states the cloud is still at work on it.
ADDING = "Adding"
REMOVING = "Removing"


@dataclass(frozen=True, slots=True)
class MemberMove:
    """Moves one membership, port and weight kept."""

    balancers: Balancers
    interfaces: Interfaces
    sources: Sources

    def run(self, thing: Thing, member: Member, progress: Progress) -> Report:
        """Look who is in the group, and take the move one stage further."""
        wanted = self._wanted(member, progress)
        if wanted is None:
            return RefusedForNow("the replacement does not show its interface")
        found = self.balancers.members((member.server, wanted.server))
        if isinstance(found, NotInstalled):
            return Left(found.sentence)
        new, old = _of(found, wanted), _of(found, member)
        if new is None:
            return self._add(thing, wanted, progress, is_there=old is not None)
        if new.status == ADDING:
            return Later()
        if old is None:
            return Moved()
        if old.status == REMOVING:
            return Later()
        token = handing.token(progress, thing, "remove")
        return answered(self.balancers.remove(old, token=token))

    def _wanted(self, member: Member, progress: Progress) -> Member | None:
        replacement = progress.launched.instance_id
        if member.server == progress.instance_id:
            return member.moved_to(replacement)
        for one in self.interfaces.of_instance(replacement):
            if one.is_primary:
                return member.moved_to(one.interface_id, next(iter(one.ips), ""))
        return None

    def _add(self, thing: Thing, wanted: Member, progress: Progress, *, is_there: bool) -> Report:
        """Add the replacement, unless somebody has taken the living source out of the group."""
        if not is_there and self.sources.find(progress.instance_id) is not None:
            return Left("somebody has taken the source out of it")
        token = handing.token(progress, thing, "add")
        return answered(self.balancers.add(wanted, token=token))


def _of(found: Sequence[Member], wanted: Member) -> Member | None:
    return next(
        (one for one in found if one.server == wanted.server and one.is_same_place(wanted)), None
    )
