"""`aliyun-ops reconcile`: interruptions whose event never came."""

import os
import sys
import time

import click

from worker.bootstrap import build_surroundings, own_instance_id
from worker.cli.failures import Failure, WrongUsage
from worker.cli.options import dry_run_option, examples, output_options, pass_settings
from worker.cli.output import print_json
from worker.cli.stopping import interruptible
from worker.cli.wordings import wording_of
from worker.operators import build_patience, build_reconcile
from worker.ops.dlq_data import found_data
from worker.ops.dlq_view import found_line, is_trouble
from worker.ops.printing import show_line
from worker.ops.reconcile import Found
from worker.settings import Settings


@click.command(epilog=examples("aliyun-ops reconcile --dry-run", "aliyun-ops reconcile --json"))
@pass_settings
@click.option(
    "--stopped",
    is_flag=True,
    help="Take sources in economical mode that stand stopped for stopped by the platform: use it only where no owner stops them.",
)
@dry_run_option
@output_options
@interruptible()
def reconcile(
    settings: Settings, *, stopped: bool, dry_run: bool, language: str | None, as_json: bool
) -> None:
    """Find spot instances that are locked, or stand stopped, and have no recreation; enqueue them.

    To be run by a timer, every minute or two: a locked instance is released about five minutes after its notice. The event that
    comes late after all does nothing, since it asks for the same recreation. Exit code 1 when one could not be enqueued.
    """
    if stopped and not settings.signing_keys:
        raise WrongUsage(
            "ALIYUN_OPS_SIGNING_KEY is not set, and --stopped is a word that must be signed"
        )
    around = build_surroundings(settings, os.environ)
    looking = build_reconcile(
        around,
        build_patience(around, time.sleep),
        own_instance_id=own_instance_id(settings),
        stopped=stopped,
    )
    wording = wording_of(language)
    found: list[Found] = []
    try:
        for one in looking.run(dry_run=dry_run):
            found.append(one)
            if not as_json:
                show_line(found_line(one, wording), sys.stdout, os.environ)
    finally:
        if as_json:
            print_json({"found": [found_data(one) for one in found]})
    if not found and not as_json:
        click.echo(wording("reconcile.none"))
    failed = [one.instance.instance_id for one in found if is_trouble(one)]
    if failed:
        raise Failure(f"not enqueued: {', '.join(failed)}; the reasons are above, run it again")
