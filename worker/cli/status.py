"""`aliyun-ops status`: what is under way."""

import os
import sys

import click

from worker.bootstrap import build_inventory, build_peek, build_surroundings
from worker.cli.options import examples, json_option, language_option, pass_settings
from worker.cli.output import print_json
from worker.cli.wordings import wording_of
from worker.ops.printing import console_for, show
from worker.ops.status import Status, look
from worker.ops.status_view import status_view
from worker.settings import Settings


@click.command(epilog=examples("aliyun-ops status", "aliyun-ops status --json | jq .recreations"))
@pass_settings
@language_option
@json_option
def status(settings: Settings, *, language: str | None, as_json: bool) -> None:
    """Show what is being recreated, what recreations have left, and what can be seen of the queues.

    Recreations are told from the tags in the cloud. Of the queues only what nobody holds can be seen, up to 16 messages each.
    Changes nothing and receives nothing.
    """
    found = _look(settings)
    if as_json:
        print_json(found.as_data())
        return
    wording = wording_of(language)
    show(status_view(found, wording), console_for(sys.stdout, os.environ))


def _look(settings: Settings) -> Status:
    around = build_surroundings(settings, os.environ)
    names = settings.queue.name, settings.queue.dead_letter_name
    queue, dead_letters = ((name, build_peek(around, name)) for name in names)
    return look(
        build_inventory(around),
        queue,
        dead_letters,
        owner=settings.owner,
        keys=settings.signing_keys,
    )
