"""`aliyun-ops dlq`: what was parked, why, and its way back."""

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.text import Text
from typing_extensions import Self

from worker.bootstrap import build_surroundings
from worker.cli.failures import Failure, WrongUsage
from worker.cli.options import (
    config_option,
    dead_letter_filters,
    dry_run_option,
    examples,
    output_options,
    pass_settings,
    yes_option,
)
from worker.cli.output import confirm, print_json
from worker.cli.stopping import interruptible
from worker.cli.wordings import wording_of
from worker.core.dead_letters import DeadLetter, Filter
from worker.core.outcomes import StepName
from worker.core.progress import Wishes
from worker.core.replaying import Edits
from worker.operators import (
    build_discard,
    build_keep,
    build_patience,
    build_replay,
    build_visit,
)
from worker.ops.discard import Discard, Discarded, Verdict
from worker.ops.dlq_data import discarded_data, kept_data, letter_data, plan_data, story_data
from worker.ops.dlq_view import (
    discarded_line,
    ending,
    kept_line,
    letters_view,
    plan_line,
    story_view,
    sum_line,
)
from worker.ops.keep import Kept
from worker.ops.printing import console_for, show, show_line
from worker.ops.replay import Fate, Plan, Rate
from worker.ops.shelves import GIVE_BACK_SECONDS, Visit
from worker.settings import Settings

# A source in economical mode is started again whenever its event is: there is no such beginning.
STEPS = [one.value for one in StepName if one is not StepName.START]
PER_MINUTE = 60.0

# Where an id that does not fit leads.
LISTED = "aliyun-ops dlq list shows all that can be seen, with their ids"


@click.group(
    epilog=examples(
        "aliyun-ops dlq list",
        "aliyun-ops dlq show i-bp1abcdefgh12345678",
        "aliyun-ops dlq replay --error no_stock --dry-run",
        "aliyun-ops dlq discard --dry-run",
        "aliyun-ops dlq keep",
    )
)
@config_option
def dlq() -> None:
    """List, show, replay and discard dead letters: what was parked, moved by the queue, or not delivered.

    A queue shows what is in it only by handing it out: every one of these commands leases what it looks at, and gives back what
    it leaves. An ID is the beginning of the id of a message, a source or a recreation.
    """


@dlq.command(
    "list",
    short_help="List dead letters with reason, age and what to do.",
    epilog=examples(
        "aliyun-ops dlq list",
        "aliyun-ops dlq list --step launch --older-than 2h",
        "aliyun-ops dlq list --error undelivered --json",
    ),
)
@dead_letter_filters
@pass_settings
@output_options
@interruptible()
def list_letters(
    settings: Settings, *, language: str | None, as_json: bool, **filters: Any
) -> None:
    """List dead letters with reason, age and what to do. Leases them and gives them back."""
    around = build_surroundings(settings, os.environ)
    visit = build_visit(around, build_patience(around, time.sleep))
    wanted = Filter(**filters)
    with _Telling(visit, language, as_json=as_json) as told:
        letters = _matching(visit, wanted)
        told.data["dead_letters"] = [letter_data(one) for one in letters]
        if letters or not visit.missing:
            is_all = wanted == Filter()
            told.show(letters_view(letters, around.clock.now(), told.wording, is_all=is_all))


@dlq.command(
    "show",
    short_help="Show the whole story of one dead letter.",
    epilog=examples("aliyun-ops dlq show i-bp1abcdefgh12345678 --language zh"),
)
@click.argument("which", metavar="ID")
@pass_settings
@output_options
@interruptible()
def show_letter(settings: Settings, *, which: str, language: str | None, as_json: bool) -> None:
    """Show the whole story of one dead letter: what has happened, why it stopped, what to do."""
    around = build_surroundings(settings, os.environ)
    visit = build_visit(around, build_patience(around, time.sleep))
    with _Telling(visit, language, as_json=as_json) as told:
        found = _matching(visit, Filter(ids=(which,)))
        if not found:
            raise Failure(
                f"no dead letter that nobody holds has an id that begins with {which}; {LISTED}"
            )
        told.data["dead_letters"] = [story_data(one) for one in found]
        if len(found) > 1:
            told.show(letters_view(found, around.clock.now(), told.wording))
            told.say("dlq.ambiguous", number=len(found))
        else:
            told.show(story_view(found[0], told.wording))


@dlq.command(
    short_help="Send dead letters back to the queue.",
    epilog=examples(
        "aliyun-ops dlq replay i-bp1abcdefgh12345678",
        "aliyun-ops dlq replay --error no_stock --rate 30 --limit 100 --dry-run",
        "aliyun-ops dlq replay i-bp1abcdefgh12345678 --zone cn-hangzhou-j --pay-as-you-go",
    ),
)
@dead_letter_filters
@pass_settings
@click.option("--limit", type=click.IntRange(0), help="At most so many.")
@click.option(
    "--rate",
    type=click.FloatRange(0.1, 6_000),
    default=PER_MINUTE,
    show_default=True,
    help="How many to send in a minute.",
)
@click.option("--type", "instance_type", default="", metavar="TYPE", help="Launch this type only.")
@click.option("--zone", default="", metavar="ZONE", help="Launch in this zone only.")
@click.option(
    "--pay-as-you-go",
    is_flag=True,
    help="Launch pay-as-you-go instead of spot, whatever launch.pay_as_you_go_max says.",
)
@click.option("--from-step", type=click.Choice(STEPS), help="Do this step and what follows again.")
@click.option(
    "--captures",
    metavar="DIRECTORY",
    type=click.Path(file_okay=False, exists=True, path_type=Path),
    help="Sources as `audit --record` has kept them, for those that went before they could be captured.",
)
@dry_run_option
@output_options
@interruptible()
def replay(
    settings: Settings,
    *,
    limit: int | None,
    rate: float,
    instance_type: str,
    zone: str,
    pay_as_you_go: bool,
    from_step: str | None,
    captures: Path | None,
    dry_run: bool,
    language: str | None,
    as_json: bool,
    **filters: Any,
) -> None:
    """Send dead letters back to the queue, where their recreation goes on.

    Each is sent before it is deleted, so that an interruption loses nothing: run the same command again. A second copy does
    nothing, since both ask for one replacement. What was finished meanwhile is taken out and does nothing; what cannot be read
    stays. With --dry-run it says what each would do and cost. Exit code 1 when something could not be replayed.
    """
    if not settings.signing_keys:
        raise WrongUsage(
            "ALIYUN_OPS_SIGNING_KEY is not set, and without it no progress can be trusted or sent"
        )
    edits = _edits(instance_type, zone, from_step or "", pay_as_you_go=pay_as_you_go)
    around = build_surroundings(settings, os.environ)
    patience = build_patience(around, time.sleep)
    visit = build_visit(around, patience)
    replaying = build_replay(around, patience, edits, captures)
    plans: list[Plan] = []
    with _Telling(visit, language, as_json=as_json) as told, told.bar(limit) as bar:
        told.data["replayed"] = []
        for plan in replaying.run(
            visit,
            Filter(**filters),
            Rate(rate, settings.queue.lease),
            limit=limit,
            dry_run=dry_run,
        ):
            plans.append(plan)
            told.data["replayed"].append(plan_data(plan, dry_run=dry_run))
            told.line(plan_line(plan, told.wording, dry_run=dry_run))
            if plan.fate is Fate.SENT and not dry_run:
                bar.advance()
        _end(told, plans, dry_run=dry_run)
    _fail_if_left(plans, filters["ids"])


@dlq.command(
    short_help="Take out dead letters that are settled.",
    epilog=examples(
        "aliyun-ops dlq discard i-bp1abcdefgh12345678",
        "aliyun-ops dlq discard --older-than 2d --dry-run",
    ),
)
@dead_letter_filters
@pass_settings
@dry_run_option
@yes_option
@output_options
@interruptible()
def discard(
    settings: Settings,
    *,
    dry_run: bool,
    yes: bool,
    language: str | None,
    as_json: bool,
    **filters: Any,
) -> None:
    """Take out dead letters that are settled: what they ask for has been done by others meanwhile.

    The cloud must show it: the recreation's image has its date, or its replacement runs. Everything else stays, also what cannot
    be read, and says why. Exit code 1 when something that was named stays.
    """
    around = build_surroundings(settings, os.environ)
    patience = build_patience(around, time.sleep)
    discarding = build_discard(around, patience)
    visit = build_visit(around, patience)
    with _Telling(visit, language, as_json=as_json) as told:
        found = _discardable(discarding, Filter(**filters), told, dry_run=dry_run)
        settled = tuple(one.letter.message_id for one in found if one.verdict is Verdict.SETTLED)
        left = [one.letter.message_id for one in found if one.verdict is not Verdict.SETTLED]
        failed = left if filters["ids"] else []
        if settled and dry_run:
            told.say("replay.dry")
        elif settled:
            confirm(told.wording("discard.question", number=len(settled)), yes=yes)
            # Whoever is asked takes time to answer: all is leased and looked at anew.
            told.go_through(build_visit(around, patience))
            patience.until(around.clock.now() + GIVE_BACK_SECONDS)
            gone = _discard(discarding, settled, told)
            failed += [one for one in settled if one not in gone]
    if failed:
        raise Failure(f"not taken out: {', '.join(failed)}; the reasons are above")
    if filters["ids"] and not found:
        raise Failure(f"no dead letter that nobody holds matches; nothing was changed; {LISTED}")


def _discardable(
    discarding: Discard, wanted: Filter, told: "_Telling", *, dry_run: bool
) -> list[Discarded]:
    """Look what goes and what stays, and say it."""
    found = list(discarding.run(told.visit, wanted, dry_run=True))
    told.data["discarded"] = [
        discarded_data(one) for one in found if dry_run or one.verdict is not Verdict.SETTLED
    ]
    for one in found:
        told.line(discarded_line(one, told.wording, dry_run=True))
    if not any(one.verdict is Verdict.SETTLED for one in found):
        told.say_none("discard.none")
    return found


def _discard(discarding: Discard, settled: tuple[str, ...], told: "_Telling") -> set[str]:
    """Take out what is still settled; returns the ids of what is gone."""
    gone: set[str] = set()
    for one in discarding.run(told.visit, Filter(ids=settled), dry_run=False):
        told.data["discarded"].append(discarded_data(one))
        told.line(discarded_line(one, told.wording, dry_run=False))
        if one.verdict is Verdict.SETTLED:
            gone.add(one.letter.message_id)
    told.say("discard.total", gone=len(gone), left=len(settled) - len(gone))
    return gone


@dlq.command(
    short_help="Send dead letters again before their retention ends.",
    epilog=examples("aliyun-ops dlq keep", "aliyun-ops dlq keep --dry-run"),
)
@pass_settings
@dry_run_option
@output_options
@interruptible()
def keep(settings: Settings, *, dry_run: bool, language: str | None, as_json: bool) -> None:
    """Send dead letters again that are half way to the end of their retention, as they are.

    To be run by a timer, once a day: a queue drops a message when queue.retention is over, and that counts from its last send.
    """
    around = build_surroundings(settings, os.environ)
    patience = build_patience(around, time.sleep)
    visit = build_visit(around, patience)
    done: list[Kept] = []
    with _Telling(visit, language, as_json=as_json) as told:
        told.data["kept"] = []
        for one in build_keep(around, patience).run(visit, dry_run=dry_run):
            done.append(one)
            told.data["kept"].append(kept_data(one))
            told.line(kept_line(one, told.wording, dry_run=dry_run))
        if not done:
            told.say_none("dlq.nothing_to_keep")
    failed = [one.one.letter.message_id for one in done if one.failed]
    if failed:
        raise Failure(f"not sent again: {', '.join(failed)}; the reasons are above")


def _edits(instance_type: str, zone: str, from_step: str, *, pay_as_you_go: bool) -> Edits:
    """Read the edits with the grammar of what is carried, so that nothing else is ever signed.

    Raises:
        WrongUsage: It is no type or zone.
    """
    from pydantic import TypeAdapter, ValidationError  # noqa: PLC0415 - only edits pay for it

    given = {"instance_type": instance_type, "zone": zone, "pay_as_you_go": pay_as_you_go}
    try:
        wishes = TypeAdapter(Wishes).validate_python(given)
    except ValidationError as error:
        name = str(error.errors()[0]["loc"][0])
        option = {"instance_type": "--type"}.get(name, f"--{name}")
        raise WrongUsage(
            f"{option} {given[name]} is none that the cloud could know, such as ecs.g7.large or"
            " cn-hangzhou-j; nothing was changed"
        ) from None
    return Edits(wishes, from_step)


def _matching(visit: Visit, wanted: Filter) -> list[DeadLetter]:
    now = visit.clock.now
    return [one.letter for one in visit.letters() if wanted.takes(one.letter, now())]


def _end(told: "_Telling", plans: list[Plan], *, dry_run: bool) -> None:
    if not plans:
        told.say_none("dlq.none")
        return
    if dry_run:
        total = sum_line(plans, told.wording)
        if total:
            told.line(total)
        told.say("replay.dry")
        return
    told.line(ending(plans, told.wording))
    if any(one.fate is Fate.SENT for one in plans):
        told.say("replay.next")


def _fail_if_left(plans: list[Plan], ids: tuple[str, ...]) -> None:
    kept, failed = (
        ", ".join(one.letter.message_id for one in plans if one.fate is fate)
        for fate in (Fate.KEPT, Fate.UNANSWERED)
    )
    stays = ", ".join(one.letter.message_id for one in plans if one.is_still_there)
    told = (
        f"left where they are: {kept}" if kept else "",
        f"not replayed: {failed}" if failed else "",
        f"sent, and still among the dead letters: {stays}" if stays else "",
    )
    if any(told):
        raise Failure("; ".join((*filter(None, told), "the reasons are above")))
    if ids and not plans:
        raise Failure(f"no dead letter that nobody holds matches; nothing was changed; {LISTED}")


class _Bar:
    """Counts on a terminal from the first that is sent on, and is silent elsewhere."""

    def __init__(self, console: Console, label: str, total: int | None, *, is_seen: bool) -> None:
        """Make one for a total; without one it only counts, for a bar would never fill."""
        count = TextColumn("{task.completed}") if total is None else MofNCompleteColumn()
        bar = () if total is None else (BarColumn(),)
        columns = (TextColumn("{task.description}"), *bar, count, TimeElapsedColumn())
        self._progress = Progress(*columns, console=console, transient=True)
        self._task = self._progress.add_task(label, total=total)
        self._is_seen = is_seen
        self.is_shown = False

    def advance(self) -> None:
        self._progress.advance(self._task)
        if self._is_seen and not self.is_shown:
            self._progress.start()
            self.is_shown = True

    def print(self, line: str) -> None:
        """Print above it: on the same terminal only the bar knows how to make room for a line."""
        self._progress.console.print(Text(line))

    def end(self) -> None:
        if self.is_shown:
            self._progress.stop()
        self.is_shown = False


class _Telling:
    """Tells a person while it happens, or a program at the end; gives back what is leased."""

    def __init__(self, visit: Visit, language: str | None, *, as_json: bool) -> None:
        self.wording = wording_of(language)
        self.data: dict[str, Any] = {}
        self.visit = visit
        self._as_json = as_json
        self._bar: _Bar | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        """Give back, and say so; an interruption is an expected failure."""
        # What was done is done, also where the rest has failed.
        is_told = kind in {None, KeyboardInterrupt} or any(self.data.values())
        number = len(self.visit.leased)
        late = self.visit.give_back()
        self.data |= {"leased": number, "not_given_back": late, "no_queue": self.visit.missing}
        # Who could not look has seen nothing, held or not.
        is_seen = kind in {None, KeyboardInterrupt}
        self._tell_leases(number, late, is_seen=is_seen)
        if self._as_json and is_told:
            print_json(self.data)
        if kind is KeyboardInterrupt:
            raise Failure("interrupted; nothing is lost, run the same command again") from None
        if kind is None and self.visit.missing:
            raise Failure("not every queue could be looked into; what stands above mends it")

    def go_through(self, visit: Visit) -> None:
        """Give back what is leased, and go on with another visit."""
        self.visit.give_back()
        self.visit = visit

    def show(self, what: Any) -> None:
        if not self._as_json:
            show(what, console_for(sys.stdout, os.environ))

    def line(self, line: str) -> None:
        if self._bar is not None and self._bar.is_shown and sys.stdout.isatty():
            self._bar.print(line)
        elif not self._as_json:
            show_line(line, sys.stdout, os.environ)

    def say(self, key: str, **values: object) -> None:
        self.line(self.wording(key, **values))

    def say_none(self, key: str) -> None:
        """Say that there is nothing, unless a queue could not be looked into."""
        if not self.visit.missing:
            self.say(key)

    @contextmanager
    def bar(self, total: int | None) -> Iterator[_Bar]:
        """Show a bar on stderr while something is sent, if somebody can see it."""
        console = console_for(sys.stderr, os.environ)
        is_seen = console.is_terminal and not self._as_json
        self._bar = _Bar(console, self.wording("replay.progress"), total, is_seen=is_seen)
        try:
            yield self._bar
        finally:
            self._bar.end()

    def _tell_leases(self, number: int, late: int, *, is_seen: bool) -> None:
        for name in self.visit.missing:
            self._aside("dlq.missing", name=name)
        if number:
            self._aside("dlq.leased", number=number)
        if late:
            self._aside("dlq.late", number=late)
        if is_seen or number:
            self._aside("dlq.elsewhere")

    def _aside(self, key: str, **values: object) -> None:
        if not self._as_json:
            show_line(self.wording(key, **values), sys.stderr, os.environ)
