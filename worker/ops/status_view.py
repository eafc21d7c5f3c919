"""The status as a person reads it."""

from collections.abc import Iterator

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.text import Text

from worker.ops.paragraph import Paragraph
from worker.ops.recreations import Recreation, Stage
from worker.ops.runbook import SECTIONS
from worker.ops.status import PEEK_MAX, QueueLook, Status, Waiting
from worker.ops.wording import Wording
from worker.printable import printable

ID_CHARACTERS = 12

_STYLES = {
    Stage.DONE: "green",
    Stage.OVER: "dim",
    Stage.IMAGE_FAILED: "bold red",
    Stage.REPLACEMENT_ENDED: "yellow",
}
_UNDER_WAY = "cyan"
_PARKED = "bold yellow"


def status_view(status: Status, wording: Wording) -> RenderableType:
    """Show the whole picture."""
    parts: list[RenderableType] = [Text(wording("status.recreations"), style="bold")]
    for one in status.recreations:
        parts += [Padding(part, (0, 0, 0, 2)) for part in _recreation(one, wording)]
    if not status.recreations:
        parts.append(_indented(wording("status.none")))
    if status.others:
        parts.append(_indented(wording("status.others", number=status.others)))
    parts += _queue("status.queue", "status.hidden", status.queue, wording)
    parts += _queue("status.dead_letters", "status.dead_hidden", status.dead_letters, wording)
    parts.append(_indented(wording("status.undelivered"), style="dim"))
    return Group(*parts)


def _indented(text: str, cells: int = 2, style: str = "") -> RenderableType:
    return Padding(Paragraph(text, style=style), (0, 0, 0, cells))


def _recreation(one: Recreation, wording: Wording) -> Iterator[RenderableType]:
    now = ", ".join(printable(each.instance_id) for each in one.replacements)
    head = Paragraph(f"{printable(one.recreation[:ID_CHARACTERS])}  {printable(one.source)}")
    head.append(f" → {now}" if now else "")
    style = _PARKED if one.parked else _STYLES.get(one.stage, _UNDER_WAY)
    head.append("  ").append(_stage(one, wording), style=style)
    yield head
    for detail in _details(one, wording):
        yield _indented(detail, style="dim")
    if one.degraded:
        yield _indented(wording(f"status.{one.degraded}"), style="bold yellow")
    if one.beside:
        told = wording("status.beside", source=printable(one.beside))
        yield _indented(told, style="bold red")
    if one.quarantined:
        names = wording.listed([each.instance_id for each in one.quarantined])
        yield _indented(wording("status.quarantined", instances=names), style="bold red")


def _stage(one: Recreation, wording: Wording) -> str:
    percent = one.image.percent if one.image else 0
    states = wording.listed([wording.sentence(each.status) for each in one.replacements])
    stage = wording(f"stage.{one.stage.value}", percent=percent, state=states)
    return wording("stage.parked", word=one.parked, stage=stage) if one.parked else stage


def _details(one: Recreation, wording: Wording) -> Iterator[str]:
    told = []
    if one.image is not None:
        state = wording.sentence(one.image.status)
        told.append(wording("status.image", image=one.image.image_id, state=state))
    if one.snapshots:
        told.append(wording("status.snapshots", number=len(one.snapshots)))
    if one.lineage:
        told.append(wording("status.lineage", lineage=one.lineage))
    if told:
        yield " · ".join(told)
    if one.retained:
        disks = wording.listed([f"{each.disk_id} ({each.size} GiB)" for each in one.retained])
        yield wording("status.retained", disks=disks)
    if one.delete_after:
        yield wording("status.delete_after", at=one.delete_after)


def _queue(
    title: str, footnote: str, queue: QueueLook, wording: Wording
) -> Iterator[RenderableType]:
    yield Padding(Text(wording(title, name=queue.name), style="bold"), (1, 0, 0, 0))
    if queue.messages is None:
        yield _indented(wording("status.no_queue"), style="yellow")
        return
    if not queue.messages:
        yield _indented(wording("status.empty"))
    else:
        key = "status.seen_all" if len(queue.messages) >= PEEK_MAX else "status.seen"
        yield _indented(wording(key, number=len(queue.messages)))
    for message in queue.messages:
        yield from _message(message, wording)
    if queue.messages or footnote == "status.hidden":
        yield _indented(wording(footnote), style="dim")


def _message(message: Waiting, wording: Wording) -> Iterator[RenderableType]:
    facts = message.facts
    head = wording(
        f"message.{message.kind}",
        source=facts.get("source", "?"),
        step=wording.known("step", facts.get("step", "?")),
        because=_because(
            wording.sentence(facts.get("parked-because", "")), facts.get("parked", ""), wording
        ),
        why=wording.sentence(facts.get("why", "")),
    )
    yield _indented(head, 4, "yellow" if message.kind in ("parked", "unreadable") else "")
    told = " · ".join(_message_facts(message, wording))
    if told:
        yield _indented(told, 6, "dim")
    if message.signed is False:
        yield _indented(wording("message.unsigned"), 6, "red")
    if "what-to-do" in facts:
        advice = wording.sentence(facts["what-to-do"])
        yield _indented(wording("message.todo", advice=advice), 6)
    if facts.get("parked") in SECTIONS:
        where = wording("runbook", section=facts["parked"])
        yield _indented(wording("message.runbook", where=where), 6)


def _because(sentence: str, park: str, wording: Wording) -> str:
    return wording("dlq.reason", because=sentence, word=park) if sentence else park


def _message_facts(message: Waiting, wording: Wording) -> Iterator[str]:
    facts = message.facts
    if "t0" in facts:
        yield wording("message.t0", at=facts["t0"])
    if "parked-at" in facts:
        yield wording("message.parked_at", at=facts["parked-at"])
    if "replacement" in facts:
        yield wording("message.replacement", instance=facts["replacement"])
    elif "candidate" in facts:
        # What is parked tries nothing: its candidate is the one that comes next.
        key = "message.begins_with" if message.kind == "parked" else "message.candidate"
        yield wording(key, candidate=wording.sentence(facts["candidate"]))
    if message.received:
        yield wording("message.received", number=message.received)
