"""`aliyun-ops drill`: a recreation rehearsed on an instance that nobody reclaims."""

import os
import re
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import click
from typing_extensions import Self

from worker.bootstrap import build_surroundings
from worker.cli.failures import Failure, WrongUsage, drop_output
from worker.cli.options import (
    dry_run_option,
    examples,
    json_option,
    language_option,
    pass_settings,
    yes_option,
)
from worker.cli.output import confirm, print_json
from worker.cli.stopping import interruptible, undisturbed
from worker.cli.wordings import wording_of
from worker.core.errors import RecreationError
from worker.core.leftovers import Leftover
from worker.core.progress import Mark
from worker.core.receipt import record
from worker.operators import build_cleaning, build_drill, build_patience
from worker.ops.drill import Drill, Mode, Plan, Report, began_at
from worker.ops.drill_cleaning import LAG_SECONDS_MAX, Cleaning
from worker.ops.drill_data import plan_data, report_data
from worker.ops.drill_view import cleaned_line, mark_line, plan_lines, report_lines
from worker.ops.patience import LONG_TRIES_MAX
from worker.ops.printing import console_for, show, show_line
from worker.ops.receipt_view import receipt_view
from worker.ops.sweep import Result
from worker.ops.sweep_data import result_data
from worker.ops.sweep_view import result_line
from worker.ops.wording import Wording
from worker.settings import Settings

_INSTANCE = re.compile(r"i-[0-9a-z]{8,32}\Z")
_GROUP = re.compile(r"sg-[0-9a-zA-Z]{4,32}\Z")


@click.command(
    epilog=examples(
        "aliyun-ops drill --instance i-bp1abcdefgh12345678",
        "aliyun-ops drill --instance i-bp1abcdefgh12345678 --launch --security-group sg-bp1isolated",
        "aliyun-ops drill --instance i-bp1canary0123456789 --handover",
        "aliyun-ops drill --instance i-bp1abcdefgh12345678 --clean",
    )
)
@click.option("--instance", "instance_id", metavar="ID", required=True, help="The spot instance.")
@click.option("--launch", "is_launch", is_flag=True, help="Launch a replacement, isolated.")
@click.option(
    "--handover",
    "is_handover",
    is_flag=True,
    help="Also stop the instance, a canary, and hand over; then everything goes back.",
)
@click.option(
    "--security-group",
    metavar="ID",
    default="",
    help="The only security group of the replacement; make one that lets nothing out.",
)
@click.option("--keep", is_flag=True, help="Leave what was made for a look at it.")
@click.option("--clean", is_flag=True, help="Only delete what drills of the instance have left.")
@pass_settings
@dry_run_option
@yes_option
@language_option
@json_option
@interruptible()
def drill(
    settings: Settings,
    *,
    instance_id: str,
    is_launch: bool,
    is_handover: bool,
    security_group: str,
    keep: bool,
    clean: bool,
    dry_run: bool,
    yes: bool,
    language: str | None,
    as_json: bool,
) -> None:
    """Rehearse a recreation: image, configuration, candidates, and a launch that is only checked.

    The worker's own steps run on an instance that is not being reclaimed. A replacement starts only with --launch: it has the
    data and the software of the source, so it must stand in a security group that lets it reach nothing. Nothing is stopped,
    handed over or changed on the instance itself.

    With --handover it is: an instance with the tag spot-recreation:canary is stopped, its addresses and memberships in load
    balancers go to the replacement, and all of it back when that is seen.

    What is made carries the drill's tag and is deleted at the end, with --launch and --handover also when it is interrupted.
    After any other interruption the same command goes on, and --clean takes everything away, and back. Exit code 1 when no
    replacement would have been launched, or something was not handed over.
    """
    mode = Mode.HANDOVER if is_handover else Mode.LAUNCH if is_launch else Mode.CHECK
    _check(instance_id, security_group, mode, is_both=is_launch and is_handover, clean=clean)
    around = build_surroundings(settings, os.environ)
    told = _Telling(wording_of(language), as_json=as_json)
    patience = build_patience(around, time.sleep, tries=LONG_TRIES_MAX)
    cleaning = build_cleaning(around, patience)
    with told, _interruptible(instance_id):
        if clean:
            _clean_only(cleaning, instance_id, told, dry_run=dry_run, yes=yes)
            return
        drilling = build_drill(around, patience)
        plan = drilling.plan(instance_id, mode, security_group=security_group)
        told.plan(plan)
        if dry_run:
            told.say("drill.dry")
            return
        confirm(told.wording("drill.question"), yes=yes)
        _rehearse(drilling, plan, cleaning, told, keep=keep)


def _rehearse(
    drilling: Drill, plan: Plan, cleaning: Cleaning, told: "_Telling", *, keep: bool
) -> None:
    """Run the drill and clean up, also after a failure.

    An interruption ends at once what leaves nothing but an image; what has launched or lent something takes it back first.
    """
    instance_id, is_interrupted = plan.source.instance_id, False
    told.see_it_through()
    try:
        why = _why_not_passed(drilling, plan, told)
    except KeyboardInterrupt:
        if plan.mode is Mode.CHECK or keep:
            raise
        why, is_interrupted = "interrupted", True
        told.say("drill.interrupted")
    if keep:
        told.say("drill.kept", source=instance_id)
    left = "" if keep else _clean(cleaning, instance_id, told)
    if is_interrupted and not left:
        # What was asked for last, and whose answer nobody has seen, may show only now.
        drilling.patience.until(drilling.patience.clock.now() + LAG_SECONDS_MAX)
        left = _clean(cleaning, instance_id, told) or "nothing is left of the drill"
    if why or left:
        raise Failure("; ".join(one for one in (why, left) if one))


def _why_not_passed(drilling: Drill, plan: Plan, told: "_Telling") -> str:
    """Run the drill to its end and tell what came of it; returns why it has not passed, else nothing."""
    try:
        report = drilling.run(plan, told.mark)
    except RecreationError as error:
        return f"the drill failed: {error.sentence}{f' ({error.code})' if error.code else ''}"
    told.report(report, drilling.patience.clock.now())
    if report.is_good:
        return ""
    if report.progress.launched.running_at:
        return "not everything was handed over; the reasons are above"
    return "no replacement would have been launched; the reasons are above"


def _check(instance_id: str, group: str, mode: Mode, *, is_both: bool, clean: bool) -> None:
    if _INSTANCE.match(instance_id) is None:
        raise WrongUsage(
            f"--instance {instance_id} is no instance id, such as i-bp1abcdefgh12345678; name the id, not the name:"
            " aliyun-ops audit lists both"
        )
    if is_both or (clean and mode is not Mode.CHECK):
        raise WrongUsage("give one of --launch, --handover and --clean")
    if mode is Mode.LAUNCH and not group:
        raise WrongUsage(
            "--launch starts the software of the source a second time: name with --security-group one that lets it reach"
            " nothing"
        )
    if group and mode is Mode.HANDOVER:
        raise WrongUsage("--handover takes the canary's own security groups, as the worker would")
    if group and (_GROUP.match(group) is None or mode is not Mode.LAUNCH):
        raise WrongUsage(
            "--security-group takes an id such as sg-bp1abcdefgh12345678, with --launch"
        )


def _clean_only(
    cleaning: Cleaning, instance_id: str, told: "_Telling", *, dry_run: bool, yes: bool
) -> None:
    left = cleaning.left(instance_id)
    told.left(left, instance_id)
    if not left:
        return
    if dry_run:
        told.say("drill.dry")
        return
    confirm(told.wording("drill.question_clean", number=len(left)), yes=yes)
    left_over = _clean(cleaning, instance_id, told)
    if left_over:
        raise Failure(left_over)


def _clean(cleaning: Cleaning, instance_id: str, told: "_Telling") -> str:
    """Take everything away; returns what is to be said when something stayed."""
    told.see_it_through()
    try:
        with undisturbed():
            for result in cleaning.run(instance_id, told.mark):
                told.result(result)
    except RecreationError as error:
        clean = f"run aliyun-ops drill --clean --instance {instance_id}"
        return f"what it has made is still there ({error.sentence}): {clean}"
    told.count()
    failed = [one.thing.resource_id for one in told.results if one.is_failure]
    if not failed:
        return ""
    return f"not deleted: {', '.join(failed)}; the reasons are above; run aliyun-ops drill --clean --instance {instance_id}"


@contextmanager
def _interruptible(instance_id: str) -> Iterator[None]:
    try:
        yield
    except KeyboardInterrupt:
        raise Failure(
            "interrupted; the same command goes on, and this takes everything away:"
            f" aliyun-ops drill --clean --instance {instance_id}"
        ) from None


class _Telling:
    """Tells a person while it happens, or a program at the end, also after a failure."""

    def __init__(self, wording: Wording, *, as_json: bool) -> None:
        self.wording = wording
        self._results: dict[str, Result] = {}
        self._counted = ""
        self._as_json = as_json
        self._data: dict[str, Any] = {}
        self._began = 0.0
        self._is_bound = False
        self._unwritten = ""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if self._as_json:
            print_json({**self._data, "cleaned": [result_data(one) for one in self.results]})
        if self._unwritten and kind is None:
            raise Failure(f"standard output cannot be written: {self._unwritten}")

    def see_it_through(self) -> None:
        """Go on from here also where nobody can be told: a canary must not stay stopped for a closed terminal."""
        self._is_bound = True

    def say(self, key: str, **values: object) -> None:
        self._line(self.wording(key, **values))

    def plan(self, plan: Plan) -> None:
        self._data = plan_data(plan)
        self._began = began_at(plan.drill)
        for line in plan_lines(plan, self.wording):
            self._line(line)

    def mark(self, mark: Mark) -> None:
        self._began = self._began or mark.at
        self._line(mark_line(mark, self._began, self.wording))

    def report(self, report: Report, at: float) -> None:
        self._data |= report_data(report, at)
        if report.plan.mode is not Mode.CHECK and not self._as_json:
            self.say("drill.receipt")
            shown = receipt_view(record(report.progress, at), self.wording)
            self._write(lambda: show(shown, console_for(sys.stdout, os.environ)))
        for line in report_lines(report, self.wording):
            self._line(line)

    def left(self, left: tuple[Leftover, ...], instance_id: str) -> None:
        self._data["left"] = [one.resource_id for one in left]
        self.say("drill.cleaning" if left else "drill.nothing", source=instance_id)
        for one in left:
            self._line(f"  {self.wording(f'sweep.kind.{one.kind.value}')} {one.resource_id}")

    @property
    def results(self) -> list[Result]:
        """What became of each thing in the end."""
        return list(self._results.values())

    def result(self, result: Result) -> None:
        before = self._results.get(result.thing.resource_id)
        if before is None or before.is_failure:
            self._results[result.thing.resource_id] = result
            self._line(result_line(result, self.wording))

    def count(self) -> None:
        counted = cleaned_line(self.results, self.wording)
        if counted != self._counted:
            self._counted = counted
            self._line(counted)

    def _line(self, line: str) -> None:
        if not self._as_json:
            self._write(lambda: show_line(line, sys.stdout, os.environ))

    def _write(self, write: Callable[[], None]) -> None:
        try:
            write()
        except OSError as error:
            if not self._is_bound:
                raise
            self._unwritten = error.strerror or type(error).__name__
            drop_output()
