"""The audit: what an interruption would do to each spot instance, before one comes."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial

from worker import ports
from worker.core import identity
from worker.core.auditing import Advice, Equipped, Finding, Survival, examine
from worker.core.eligibility import why_not_ours
from worker.core.errors import RecreationError
from worker.core.model import Accepted, Instance, KeepAnswer
from worker.core.policy import Policy
from worker.core.progress import Captured
from worker.operator_ports import DiskSettings, Fleet
from worker.ops.patience import Patience
from worker.steps.excess import why_one_too_many

# In the order in which a person should look at them.
_WORST_FIRST = (Survival.NO, Survival.AT_RISK, Survival.LIKELY, Survival.YES)


@dataclass(frozen=True, slots=True)
class LeftAlone:
    """A spot instance that the worker would not recreate, and why."""

    instance_id: str
    name: str
    why: str


@dataclass(frozen=True, slots=True)
class Reclaimed:
    """A source whose interruption has come: there is nothing left to prepare.

    Attributes:
        replacement: What runs in its place; empty while nothing that is seen does.
    """

    source: Equipped
    replacement: str = ""

    @property
    def is_beside(self) -> bool:
        """Whether it runs and is not reclaimed, so that it and its replacement are two copies."""
        source = self.source.instance
        return bool(self.replacement) and not source.is_recycling and source.status == "Running"


@dataclass(frozen=True, slots=True)
class Report:
    """What was found, the worst first.

    Attributes:
        sources: The instances that were examined, in the same order as the findings.
        left_alone: Spot instances that an interruption would end.
        reclaimed: Those that are locked or replaced already.
    """

    findings: tuple[Finding, ...]
    sources: tuple[Equipped, ...]
    left_alone: tuple[LeftAlone, ...]
    reclaimed: tuple[Reclaimed, ...] = ()

    @property
    def to_capture(self) -> tuple[Equipped, ...]:
        """What might have to be brought back from its capture: not what is replaced."""
        return (*self.sources, *(one.source for one in self.reclaimed if not one.replacement))

    @property
    def has_losses(self) -> bool:
        """Whether some instance would not survive, or is one of two copies that run now."""
        is_lost = any(one.survival is Survival.NO for one in self.findings)
        return is_lost or any(one.is_beside for one in self.reclaimed)


@dataclass(frozen=True, slots=True)
class Fix:
    """One change that can be made: what, to which disks of which instance."""

    what: Advice
    instance_id: str
    disk_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Fixed:
    """What became of a change; `refused` is the reason why it was not made."""

    fix: Fix
    refused: str = ""


@dataclass(frozen=True, slots=True)
class Audit:
    """The audit of one region; it changes nothing."""

    fleet: Fleet
    instances: ports.Instances
    patience: Patience

    def look(self, policy: Policy, *, region: str, snapshot_policy: str) -> Report:
        """Examine every spot instance that the worker would recreate.

        Args:
            policy: Decides whose instances, and how long the notice is.
            region: Region id.
            snapshot_policy: Automatic snapshot policy to advise; empty when there is none.
        """
        ours: list[tuple[Finding, Equipped]] = []
        left: list[LeftAlone] = []
        reclaimed: list[Reclaimed] = []
        fleet = self.patience(self.fleet.equipped)
        replaced = _replaced(fleet)
        for one in fleet:
            why = why_not_ours(one.instance, policy) or self._one_too_many(one.instance)
            if why is not None:
                left.append(LeftAlone(one.instance.instance_id, one.instance.name, why))
                continue
            if one.instance.is_recycling or one.instance.instance_id in replaced:
                reclaimed.append(Reclaimed(one, replaced.get(one.instance.instance_id, "")))
                continue
            known = replace(one, snapshots=self._snapshots(one))
            finding = examine(
                known,
                notice=policy.notice,
                region=region,
                policy=snapshot_policy,
                hand_over=policy.hand_over,
                private_ip=policy.private_ip,
            )
            ours.append((finding, known))
        ours.sort(key=lambda pair: _rank(pair[0]))
        return Report(
            findings=tuple(finding for finding, _ in ours),
            sources=tuple(source for _, source in ours),
            left_alone=tuple(left),
            reclaimed=tuple(reclaimed),
        )

    def capture(self, one: Equipped) -> Captured:
        """Capture a source as the step `spec` does."""
        role = self.patience(lambda: self.fleet.ram_role(one.instance.instance_id))
        details = self.patience(lambda: self.fleet.details(one.instance.instance_id))
        return Captured(one.instance, one.disks, role, details)

    def _one_too_many(self, instance: Instance) -> str | None:
        return self.patience(lambda: why_one_too_many(instance, self.instances))

    def _snapshots(self, one: Equipped) -> dict[str, float]:
        return self.patience(lambda: self.fleet.newest_snapshots(one.instance.instance_id))


def fixes_of(report: Report) -> tuple[Fix, ...]:
    """List the changes that a tool can make."""
    return tuple(
        Fix(what, finding.instance.instance_id, finding.advised_about(what))
        for finding in report.findings
        for what in (Advice.OUTLIVE, Advice.POLICY)
        if finding.advised_about(what)
    )


def make(
    fixes: Sequence[Fix], settings: DiskSettings, patience: Patience, *, owner: str, policy: str
) -> Iterator[Fixed]:
    """Make the changes one by one, going on after a refusal; making one twice changes nothing."""

    def change(fix: Fix) -> KeepAnswer:
        if fix.what is Advice.POLICY:
            return settings.give_policy(fix.disk_ids, policy)
        return settings.outlive(fix.disk_ids, owner=owner)

    for fix in fixes:
        yield _made(fix, partial(change, fix), patience)


def _made(fix: Fix, change: Callable[[], KeepAnswer], patience: Patience) -> Fixed:
    try:
        answer = patience(change)
    except RecreationError as error:
        return Fixed(fix, error.sentence)
    return Fixed(fix, "" if isinstance(answer, Accepted) else answer.code)


def _replaced(fleet: Sequence[Equipped]) -> dict[str, str]:
    """Tell by the tags of what runs which sources have a replacement, and which."""
    return {
        one.instance.tags[identity.TAG_SOURCE]: one.instance.instance_id
        for one in fleet
        if identity.TAG_SOURCE in one.instance.tags
        and not {identity.TAG_DRILL, identity.TAG_QUARANTINED} & one.instance.tags.keys()
    }


def _rank(finding: Finding) -> tuple[int, str]:
    return _WORST_FIRST.index(finding.survival), finding.instance.instance_id
