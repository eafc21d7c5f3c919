"""Hand over its disks where they are not imaged, and what makes a server the one that others know."""

from dataclasses import dataclass, replace
from typing import ClassVar

from worker.core import handing, identity, launching
from worker.core.errors import Permanent, Throttled, Transient
from worker.core.handing import Thing
from worker.core.model import Address, Interface, Member
from worker.core.outcomes import Done, Note, Outcome, StepName, Wait
from worker.core.policy import HealthCheck, Policy
from worker.core.progress import KeptDisk, Progress
from worker.ports import (
    Addresses,
    Balancers,
    Commands,
    DiskMoves,
    Instances,
    Interfaces,
    Probes,
    Sources,
    Tagging,
)
from worker.steps.handover.addresses import AddressMove
from worker.steps.handover.disks import DiskMove
from worker.steps.handover.health import Check
from worker.steps.handover.interfaces import InterfaceMove
from worker.steps.handover.members import MemberMove
from worker.steps.handover.moves import Later, Left, Moved, RefusedForNow, Report
from worker.steps.handover.tags import TagMove

SOURCE_POLL_SECONDS = 3.0
# For how long an address waits for the replacement of a replacement that is reclaimed.
HEIR_SECONDS_MAX = 1_800.0
HEIR_POLL_SECONDS = 10.0
# The longer it has not come, the less often it is looked for.
HEIR_POLL_SHARE = 0.25
HEIR_POLL_SECONDS_MAX = 120.0
NO_HEIR = "the replacement was reclaimed before it arrived; give it to its successor by hand"
# What can be given on; a disk is in the image of whoever had it, and a tag goes with its resource.
HERITABLE = (Address, Member, Interface)


@dataclass(frozen=True, slots=True)
class HandOver:
    """Carry over each thing that is free or still on the source, once the source serves no more.

    Whatever cannot be carried over stays where it is and is named: nothing here parks.
    """

    name: ClassVar[StepName] = StepName.HANDOVER

    sources: Sources
    instances: Instances
    addresses: Addresses
    balancers: Balancers
    interfaces: Interfaces
    disk_moves: DiskMoves
    tagging: Tagging
    probes: Probes
    commands: Commands
    policy: Policy

    def is_done(self, progress: Progress) -> bool:
        """Tell whether all is moved or left; a source that may serve yet is watched to its end."""
        is_moved = self._is_checked(progress) and not handing.unfinished(progress)
        return is_moved and not launching.awaits_source(progress)

    def reads(self, progress: Progress) -> tuple[object, ...]:
        """What was on the source, who gets it, and the rounds that the tokens stand for."""
        rounds = tuple((move.thing, move.round) for move in progress.moves if move.round)
        return (progress.belongings, progress.launched.missing, progress.receiver, rounds)

    def run(self, progress: Progress, now: float) -> Outcome:
        """Check the replacement, then let one thing have its turn."""
        if self._is_check_due(progress):
            return self._check.run(progress, now)
        if not progress.launched.source_stopped_at:
            return self._await_source(progress, now)
        opened = handing.begun(progress, now, self._open(progress))
        if opened != progress:
            return Note(opened)
        chosen = handing.in_turn(progress, now)
        if isinstance(chosen, float):
            return Wait(progress, chosen, "the handover takes effect")
        thing, move = chosen
        if (beside := self._beside(progress, now)) is not None:
            return beside
        if isinstance(thing.what, HERITABLE):
            orphaned = self._follow(progress, thing, now)
            if orphaned is not None:
                return orphaned
        if handing.is_overdue(progress, move, self.policy.notice, now):
            return _noted(progress, thing, Left(move.code or "it was busy for too long"), now)
        return _noted(progress, thing, self._look_and_act(thing, progress, now), now)

    def forgive(
        self, progress: Progress, error: Transient | Permanent, now: float
    ) -> Outcome | None:
        """Put off the thing whose turn it was, or leave it if it was refused for good."""
        if self._is_check_due(progress):
            return self._check.forgive(progress, error, now)
        if not progress.launched.source_stopped_at:
            return None
        chosen = handing.in_turn(progress, now)
        if isinstance(chosen, float):
            return None
        if isinstance(error, Permanent):
            return _noted(progress, chosen[0], Left(error.code or "refused"), now)
        at = error.retry_at if isinstance(error, Throttled) else 0.0
        return Note(handing.put_off(progress, chosen[0], error.code, now, at))

    # The health check stands before everything that brings traffic to an address it asks

    def _is_checked(self, progress: Progress) -> bool:
        if self.policy.health is None or progress.is_in_place or progress.was_reclaimed:
            return True
        if progress.rung == "rescue":
            # It is not set up to serve, so that nothing asks whether it does.
            return True
        return progress.health is not None and bool(progress.health.ended)

    def _is_check_due(self, progress: Progress) -> bool:
        check = self.policy.health
        if check is None or self._is_checked(progress):
            return False
        ended = {move.thing for move in progress.moves if move.ended}
        return all(one.key in ended for one in self._needed(progress, check))

    def _open(self, progress: Progress) -> tuple[Thing, ...]:
        """List what may move: before the check it is what the check needs."""
        check = self.policy.health
        if check is None or self._is_checked(progress):
            return handing.things(progress)
        return self._needed(progress, check)

    def _needed(self, progress: Progress, check: HealthCheck) -> tuple[Thing, ...]:
        """List what stands before the check: the service's disks, and the address that is asked."""
        asked = handing.addresses(progress) if check.address == "elastic" else ()
        return (*handing.disks(progress), *asked)

    @property
    def _check(self) -> Check:
        return Check(self.probes, self.commands, self.sources, self.policy)

    def _await_source(self, progress: Progress, now: float) -> Outcome:
        """Never two that serve: what others know moves only after the source is down."""
        source = self.sources.find(progress.instance_id)
        if source is None and not progress.absent_at:
            missed = replace(progress, absent_at=now)
            return Wait(missed, now + SOURCE_POLL_SECONDS, "the source is not there; look again")
        if source is not None:
            progress = launching.with_source_shown(progress)
        if source is None or source.status == "Stopped":
            return Note(launching.with_stopped_source(progress, source, now))
        if now < progress.t0 + self.policy.false_alarm_after:
            return Wait(progress, now + SOURCE_POLL_SECONDS, f"the source is {source.status}")
        return Done(self._both(progress, now))

    def _beside(self, progress: Progress, now: float) -> Outcome | None:
        """Take nothing off a source that was started again; the lock forbids that until the release."""
        can_be = progress.economical is not None or now > progress.t0 + self.policy.notice
        source = self.sources.find(progress.instance_id) if can_be else None
        if source is None or not launching.serves_again(progress, source):
            return None
        if progress.economical is None:
            return Done(self._both(progress, now))
        return self._two(progress)

    def _both(self, progress: Progress, now: float) -> Progress:
        """The notice was taken back after the launch: which of the two goes is a person's choice."""
        source, replacement = progress.instance_id, progress.launched.instance_id
        # A refusal changes nothing here: a person is told at once, and in the receipt as well.
        self.tagging.tag("instance", (replacement,), {identity.TAG_BESIDE: source})
        for thing in handing.unfinished(progress):
            progress = handing.left(handing.begun(progress, now), thing, "the source still runs")
        return launching.with_source_serving(progress, now)

    def _follow(self, progress: Progress, thing: Thing, now: float) -> Outcome | None:
        """Nothing goes to a server that goes: it waits for that one's replacement, and for its stop."""
        receiver = self.sources.find(progress.receiver)
        if receiver is not None and not receiver.is_recycling:
            return None
        serves = receiver is not None and receiver.status != "Stopped"
        own = launching.recreation_of(progress, progress.receiver).recreation_id
        found = launching.not_quarantined(self.instances.find_tagged(own), ())
        heirs = tuple(one for one in found if one.status == "Running")
        if heirs and not serves:
            heir = launching.winner(heirs)
            return Note(handing.begun_again(launching.with_heir(progress, heir), now))
        since = progress.launched.orphaned_at or now
        if now > since + HEIR_SECONDS_MAX:
            return None if receiver is not None else _noted(progress, thing, Left(NO_HEIR), now)
        waiting = replace(progress, launched=replace(progress.launched, orphaned_at=since))
        pause = max(HEIR_POLL_SECONDS, (now - since) * HEIR_POLL_SHARE)
        return _noted(waiting, thing, Later(min(pause, HEIR_POLL_SECONDS_MAX)), now)

    def _two(self, progress: Progress) -> Outcome:
        """A start that took effect late: the clone stays, and nothing moves off a server that serves."""
        source, replacement = progress.instance_id, progress.launched.instance_id
        # A refusal changes nothing here: a person is told in the receipt as well.
        self.tagging.tag("instance", (source,), {identity.TAG_QUARANTINED: replacement})
        told = launching.with_source_beside(progress)
        for thing in handing.unfinished(told):
            told = handing.left(told, thing, "the source runs again")
        return Done(told)

    def _look_and_act(self, thing: Thing, progress: Progress, now: float) -> Report:
        match thing.what:
            case KeptDisk() as disk:
                return DiskMove(self.disk_moves, self.policy.notice).run(disk, progress, now)
            case Address() as address:
                return AddressMove(self.addresses).run(thing, address, progress)
            case Member() if progress.rung == "rescue":
                return Left("the replacement is not set up to serve")
            case Member() as member:
                mover = MemberMove(
                    self.balancers, self.interfaces, self.sources, self.instances, self.policy.owner
                )
                return mover.run(thing, member, progress)
            case Interface() as interface:
                return InterfaceMove(self.interfaces).run(interface, progress)
            case tags:
                return TagMove(self.sources, self.interfaces, self.tagging).run(tags, progress)


def _noted(progress: Progress, thing: Thing, report: Report, now: float) -> Note:
    match report:
        case Moved(place, spare):
            return Note(handing.moved(progress, thing, now, place, spare))
        case Left(why):
            return Note(handing.left(progress, thing, why))
        case Later(seconds):
            return Note(handing.later(progress, thing, now + seconds))
        case RefusedForNow(code):
            return Note(handing.refused_for_now(progress, thing, code, now))
