"""Memberships in load balancers: the replacement comes in, and only then the source goes out."""

from collections.abc import Sequence
from dataclasses import dataclass

from worker.core import handing
from worker.core.handing import Thing
from worker.core.model import Member, NotInstalled
from worker.core.progress import Progress
from worker.ports import Balancers, Instances, Interfaces, Sources
from worker.steps.handover.moves import (
    TAKEN_OUT,
    Later,
    Left,
    Moved,
    RefusedForNow,
    Report,
    answered,
)
from worker.steps.handover.pairs import PairMove

# While it is in one of these states the cloud is still at work on it.
ADDING = "Adding"
REMOVING = "Removing"


@dataclass(frozen=True, slots=True)
class MemberMove:
    """Moves one membership, port and weight kept."""

    balancers: Balancers
    interfaces: Interfaces
    sources: Sources
    instances: Instances
    owner: str

    def run(self, thing: Thing, member: Member, progress: Progress) -> Report:
        """Look who is in the group, and take the move one stage further."""
        wanted = self._wanted(member, progress)
        if wanted is None:
            return RefusedForNow("the replacement does not show its interface")
        if member.is_paired:
            return PairMove(self.balancers, self.sources, self.instances, self.owner).run(
                member, wanted, progress
            )
        givers = self._givers(member, progress)
        found = self.balancers.members((*(one.server for one in givers), wanted.server))
        if isinstance(found, NotInstalled):
            return Left(found.sentence)
        new = _of(found, wanted)
        old = next((there for one in givers if (there := _of(found, one))), None)
        if new is None:
            return self._add(thing, wanted, progress, is_there=old is not None)
        if new.status == ADDING:
            return Later()
        if old is None:
            return Moved()
        if old.status == REMOVING:
            return Later()
        token = handing.token(progress, thing, "remove", old.server)
        return answered(self.balancers.remove(old, token=token))

    def _wanted(self, member: Member, progress: Progress) -> Member | None:
        return self._of_server(member, progress.receiver, progress)

    def _givers(self, member: Member, progress: Progress) -> tuple[Member, ...]:
        """List who may have the place: the source, and whoever was to get it and was reclaimed."""
        forebears = (one for one in progress.givers if one != progress.instance_id)
        had = (self._of_server(member, one, progress) for one in forebears)
        return (member, *(one for one in had if one is not None))

    def _of_server(self, member: Member, server: str, progress: Progress) -> Member | None:
        if member.server == progress.instance_id:
            return member.moved_to(server)
        for one in self.interfaces.of_instance(server):
            if one.is_primary:
                return member.moved_to(one.interface_id, next(iter(one.ips), ""))
        return None

    def _add(self, thing: Thing, wanted: Member, progress: Progress, *, is_there: bool) -> Report:
        """Add the replacement, unless somebody has taken the living source out of the group."""
        if not is_there and all(self.sources.find(one) is not None for one in progress.givers):
            return Left(TAKEN_OUT)
        token = handing.token(progress, thing, "add", wanted.server)
        return answered(self.balancers.add(wanted, token=token))


def _of(found: Sequence[Member], wanted: Member) -> Member | None:
    return next(
        (one for one in found if one.server == wanted.server and one.is_same_place(wanted)), None
    )
