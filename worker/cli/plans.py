"""How a plan for the rule, its progress, and the actual state look."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import click

from eventbridge.changes import Change
from eventbridge.cloud import Actual
from eventbridge.plan import Plan
from eventbridge.samples import SampleCheck
from worker.cli.failures import Failure
from worker.cli.output import print_json
from worker.ops.wording import Wording
from worker.settings.units import format_duration

QUEUE_COLUMNS = ("queue", "owner", "visibility", "retention", "dead letters")
RULE_COLUMNS = ("rule", "state", "target", "endpoint")
SAMPLE_COLUMNS = ("sample", "should match", "here", "in the cloud")

_SIGNS = {"create": ("+", "green"), "delete": ("-", "red")}
_CHANGED = ("~", "yellow")


class Telling:
    """Tells a person what is done while it is done."""

    def __init__(self, wording: Wording, *, quiet: bool) -> None:
        self.finished: list[str] = []
        self._wording = wording
        self._quiet = quiet

    def done(self, change: Change) -> None:
        """Note a change that was carried out."""
        self.finished.append(change.kind)
        if not self._quiet:
            click.echo(self._wording("rule.done", what=self._wording.sentence(change.sentence)))

    def end(self, key: str) -> None:
        """Say how it ended."""
        if not self._quiet:
            click.echo(self._wording(key))


@contextmanager
def telling(the_plan: Plan, wording: Wording, *, as_json: bool) -> Iterator[Telling]:
    """Print a plan, then what becomes of it; with `as_json`, one document at the end, also after a failure.

    Raises:
        Failure: The plan was refused.
    """
    told = Telling(wording, quiet=as_json)
    if not as_json:
        _print(the_plan, wording)
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


def columns(names: Sequence[str], wording: Wording) -> list[str]:
    """Name the columns of a table."""
    return [wording.known("rule.column", name) for name in names]


def queue_rows(actual: Actual, names: Sequence[str], wording: Wording) -> Iterator[tuple[str, ...]]:
    """Make a row for each queue that there should be."""
    for name in names:
        queue = actual.queues.get(name)
        if queue is None:
            yield name, "-", "-", "-", wording("rule.word.missing")
            continue
        policy, attributes = queue.dead_letters, queue.attributes
        yield (
            name,
            queue.owner or wording("rule.word.no mark"),
            _duration(attributes.visibility_seconds, wording),
            _duration(attributes.retention_seconds, wording),
            wording("rule.after", queue=policy.queue, number=policy.max_receive_count)
            if policy
            else wording("rule.word.off"),
        )


def rule_rows(actual: Actual, name: str, wording: Wording) -> Iterator[tuple[str, ...]]:
    """Make a row for each target of the rule, ours or not."""
    rule = actual.rule
    if rule is None:
        yield name, wording("rule.word.missing"), "-", "-"
        return
    state = wording("rule.word.enabled" if rule.is_enabled else "rule.word.disabled")
    if not rule.targets:
        yield name, state, wording("rule.word.none"), "-"
    for target in rule.targets:
        yield name, state, target.id, target.endpoint


def sample_rows(checks: Sequence[SampleCheck], wording: Wording) -> Iterator[tuple[str, ...]]:
    """Make a row for each sample event."""
    for name, *words in (check.row() for check in checks):
        yield name, *(wording.known("rule.word", word) for word in words)


def _duration(seconds: int | None, wording: Wording) -> str:
    return wording("rule.word.not told") if seconds is None else format_duration(seconds)


def _print(the_plan: Plan, wording: Wording) -> None:
    for change in the_plan.changes:
        sign, colour = _SIGNS.get(change.kind.partition("-")[0], _CHANGED)
        click.echo(f"{click.style(sign, fg=colour)} {wording.sentence(change.sentence)}")
    for note in the_plan.notes:
        click.echo(f"  {wording('rule.note', what=wording.sentence(note))}")
    if the_plan.is_empty:
        click.echo(wording("rule.nothing"))
