"""`aliyun-ops audit`: what an interruption would do, before one comes."""

import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from worker.bootstrap import Surroundings, build_policy, build_surroundings
from worker.cli.failures import Failure, WrongUsage
from worker.cli.options import (
    dry_run_option,
    examples,
    json_option,
    language_option,
    pass_settings,
    yes_option,
)
from worker.cli.output import confirm, print_json
from worker.cli.stopping import interruptible
from worker.cli.wordings import wording_of
from worker.core.capture import write_capture
from worker.core.errors import RecreationError
from worker.operators import build_audit, build_captures, build_disk_settings, build_patience
from worker.ops.audit import Audit, Fix, Fixed, Report, fixes_of, make
from worker.ops.audit_data import fix_data, fixed_data, report_data
from worker.ops.audit_view import audit_view, fix_line, fixed_line
from worker.ops.printing import console_for, show, show_line
from worker.ops.wording import Wording
from worker.settings import Settings


@click.command(
    epilog=examples(
        "aliyun-ops audit",
        "aliyun-ops audit --record /var/lib/aliyun-ops/captures",
        "aliyun-ops audit --fix --dry-run",
    )
)
@pass_settings
@click.option(
    "--record",
    "directory",
    metavar="DIRECTORY",
    type=click.Path(file_okay=False, path_type=Path),
    help="Keep a signed capture of each source there, for the day when the event comes too late.",
)
@click.option(
    "--fix",
    "is_fixed",
    is_flag=True,
    help="Set disks to outlive their instance and give them audit.snapshot_policy, after a question.",
)
@dry_run_option
@yes_option
@language_option
@json_option
@interruptible()
def audit(
    settings: Settings,
    *,
    directory: Path | None,
    is_fixed: bool,
    dry_run: bool,
    yes: bool,
    language: str | None,
    as_json: bool,
) -> None:
    """Tell for each spot instance whether it would survive an interruption.

    For every instance that the worker would recreate: how long its image may take (a range from documents, not a
    measurement), what would be lost, and what to change, each as one command or setting. Exit code 1 when one would not
    survive. Without --record and --fix it changes nothing.
    """
    around = build_surroundings(settings, os.environ)
    auditing = build_audit(around, build_patience(around, time.sleep))
    policy = build_policy(settings, own_instance_id=settings.worker.own_instance_id or "")
    snapshot_policy = settings.audit.snapshot_policy or ""
    report = auditing.look(policy, region=settings.region, snapshot_policy=snapshot_policy)
    told = _Telling(report, wording_of(language), settings, as_json=as_json)
    told.begin()
    try:
        if directory is not None and not dry_run:
            told.recorded(_record(around, auditing, report, directory, told), directory)
        if is_fixed:
            _fix(around, told, yes=yes, dry_run=dry_run)
    finally:
        told.end()
    if any(one.refused for one in told.fixed):
        raise Failure("not everything was changed; the reasons are above, audit again")
    if told.lost:
        raise Failure(f"not captured: {', '.join(told.lost)}; the reasons are above, audit again")
    if report.has_losses:
        raise Failure("not every instance would survive an interruption")


def _record(
    around: Surroundings, auditing: Audit, report: Report, directory: Path, told: "_Telling"
) -> list[str]:
    """Capture every source, also after one that cannot be captured; returns the files."""
    settings = around.settings
    if not settings.signing_keys:
        raise WrongUsage(
            "ALIYUN_OPS_SIGNING_KEY is not set, and an unsigned capture is worth nothing"
        )
    captures, files = build_captures(directory), []
    for source in report.to_capture:
        try:
            captured = auditing.capture(source)
        except RecreationError as error:
            told.uncaptured(source.instance.instance_id, error.sentence)
            continue
        document = write_capture(
            captured,
            account=settings.account_id,
            region=settings.region,
            at=around.clock.now(),
            key=settings.signing_keys[0],
        )
        files.append(str(captures.keep(source.instance.instance_id, document)))
    return files


def _fix(around: Surroundings, told: "_Telling", *, yes: bool, dry_run: bool) -> None:
    fixes = fixes_of(told.report)
    told.announce(fixes)
    if not fixes or dry_run:
        told.dry(fixes)
        return
    told.warn()
    confirm(told.wording("audit.question", number=len(fixes)), yes=yes)
    made = make(
        fixes,
        build_disk_settings(around),
        build_patience(around, time.sleep),
        owner=around.settings.owner,
        policy=told.policy,
    )
    for one in made:
        told.made(one)
    told.again()


class _Telling:
    """Tells a person while it happens, or a program at the end, also after an interruption."""

    def __init__(
        self, report: Report, wording: Wording, settings: Settings, *, as_json: bool
    ) -> None:
        self.report = report
        self.wording = wording
        self.policy = settings.audit.snapshot_policy or ""
        self.fixed: list[Fixed] = []
        self.lost: list[str] = []
        self._notice = settings.notice.length
        self._as_json = as_json
        self._more: dict[str, Any] = {}

    def begin(self) -> None:
        if not self._as_json:
            shown = audit_view(self.report, self._notice, self.wording)
            show(shown, console_for(sys.stdout, os.environ))

    def recorded(self, files: list[str], directory: Path) -> None:
        self._more["recorded"] = files
        self._say("audit.recorded", number=len(files), directory=directory)

    def uncaptured(self, instance_id: str, why: str) -> None:
        self.lost.append(instance_id)
        self._more.setdefault("not_recorded", []).append({"id": instance_id, "why": why})
        told = self.wording.sentence(why)
        self._say("audit.not_recorded", instance=instance_id, why=told)

    def announce(self, fixes: Sequence[Fix]) -> None:
        self._more["changes"] = [fix_data(one) for one in fixes]
        self._say("audit.would_fix" if fixes else "audit.nothing_to_fix")
        for one in fixes:
            self._print(fix_line(one, self.policy, self.wording))

    def warn(self) -> None:
        show_line(self.wording("audit.fix.warning"), sys.stderr, os.environ)

    def dry(self, fixes: Sequence[Fix]) -> None:
        if fixes:
            self._say("audit.dry")

    def made(self, fixed: Fixed) -> None:
        self.fixed.append(fixed)
        self._print(fixed_line(fixed, self.policy, self.wording))

    def again(self) -> None:
        self._say("audit.again")

    def end(self) -> None:
        if self._as_json:
            made = {"fixed": [fixed_data(one) for one in self.fixed]} if self.fixed else {}
            print_json({**report_data(self.report), **self._more, **made})

    def _say(self, key: str, **values: object) -> None:
        self._print(self.wording(key, **values))

    def _print(self, line: str) -> None:
        if not self._as_json:
            show_line(line, sys.stdout, os.environ)
