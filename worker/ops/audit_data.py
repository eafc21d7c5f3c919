"""The audit as plain data for programs."""

from typing import Any

from worker.core.auditing import Finding
from worker.ops.audit import Fix, Fixed, Report


def report_data(report: Report) -> dict[str, Any]:
    """Return everything that was found."""
    return {
        "instances": [_finding_data(one) for one in report.findings],
        "left_alone": [
            {"id": one.instance_id, "name": one.name, "why": one.why} for one in report.left_alone
        ],
        "reclaimed": [
            {
                "id": one.source.instance.instance_id,
                "name": one.source.instance.name,
                "is_locked": one.source.instance.is_recycling,
                "replacement": one.replacement,
                "runs_beside_it": one.is_beside,
            }
            for one in report.reclaimed
        ],
    }


def fix_data(fix: Fix) -> dict[str, Any]:
    """Return one change."""
    return {"what": fix.what.value, "instance": fix.instance_id, "disks": list(fix.disk_ids)}


def fixed_data(fixed: Fixed) -> dict[str, Any]:
    """Return what became of a change."""
    return {**fix_data(fixed.fix), "done": not fixed.refused, "why": fixed.refused}


def _finding_data(finding: Finding) -> dict[str, Any]:
    estimate = finding.estimate
    return {
        "id": finding.instance.instance_id,
        "name": finding.instance.name,
        "survival": finding.survival.value,
        "why": finding.why.value,
        "about": finding.about,
        "image_seconds": {
            "least": estimate.least,
            "most": estimate.most,
            "rests_on": [basis.value for basis in estimate.bases],
            "is_measured": False,
        },
        "lost": [{"what": one.what.value, "about": list(one.about)} for one in finding.lost],
        "advised": [
            {"what": one.what.value, "about": list(one.about), "command": one.command}
            for one in finding.advised
        ],
    }
