"""How a plan for the rule, its progress, and the actual state look."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import click

from eventbridge.changes import Change
from eventbridge.cloud import Actual
from eventbridge.plan import Plan
from worker.cli.failures import Failure
from worker.cli.output import print_json
from worker.printable import printable
from worker.settings.units import format_duration

QUEUE_COLUMNS = ("queue", "owner", "visibility", "retention", "dead letters")
RULE_COLUMNS = ("rule", "state", "target", "endpoint")

_SIGNS = {"create": ("+", "green"), "delete": ("-", "red")}
_CHANGED = ("~", "yellow")


class Telling:
    """Tells a person what is done while it is done."""

    def __init__(self, *, quiet: bool) -> None:
        self.finished: list[str] = []
        self._quiet = quiet

    def done(self, change: Change) -> None:
        """Note a change that was carried out."""
        self.finished.append(change.kind)
        if not self._quiet:
            click.echo(f"done: {printable(change.sentence)}")

    def end(self, sentence: str) -> None:
        """Say how it ended."""
        if not self._quiet:
            click.echo(sentence)


@contextmanager
def telling(the_plan: Plan, *, as_json: bool) -> Iterator[Telling]:
    """Print a plan, then what becomes of it; with `as_json`, one document at the end, also after a failure.

    Raises:
        Failure: The plan was refused.
    """
    told = Telling(quiet=as_json)
    if not as_json:
        _print(the_plan)
    try:
        yield told
    finally:
        if as_json:
            print_json(
                {
                    "changes": [
                        {"kind": each.kind, "sentence": each.sentence} for each in the_plan.changes
                    ],
                    "notes": list(the_plan.notes),
                    "refusals": list(the_plan.refusals),
                    "done": told.finished,
                }
            )
    if the_plan.refusals:
        raise Failure(f"nothing was changed: {'; '.join(the_plan.refusals)}")


def queue_rows(actual: Actual, names: Sequence[str]) -> Iterator[tuple[str, ...]]:
    """Make a row for each queue that there should be."""
    for name in names:
        queue = actual.queues.get(name)
        if queue is None:
            yield name, "-", "-", "-", "missing"
            continue
        policy, attributes = queue.dead_letters, queue.attributes
        yield (
            name,
            queue.owner or "no mark",
            _duration(attributes.visibility_seconds),
            _duration(attributes.retention_seconds),
            f"{policy.queue} after {policy.max_receive_count}" if policy else "off",
        )


def rule_rows(actual: Actual, name: str) -> Iterator[tuple[str, ...]]:
    """Make a row for each target of the rule, ours or not."""
    rule = actual.rule
    if rule is None:
        yield name, "missing", "-", "-"
        return
    state = "enabled" if rule.is_enabled else "disabled"
    if not rule.targets:
        yield name, state, "none", "-"
    for target in rule.targets:
        yield name, state, target.id, target.endpoint


def _duration(seconds: int | None) -> str:
    return "not told" if seconds is None else format_duration(seconds)


def _print(the_plan: Plan) -> None:
    for change in the_plan.changes:
        sign, colour = _SIGNS.get(change.kind.partition("-")[0], _CHANGED)
        click.echo(f"{click.style(sign, fg=colour)} {printable(change.sentence)}")
    for note in the_plan.notes:
        click.echo(f"  note: {printable(note)}")
    if the_plan.is_empty:
        click.echo("Nothing to change.")
