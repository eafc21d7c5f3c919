"""Dead letters, replays and what reconcile found, as a person reads them."""

import base64
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.text import Text

from worker.core import notices
from worker.core.dead_letters import DeadLetter, Origin
from worker.core.messages import Nothing, Split, Unreadable, Work, iso
from worker.core.model import Candidate
from worker.core.progress import Progress
from worker.ops.discard import Discarded
from worker.ops.keep import Kept
from worker.ops.paragraph import Paragraph
from worker.ops.printing import CommandLine
from worker.ops.reconcile import Found, Sent, Standing
from worker.ops.replay import DONE, Fate, Plan
from worker.ops.runbook import SECTIONS
from worker.ops.sweep_view import money
from worker.ops.wording import Wording
from worker.printable import printable, printable_lines

MINUTE, HOUR, DAY = 60.0, 3600.0, 86_400.0
LABEL_CELLS = 2
CANDIDATES_MAX = 12
# What a step is refused, where one code means something else in each.
LAUNCH = "RunInstances"
ACTIONS = {"launch": LAUNCH, "image": "CreateImage"}


def letters_view(
    letters: Sequence[DeadLetter], now: float, wording: Wording, *, is_all: bool = False
) -> RenderableType:
    """Show a list of dead letters, one block each."""
    if not letters:
        return Paragraph(wording("dlq.empty" if is_all else "dlq.none"))
    parts: list[RenderableType] = []
    for one in letters:
        parts += _letter(one, now, wording)
    parts += [Text(""), Text(wording("dlq.count", number=len(letters)), style="bold")]
    return Group(*parts)


def story_view(letter: DeadLetter, wording: Wording) -> RenderableType:
    """Show everything that is known of one dead letter."""
    parts: list[RenderableType] = [
        Paragraph(wording("because", what=name, why=value))
        for name, value in _fields(letter, wording)
        if value
    ]
    parts += _warnings(letter, wording, 0)
    if letter.progress is not None:
        for title, lines in _chapters(letter.progress, wording):
            parts += _chapter(title, lines)
    parts += _body(letter, wording)
    return Group(*parts, Text(""), *_way_back(letter, wording))


def plan_line(plan: Plan, wording: Wording, *, dry_run: bool) -> str:
    """Say what became, or would become, of one dead letter."""
    step = wording.known("step", plan.step) if plan.step not in {"", DONE} else plan.step
    kind = "replayable" if dry_run else "replayed"
    told = wording(f"{kind}.{plan.fate.value}", step=step)
    line = wording("because", what=_named(plan.letter, wording), why=told)
    if plan.is_still_there:
        line = wording("replay.still_there", what=line, why=wording.sentence(plan.why))
    elif plan.why:
        line = wording("because", what=line, why=wording.sentence(plan.why))
    if plan.lacks_source:
        line = f"{line}\n    {wording('replay.lacks_source')}"
    elif dry_run and plan.fate is Fate.SENT:
        line = f"{line}\n    {_cost(plan, wording)}"
    return line


def ending(plans: Sequence[Plan], wording: Wording) -> str:
    """Count what became of them."""
    fates = Counter(one.fate for one in plans)
    return wording(
        "replay.total",
        sent=fates[Fate.SENT],
        finished=fates[Fate.FINISHED] + fates[Fate.NOTHING],
        kept=fates[Fate.KEPT],
        failed=fates[Fate.UNANSWERED],
    )


def sum_line(plans: Iterable[Plan], wording: Wording) -> str:
    """Say what the first candidates cost together; empty when no price is known."""
    asked = [one for one in plans if one.first is not None]
    total = money(one.price for one in asked)
    unknown = sum(one.price is None for one in asked)
    key = "replay.sum_known" if unknown else "replay.sum"
    return wording(key, money=total, number=unknown) if total else ""


def kept_line(kept: Kept, wording: Wording, *, dry_run: bool) -> str:
    """Say what became of a dead letter near its end."""
    letter = kept.one.letter
    done, planned = ("double", "would_be_one") if kept.is_double else ("kept", "would_keep")
    key = "not_kept" if kept.failed else planned if dry_run else done
    return wording(
        f"dlq.{key}",
        message=letter.message_id,
        source=_source(letter, wording),
        why=wording.sentence(kept.failed),
    )


def discarded_line(one: Discarded, wording: Wording, *, dry_run: bool) -> str:
    """Say whether a dead letter goes or stays, and why."""
    kind = "discardable" if dry_run else "discarded"
    told = wording(f"{kind}.{one.verdict.value}")
    line = wording("because", what=_named(one.letter, wording), why=told)
    return wording("because", what=line, why=wording.sentence(one.why))


def found_line(found: Found, wording: Wording) -> str:
    """Say how it stands with a source."""
    source = found.instance
    state = wording("found.locked" if found.is_locked else "found.stopped")
    key = found.standing.value
    if found.standing is Standing.LOST or found.sent is Sent.FAILED:
        key = found.sent.value
    elif found.standing is Standing.UNTOLD:
        key = f"untold_{found.sent.value}"
    elif found.standing is Standing.UNDECIDED and found.why:
        key = "undecided_untold"
    told = wording(f"found.{key}", why=wording.sentence(found.why))
    name = f" ({printable(source.name)})" if source.name else ""
    return wording("because", what=f"{printable(source.instance_id)}{name} {state}", why=told)


def is_trouble(found: Found) -> bool:
    """Whether a source that needs an event got none."""
    return found.sent is Sent.FAILED


def _indented(text: str, cells: int, style: str = "") -> RenderableType:
    return Padding(Paragraph(text, style=style), (0, 0, 0, cells))


def _letter(letter: DeadLetter, now: float, wording: Wording) -> Iterator[RenderableType]:
    yield Text(f"{printable(letter.message_id)}  {_source(letter, wording)}", style="bold")
    told = [wording(f"origin.{letter.origin.value}"), _ago(now - letter.since, wording)]
    if letter.step:
        told.append(wording("dlq.at_step", step=wording.known("step", letter.step)))
    if letter.facts.get("parked-code"):
        told.append(wording("dlq.code", code=_code(letter, wording)))
    yield _indented(" · ".join(told), LABEL_CELLS, "dim")
    reason = _reason(letter, wording)
    if reason:
        yield _indented(reason, LABEL_CELLS, "yellow")
    saved = _saved(letter.progress, wording) if letter.progress is not None else ""
    if saved:
        yield _indented(saved, LABEL_CELLS)
    if letter.advice:
        advice = wording.sentence(letter.advice)
        yield _indented(wording("dlq.todo", advice=advice), LABEL_CELLS)
    where = _where(letter, wording)
    if where:
        yield _indented(wording("message.runbook", where=where), LABEL_CELLS, "dim")
    yield from _warnings(letter, wording, LABEL_CELLS)


def _code(letter: DeadLetter, wording: Wording) -> str:
    action = ACTIONS.get(letter.step, "")
    return wording.code(letter.facts.get("parked-code", ""), action)


def _warnings(letter: DeadLetter, wording: Wording, cells: int) -> Iterator[RenderableType]:
    if letter.trusted is False:
        yield _indented(wording("dlq.untrusted"), cells, "red")
    elif letter.trusted is None and letter.attributes:
        yield _indented(wording("dlq.no_key"), cells, "dim")


def _source(letter: DeadLetter, wording: Wording) -> str:
    if not letter.sources:
        return wording("dlq.no_source")
    source = wording.listed(list(letter.sources))
    name = notices.name_of(letter.progress) if letter.progress is not None else ""
    return wording("dlq.named", source=source, name=name) if name else source


def _named(letter: DeadLetter, wording: Wording) -> str:
    return f"{printable(letter.message_id)} {_source(letter, wording)}"


def _saved(progress: Progress, wording: Wording) -> str:
    """Say in one line what is safe; empty while nothing is."""
    image = progress.imaged.image_id if progress.imaged is not None else ""
    disks = notices.outliving(progress)
    things = [wording("notice.saved.image", image=image)] if image else []
    things += [wording("notice.saved.disks", number=disks)] if disks else []
    return wording("notice.saved", things=wording.listed(things)) if things else ""


def _ago(seconds: float, wording: Wording) -> str:
    if seconds < HOUR:
        return wording("dlq.ago.minutes", number=int(max(seconds, 0.0) // MINUTE))
    if seconds < 2 * DAY:
        return wording("dlq.ago.hours", number=int(seconds // HOUR))
    return wording("dlq.ago.days", number=int(seconds // DAY))


def _reason(letter: DeadLetter, wording: Wording) -> str:
    because = letter.facts.get("parked-because", "")
    if letter.origin is Origin.PARKED and because:
        return wording("dlq.reason", because=wording.sentence(because), word=letter.facts["parked"])
    if isinstance(letter.reading, Unreadable):
        return wording.sentence(letter.reading.sentence)
    return ""


def _where(letter: DeadLetter, wording: Wording) -> str:
    """Name the section of the runbook; empty for a reason that this version does not know."""
    section = letter.park or letter.origin.value
    if isinstance(letter.reading, Unreadable) and letter.origin is not Origin.PARKED:
        section = letter.reading.park.value
    return wording("runbook", section=section) if section in SECTIONS else ""


def _fields(letter: DeadLetter, wording: Wording) -> Iterator[tuple[str, str]]:
    facts = letter.facts
    told = {
        "message": letter.message_id,
        "queue": letter.queue,
        "origin": wording(f"origin.{letter.origin.value}"),
        "source": _source(letter, wording),
        "recreation": letter.recreation,
        "lineage": letter.progress.lineage if letter.progress else "",
        "step": wording.known("step", letter.step) if letter.step else "",
        "because": _reason(letter, wording),
        "error": " ".join(
            one
            for one in (wording.sentence(facts.get("parked-error", "")), _code(letter, wording))
            if one
        ),
        "todo": wording.sentence(letter.advice),
        "steps": _where(letter, wording),
        "t0": facts.get("t0", ""),
        "received_at": facts.get("received-at", ""),
        "parked_at": facts.get("parked-at", ""),
        "resumed_at": facts.get("resumed-at", ""),
        "enqueued_at": iso(letter.enqueued_at),
        "received": wording("dlq.times", number=letter.received),
        "image": facts.get("image", ""),
        _candidate_field(letter): wording.sentence(facts.get("candidate", "")),
        "replacement": facts.get("replacement", ""),
        "reads": _reads(letter, wording),
    }
    for key, value in told.items():
        yield wording(f"dlq.field.{key}"), value


def _candidate_field(letter: DeadLetter) -> str:
    """Tell the candidate that a replay begins with from one that was taken or is being tried."""
    is_next = letter.origin is Origin.PARKED and "replacement" not in letter.facts
    return "begins_with" if is_next else "candidate"


def _reads(letter: DeadLetter, wording: Wording) -> str:
    match letter.reading:
        case Work(_, sent):
            return wording("dlq.reads.event" if sent is None else "dlq.reads.progress")
        case Split():
            return wording("dlq.reads.split")
        case Nothing(sentence) | Unreadable(_, sentence):
            return wording.sentence(sentence)


def _chapter(title: str, lines: Iterable[str]) -> Iterator[RenderableType]:
    listed = list(lines)
    if listed:
        yield Padding(Text(title, style="bold"), (1, 0, 0, 0))
        yield from (_indented(one, LABEL_CELLS) for one in listed)


def _chapters(progress: Progress, wording: Wording) -> Iterator[tuple[str, Iterable[str]]]:
    launched, specified = progress.launched, progress.specified
    yield (
        wording("dlq.timeline"),
        (
            f"{iso(one.at)}  {wording.known('mark', one.what)} {printable(one.resource)}".rstrip()
            for one in progress.marks
        ),
    )
    disks = progress.retained.disks if progress.retained is not None else ()
    yield (
        wording("dlq.disks"),
        (
            f"{printable(one.disk_id)}  {printable(one.device)}  {one.size} GiB"
            f"  {wording.known('kind', one.kind)}"
            for one in disks
        ),
    )
    candidates = specified.candidates if specified is not None else ()
    yield (
        wording("dlq.candidates"),
        _candidates(candidates, launched.index % max(len(candidates), 1), wording),
    )
    yield (
        wording("dlq.refused"),
        (
            f"{iso(one.at)}  {wording.sentence(one.candidate)}  {wording.code(one.code, LAUNCH)}"
            for one in launched.refusals
        ),
    )
    yield (
        wording("dlq.remarks"),
        (
            wording("because", what=wording.sentence(one.what), why=wording.sentence(one.why))
            for one in progress.remarks
        ),
    )


def _way_back(letter: DeadLetter, wording: Wording) -> Iterator[RenderableType]:
    """Give the command of its replay, and what else that needs."""
    message = letter.message_id
    if isinstance(letter.reading, Unreadable):
        yield Paragraph(wording("dlq.replay_unread"))
        return
    if not letter.lacks_source:
        yield Paragraph(wording("dlq.replay_it"))
        yield CommandLine(f"aliyun-ops dlq replay {printable(message)}")
        return
    yield Paragraph(wording("dlq.replay_gone"))
    yield CommandLine(wording("dlq.replay_captured", message=message))


def _candidates(candidates: Sequence[Candidate], index: int, wording: Wording) -> Iterator[str]:
    """List those from the one in hand on, and how many stand around them."""
    begin = min(index, max(len(candidates) - CANDIDATES_MAX, 0))
    shown = candidates[begin : begin + CANDIDATES_MAX]
    for at, one in enumerate(shown, begin):
        yield f"{'>' if at == index else ' '} {wording.sentence(one.label)}"
    if len(shown) < len(candidates):
        yield wording("and_more", number=len(candidates) - len(shown))


def _body(letter: DeadLetter, wording: Wording) -> Iterator[RenderableType]:
    """Show what came, and where that is base64, what it says."""
    try:
        text = base64.b64decode(letter.body, validate=True).decode("utf-8")
    except ValueError:
        text = ""
    title = "dlq.body_decoded" if text else "dlq.body"
    yield from _chapter(wording(title), printable_lines(text or letter.body).splitlines())


def _cost(plan: Plan, wording: Wording) -> str:
    if plan.first is None:
        is_open = plan.letter.progress is None or plan.letter.progress.specified is None
        return wording("replay.like_source" if is_open else "replay.no_launch")
    price = plan.price
    told = wording("replay.no_price")
    if price is not None:
        told = wording("replay.price", amount=f"{price.amount:.2f}", currency=price.currency)
    candidate = wording.sentence(plan.first.label)
    return wording("replay.asks", candidate=candidate, price=told, others=plan.others)
