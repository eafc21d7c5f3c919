"""Hand over its disks where they are not imaged, and what makes a server the one that others know."""

from dataclasses import dataclass, replace
from typing import ClassVar

from worker.core import handing, launching
from worker.core.errors import Permanent, Throttled, Transient
from worker.core.handing import Thing
from worker.core.model import Address, Interface, Member
from worker.core.outcomes import Done, Note, Outcome, StepName, Wait
from worker.core.policy import Policy
from worker.core.progress import KeptDisk, Progress
from worker.ports import Addresses, Balancers, DiskMoves, Interfaces, Sources, Tagging
from worker.steps.handover.addresses import AddressMove
from worker.steps.handover.disks import DiskMove
from worker.steps.handover.interfaces import InterfaceMove
from worker.steps.handover.members import MemberMove
from worker.steps.handover.moves import Later, Left, Moved, RefusedForNow, Report
from worker.steps.handover.tags import TagMove

SOURCE_POLL_SECONDS = 3.0


@dataclass(frozen=True, slots=True)
class HandOver:
    """Carry over each thing that is free or still on the source, once the source serves no more.

    Whatever cannot be carried over stays where it is and is named: nothing here parks.
    """

    name: ClassVar[StepName] = StepName.HANDOVER

    sources: Sources
    addresses: Addresses
    balancers: Balancers
    interfaces: Interfaces
    disk_moves: DiskMoves
    tagging: Tagging
    policy: Policy

    def is_done(self, progress: Progress) -> bool:
        return not handing.unfinished(progress)

    def reads(self, progress: Progress) -> tuple[object, ...]:
        """What was on the source, who gets it, and the rounds that the tokens stand for."""
        rounds = tuple((move.thing, move.round) for move in progress.moves if move.round)
        launched = progress.launched
        return (progress.belongings, launched.missing, launched.instance_id, rounds)

    def run(self, progress: Progress, now: float) -> Outcome:
        """Let one thing have its turn."""
        if not progress.launched.source_stopped_at:
            return self._await_source(progress, now)
        opened = handing.begun(progress, now)
        if opened != progress:
            return Note(opened)
        chosen = handing.in_turn(progress, now)
        if isinstance(chosen, float):
            return Wait(progress, chosen, "the handover takes effect")
        thing, move = chosen
        if handing.is_overdue(progress, move, self.policy.notice, now):
            return _noted(progress, thing, Left(move.code or "it was busy for too long"), now)
        return _noted(progress, thing, self._look_and_act(thing, progress), now)

    def forgive(
        self, progress: Progress, error: Transient | Permanent, now: float
    ) -> Outcome | None:
        """Put off the thing whose turn it was, or leave it if it was refused for good."""
        if not progress.launched.source_stopped_at:
            return None
        chosen = handing.in_turn(progress, now)
        if isinstance(chosen, float):
            return None
        if isinstance(error, Permanent):
            return _noted(progress, chosen[0], Left(error.code or "refused"), now)
        at = error.retry_at if isinstance(error, Throttled) else 0.0
        return Note(handing.put_off(progress, chosen[0], error.code, now, at))

    def _await_source(self, progress: Progress, now: float) -> Outcome:
        """Never two that serve: what others know moves only after the source is down."""
        source = self.sources.find(progress.instance_id)
        if source is None and not progress.absent_at:
            missed = replace(progress, absent_at=now)
            return Wait(missed, now + SOURCE_POLL_SECONDS, "the source is not there; look again")
        if source is None or source.status == "Stopped":
            return Note(launching.with_stopped_source(progress, now))
        if now < progress.t0 + self.policy.false_alarm_after:
            return Wait(progress, now + SOURCE_POLL_SECONDS, f"the source is {source.status}")
        for thing in handing.unfinished(progress):
            progress = handing.left(handing.begun(progress, now), thing, "the source still runs")
        return Done(progress)

    def _look_and_act(self, thing: Thing, progress: Progress) -> Report:
        match thing.what:
            case KeptDisk() as disk:
                return DiskMove(self.disk_moves).run(disk, progress)
            case Address() as address:
                return AddressMove(self.addresses).run(thing, address, progress)
            case Member() if progress.rung == "rescue":
                return Left("the replacement is not set up to serve")
            case Member() as member:
                mover = MemberMove(self.balancers, self.interfaces, self.sources)
                return mover.run(thing, member, progress)
            case Interface() as interface:
                return InterfaceMove(self.interfaces).run(interface, progress)
            case tags:
                return TagMove(self.sources, self.interfaces, self.tagging).run(tags, progress)


def _noted(progress: Progress, thing: Thing, report: Report, now: float) -> Note:
    match report:
        case Moved():
            return Note(handing.moved(progress, thing, now))
        case Left(why):
            return Note(handing.left(progress, thing, why))
        case Later(seconds):
            return Note(handing.later(progress, thing, now + seconds))
        case RefusedForNow(code):
            return Note(handing.refused_for_now(progress, thing, code, now))
