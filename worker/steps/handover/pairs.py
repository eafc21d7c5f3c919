"""Primary/secondary groups of classic load balancers: made anew with the replacement, then led to.

Nobody can change the servers of such a group. The old one stays, for the worker deletes nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from worker.core import launching
from worker.core.model import Member, NotInstalled, Pair
from worker.core.progress import Progress
from worker.ports import Balancers, Instances, Sources
from worker.steps.handover.moves import TAKEN_OUT, Left, Moved, Report, answered

UNUSED = "nothing led to its group, whose servers cannot be changed"


@dataclass(frozen=True, slots=True)
class PairMove:
    """Moves one place in a pair, listener by listener, port and weight and role kept."""

    balancers: Balancers
    sources: Sources
    instances: Instances
    owner: str

    def run(self, member: Member, wanted: Member, progress: Progress) -> Report:
        """Look where the listeners lead, and take the first that is behind one stage further."""
        if not member.listeners:
            return Left(UNUSED)
        found = self.balancers.pairs(member.balancer)
        if isinstance(found, NotInstalled):
            return Left(found.sentence)
        led = [(listener, _leading(found, listener)) for listener in member.listeners]
        behind = [(listener, pair) for listener, pair in led if pair and not pair.holds(wanted)]
        for listener, pair in behind:
            if self._is_to_move(pair, member, progress):
                return self._advance(
                    found, listener, self._target(pair, member, wanted, progress), progress
                )
        places = [pair for _, pair in led if pair is not None and pair.holds(wanted)]
        return Moved(places[0].group, _spare(found, places[0])) if places else Left(TAKEN_OUT)

    def _advance(
        self, found: Sequence[Pair], listener: str, target: Pair, progress: Progress
    ) -> Report:
        """Lead the listener to a group like the wanted one; make that first if there is none."""
        alike = [one for one in found if one.is_like(target)]
        if not alike:
            tags = progress.owned_tags(self.owner)
            return answered(self.balancers.make_pair(target, tags=tags))
        # Two workers may have made one each: both choose the same.
        chosen = min(alike, key=lambda one: (not one.listeners, one.group))
        return answered(self.balancers.lead(listener, chosen))

    def _is_to_move(self, pair: Pair, member: Member, progress: Progress) -> bool:
        """Tell whether the source has the place, or the cloud has taken it out when it went."""
        had = (member, *(member.moved_to(one) for one in progress.givers))
        if any(pair.holds(one) for one in had):
            return True
        is_taken = any(one.role == member.role for one in pair.members)
        return not is_taken and any(self.sources.find(one) is None for one in progress.givers)

    def _target(self, pair: Pair, member: Member, wanted: Member, progress: Progress) -> Pair:
        others = (one for one in pair.members if one.role != member.role)
        members = (replace(wanted, group=""), *(self._partner(one, progress) for one in others))
        return replace(pair, group="", members=members, listeners=())

    def _partner(self, one: Member, progress: Progress) -> Member:
        """Return who has the partner's place: its own replacement, if both were reclaimed at once."""
        found = self.sources.find(one.server)
        if one.kind != "ecs" or (found is not None and found.status == "Running"):
            return one
        own = launching.recreation_of(progress, one.server).recreation_id
        heirs = launching.not_quarantined(self.instances.find_tagged(own), ())
        running = tuple(heir for heir in heirs if heir.status == "Running")
        return one.moved_to(launching.winner(running).instance_id) if running else one


def _spare(found: Sequence[Pair], chosen: Pair) -> tuple[str, ...]:
    """Name what two workers have made in the same instant: the request takes no client token.

    Source: SLB CreateMasterSlaveServerGroup. No group but ours has the replacement in it.
    """
    alike = (one for one in found if one.is_like(chosen) and not one.listeners)
    return tuple(one.group for one in alike if one.group != chosen.group)


def _leading(found: Sequence[Pair], listener: str) -> Pair | None:
    return next((one for one in found if listener in one.listeners), None)
