"""The drill as a person reads it: what it will do and cost, what came of it, what was taken away."""

from collections.abc import Iterable, Iterator, Sequence

from worker.core.progress import Mark
from worker.operator_ports import HOURS_PER_MONTH, Price
from worker.ops.drill import Mode, Plan, Report, Trial
from worker.ops.sweep import Result
from worker.ops.sweep_view import counts
from worker.ops.wording import Wording


def plan_lines(plan: Plan, wording: Wording) -> list[str]:
    """Say what is going to happen, and what it costs."""
    source = plan.source
    name = source.name or source.instance_id
    what = {Mode.CHECK: "image", Mode.LAUNCH: "launch", Mode.HANDOVER: "handover"}[plan.mode]
    lines = [
        wording(
            "drill.source",
            name=name,
            source=source.instance_id,
            type=source.instance_type,
            zone=source.zone,
        ),
        wording(
            f"drill.will_{what}", number=len(plan.disks), size=plan.size, group=plan.security_group
        ),
    ]
    if plan.mode is Mode.HANDOVER:
        lines += [wording(f"drill.{one}", source=source.instance_id) for one in ("moves", "away")]
    else:
        lines.append(wording("drill.untouched", source=source.instance_id))
    lines.append(wording("drill.cost"))
    if plan.mode is not Mode.CHECK:
        hour = _hourly([plan.instance_month], wording)
        lines.append(
            wording("drill.cost_launch", hour=hour, disks=_hourly(plan.disks_month, wording))
        )
    if plan.resumed:
        lines.append(wording("drill.resumes", things=counts(plan.resumed, wording)))
    return [*lines, wording("drill.ends")]


def mark_line(mark: Mark, began: float, wording: Wording) -> str:
    """Say that something has happened."""
    what = wording.known("mark", mark.what)
    seconds = wording("seconds", number=round(mark.at - began))
    return f"{seconds}  {what}  {mark.resource}".rstrip()


def report_lines(report: Report, wording: Wording) -> list[str]:
    """Say what came of it."""
    lines = [wording("drill.image", seconds=round(report.image_seconds))]
    if report.trials:
        lines += [
            wording("drill.candidates"),
            *(f"  {line}" for line in _trials(report.trials, wording)),
        ]
    if report.plan.mode is not Mode.CHECK:
        # The receipt above tells it.
        return [*lines, _verdict(report, wording)]
    lines += [
        wording("drill.lost", what=wording.sentence(one.what), why=wording.sentence(one.why))
        for one in report.progress.remarks
    ]
    return [*lines, _verdict(report, wording)]


def cleaned_line(results: Sequence[Result], wording: Wording) -> str:
    """Count what was taken away."""
    left = sum(1 for one in results if one.is_failure)
    return wording("drill.cleaned", deleted=len(results) - left, left=left)


def _verdict(report: Report, wording: Wording) -> str:
    launched = report.progress.launched
    if not report.is_good:
        return wording("drill.bad_handover" if launched.running_at else "drill.bad")
    if report.plan.mode is not Mode.CHECK:
        charge = f" ({launched.charge})" if launched.charge else ""
        label = f"{launched.instance_type} in {launched.zone}{charge}"
        candidate = wording.sentence(label)
        return wording("drill.good_launch", replacement=launched.instance_id, candidate=candidate)
    first = next(one for one in report.trials if one.is_good)
    return wording("drill.good", candidate=wording.sentence(first.candidate.label))


def _trials(trials: Sequence[Trial], wording: Wording) -> Iterator[str]:
    """List those that the cloud was asked about, and count the others."""
    asked = [one for one in trials if one.is_good or one.answer]
    yield from (_trial(one, wording) for one in asked)
    if len(asked) < len(trials):
        yield wording("drill.not_asked", number=len(trials) - len(asked))


def _trial(trial: Trial, wording: Wording) -> str:
    if trial.is_good and trial.dropped:
        told = wording("drill.would_without", dropped=wording.listed(trial.dropped))
    elif trial.is_good:
        told = wording("drill.would")
    else:
        told = wording("drill.refused", why=wording.code(trial.answer, "RunInstances"))
    return wording("because", what=wording.sentence(trial.candidate.label), why=told)


def _hourly(prices: Iterable[Price | None], wording: Wording) -> str:
    """Add monthly prices up to one per hour; one that is unknown makes the sum unknown."""
    known = list(prices)
    found = [one for one in known if one is not None]
    if not found or len(found) < len(known) or len({one.currency for one in found}) > 1:
        return wording("drill.unknown")
    return f"{sum(one.amount for one in found) / HOURS_PER_MONTH:.3f} {found[0].currency}"
