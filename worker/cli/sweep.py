"""`aliyun-ops sweep`: what recreations have left, and its deletion."""

import os
import sys
import time
from typing import Any

import click

from worker.bootstrap import build_surroundings
from worker.cli.failures import Failure
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
from worker.operator_ports import Deletion
from worker.operators import build_deletion, build_patience, build_sweep
from worker.ops.printing import console_for, show, show_line
from worker.ops.sweep import Listing, Result, Sweep
from worker.ops.sweep_data import listing_data, result_data
from worker.ops.sweep_view import ending, how, result_line, sweep_view
from worker.ops.wording import Wording
from worker.settings import Settings


@click.command(
    epilog=examples(
        "aliyun-ops sweep",
        "aliyun-ops sweep --apply",
        "aliyun-ops sweep --apply --yes d-bp1abcdefgh12345678",
    )
)
@click.argument("ids", metavar="[ID...]", nargs=-1)
@pass_settings
@click.option("--apply", "is_applied", is_flag=True, help="Delete what may go, after a question.")
@dry_run_option
@yes_option
@language_option
@json_option
@interruptible()
def sweep(
    settings: Settings,
    *,
    ids: tuple[str, ...],
    is_applied: bool,
    dry_run: bool,
    yes: bool,
    language: str | None,
    as_json: bool,
) -> None:
    """List what recreations have left, with its price, and why each is kept or may go.

    With --apply it deletes what is due and safe: its date has passed, it is finished, nothing else uses it, nobody has edited
    its tags, and a running replacement holds the data. Each thing is looked at again right before. No instance is ever deleted,
    and nothing without our tags. It may be interrupted and repeated.

    With IDs only those are looked at. A retained disk may hold later writes than the image, so it goes only when its ID is
    given.
    """
    around = build_surroundings(settings, os.environ)
    sweeping = build_sweep(around, build_patience(around, time.sleep), frozenset(ids))
    listing = sweeping.look()
    wording = wording_of(language)
    told = _Telling(listing, wording, ids, as_json=as_json)
    told.begin()
    try:
        if is_applied and listing.going and not dry_run:
            told.warn()
            confirm(wording("sweep.question", number=len(listing.going)), yes=yes)
            _delete(sweeping, build_deletion(around), told)
        elif is_applied or listing.going:
            told.leave(is_applied=is_applied)
    finally:
        told.end()
    _fail_if_left(
        told.results, listing, frozenset(ids) if is_applied and not dry_run else frozenset()
    )


def _delete(sweeping: Sweep, deletion: Deletion, told: "_Telling") -> None:
    for result in sweeping.apply(told.listing.going, deletion):
        told.result(result)
    told.count()


def _fail_if_left(results: list[Result], listing: Listing, named: frozenset[str]) -> None:
    failed = [one.thing.resource_id for one in results if one.is_failure]
    if failed:
        raise Failure(f"not deleted: {', '.join(failed)}; the reasons are above, sweep again")
    kept = {one.thing.resource_id for one in listing.items if not one.verdict.goes}
    kept |= {one.thing.resource_id for one in results if one.verdict is not None}
    left = sorted(named & kept)
    if left:
        raise Failure(f"kept although named: {', '.join(left)}; the reasons are above")


class _Telling:
    """Tells a person while it happens, or a program at the end, also after an interruption."""

    def __init__(
        self, listing: Listing, wording: Wording, named: tuple[str, ...], *, as_json: bool
    ) -> None:
        self.listing = listing
        self._named = named
        self.results: list[Result] = []
        self._wording = wording
        self._as_json = as_json

    def begin(self) -> None:
        if not self._as_json:
            show(sweep_view(self.listing, self._wording), console_for(sys.stdout, os.environ))

    def warn(self) -> None:
        show_line(self._wording("sweep.warning"), sys.stderr, os.environ)

    def leave(self, *, is_applied: bool) -> None:
        if not self._as_json:
            told = self._wording("sweep.dry") if is_applied else how(self._named, self._wording)
            click.echo(told)

    def result(self, result: Result) -> None:
        self.results.append(result)
        if not self._as_json:
            show_line(result_line(result, self._wording), sys.stdout, os.environ)

    def count(self) -> None:
        if not self._as_json:
            click.echo(ending(self.results, self._wording))

    def end(self) -> None:
        if self._as_json:
            data: dict[str, Any] = listing_data(self.listing)
            data["results"] = [result_data(one) for one in self.results]
            print_json(data)
