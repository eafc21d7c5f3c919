"""The drill as plain data for programs."""

from typing import Any

from worker.core.messages import iso
from worker.core.receipt import receipt
from worker.ops.drill import Plan, Report, Trial


def plan_data(plan: Plan) -> dict[str, Any]:
    """Return what is going to happen, and what it costs."""
    month = plan.instance_month
    return {
        "drill": plan.drill,
        "instance": plan.source.instance_id,
        "mode": plan.mode.value,
        "disks": len(plan.disks),
        "size": plan.size,
        "resumes": [one.resource_id for one in plan.resumed],
        "monthly_price": month.amount if month is not None else None,
        "currency": month.currency if month is not None else None,
    }


def report_data(report: Report, at: float) -> dict[str, Any]:
    """Return what came of it, with the receipt that a recreation would have."""
    return {
        "passed": report.is_good,
        "image_seconds": round(report.image_seconds, 1),
        "timeline": [
            {"what": one.what, "at": iso(one.at), "resource": one.resource}
            for one in report.progress.marks
        ],
        "candidates": [_trial_data(one) for one in report.trials],
        "receipt": receipt(report.progress, at),
    }


def _trial_data(trial: Trial) -> dict[str, Any]:
    return {
        "candidate": trial.candidate.label,
        "would_launch": trial.is_good,
        "answer": trial.answer,
        "without": list(trial.dropped),
    }
