"""A receipt as a person reads it: when, from what to what, which data, what is lost, what to do."""

from collections.abc import Callable, Sequence
from dataclasses import replace

from rich.cells import cell_len
from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from worker.core.receipt import RECOVERED, UNFINISHED, DiskRecord, Receipt
from worker.ops.comparison import Likeness, Line, compare
from worker.ops.paragraph import Paragraph
from worker.ops.printing import Fitting
from worker.ops.receipt_words import (
    advice,
    all_kept,
    compared_names,
    compared_title,
    data_point,
    headline,
    health,
    in_time,
    losses,
    notice,
    resources,
)
from worker.ops.wording import Wording
from worker.printable import printable

OFFSET_CELLS = 7
BAR_CELLS = 21

# What a table must have room for in one piece; other lines of it may break.
WHOLE_FIELDS = frozenset({"instance", "type", "zone", "vpc", "private_ip", "elastic_ip"})

_INDENT = (0, 0, 0, 2)
_LIKENESS_STYLE = {
    Likeness.SAME: "green",
    Likeness.CHANGED: "yellow",
    Likeness.NEW: "dim",
    Likeness.LOST: "red",
}


def receipt_view(receipt: Receipt, wording: Wording) -> RenderableType:
    """Show a whole receipt; it is as wide as the console that prints it."""
    parts: list[RenderableType] = [_headline(receipt, wording), _notice(receipt, wording)]
    if receipt.timeline:
        parts += [_title(wording("receipt.timeline")), _timeline(receipt, wording)]
    if receipt.replacement.instance:
        parts += [_title(compared_title(receipt, wording)), _comparison(receipt, wording)]
    if receipt.disks:
        parts += [_title(wording("receipt.data")), _disks(receipt, wording)]
    if receipt.handed_over:
        parts += [_title(wording("receipt.handed_over")), _handed_over(receipt, wording)]
    if receipt.outcome == RECOVERED:
        parts += [_title(wording("receipt.not_kept")), _not_kept(receipt, wording)]
    parts += [_title(wording("receipt.todo")), _advice(receipt, wording)]
    return Group(*parts)


def _title(text: str) -> RenderableType:
    return Padding(Text(text, style="bold"), (1, 0, 0, 0))


def _headline(receipt: Receipt, wording: Wording) -> RenderableType:
    style = {RECOVERED: "bold green", UNFINISHED: "bold red"}.get(receipt.outcome, "bold yellow")
    lines = [Paragraph(headline(receipt, wording), style=style)]
    running = receipt.running
    if running is not None:
        lines.append(Paragraph(in_time(running, receipt, wording)))
    if receipt.degraded:
        why = wording.sentence(receipt.degraded)
        lines.append(Paragraph(wording("receipt.degraded", why=why), style="bold yellow"))
    if said := health(receipt, wording):
        lines.append(Paragraph(said))
    if receipt.reason:
        lines.append(Paragraph(wording.sentence(receipt.reason)))
    return Group(*lines)


def _notice(receipt: Receipt, wording: Wording) -> Text:
    return Paragraph(notice(receipt, wording), style="dim")


def _timeline(receipt: Receipt, wording: Wording) -> RenderableType:
    """Draw it as it fits: each moment on a line, what it is about below it, and without the bar."""
    wide, narrow = _wide_timeline(receipt, wording), _narrow_timeline(receipt, wording)
    gauge = _narrow_timeline(receipt, wording, break_all=True)
    return Padding(Fitting(wide, Fitting(narrow, _bare_timeline(receipt, wording), gauge)), _INDENT)


def _wide_timeline(receipt: Receipt, wording: Wording) -> RenderableType:
    table = _scales()
    table.add_column(no_wrap=True, min_width=_widest(receipt, wording))
    table.add_column(no_wrap=True, style="dim")
    for moment in receipt.timeline:
        table.add_row(
            f"{moment.seconds_after_t0:+.1f}",
            scale(moment.seconds_after_t0, receipt),
            wording.known("mark", moment.what),
            resources(moment.resource),
        )
    table.add_row(
        f"{receipt.notice_seconds:+.1f}", scale(None, receipt), wording("receipt.release"), ""
    )
    return table


def _narrow_timeline(
    receipt: Receipt, wording: Wording, *, break_all: bool = False
) -> RenderableType:
    """Put what a moment is about below it; with `break_all` every word on a line of its own."""
    table = _scales()
    table.add_column(overflow="fold")
    shaped = _word_by_word if break_all else str
    for moment in receipt.timeline:
        told: list[Text] = [Paragraph(shaped(wording.known("mark", moment.what)))]
        if moment.resource:
            told.append(Text(shaped(resources(moment.resource)), style="dim"))
        at = moment.seconds_after_t0
        table.add_row(f"{at:+.1f}", scale(at, receipt), Group(*told))
    end = f"{receipt.notice_seconds:+.1f}"
    table.add_row(end, scale(None, receipt), wording("receipt.release"))
    return table


def _bare_timeline(receipt: Receipt, wording: Wording) -> RenderableType:
    """Leave the bar out, so that ids have a line to themselves."""
    parts: list[RenderableType] = []
    for moment in receipt.timeline:
        parts.append(_moment(moment.seconds_after_t0, wording.known("mark", moment.what)))
        if moment.resource:
            parts.append(Padding(Text(resources(moment.resource), style="dim"), _INDENT))
    return Group(*parts, _moment(receipt.notice_seconds, wording("receipt.release")))


def _moment(after: float, told: str) -> RenderableType:
    row = Table.grid(padding=(0, 2, 0, 0))
    row.add_column(justify="right", no_wrap=True, min_width=OFFSET_CELLS)
    row.add_column(overflow="fold")
    row.add_row(f"{after:+.1f}", Paragraph(told))
    return row


def _word_by_word(text: str) -> str:
    """Break a text wherever it may be, to measure what must stay in one piece."""
    return "\n".join(text.split())


def _scales() -> Table:
    """Begin a timeline: when, and where that is on the way to the release."""
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(justify="right", no_wrap=True, min_width=OFFSET_CELLS)
    table.add_column(no_wrap=True, min_width=BAR_CELLS)
    return table


def _widest(receipt: Receipt, wording: Wording) -> int:
    return max(cell_len(wording.known("mark", moment.what)) for moment in receipt.timeline)


def scale(at: float | None, receipt: Receipt) -> Text:
    """Draw an instant on the way from T0 to the announced release, and beyond it if need be."""
    notice = receipt.notice_seconds
    end = max(1.0, notice, *(moment.seconds_after_t0 for moment in receipt.timeline))
    cells = ["─"] * BAR_CELLS
    deadline = round(max(notice, 0.0) / end * (BAR_CELLS - 1))
    cells[0], cells[deadline] = "├", "┤"
    line = Text("".join(cells), style="dim")
    where = deadline if at is None else round(min(max(at, 0.0), end) / end * (BAR_CELLS - 1))
    late = at is None or at > notice
    mark = Text("◆" if at is None else "●", style="red" if late else "green")
    return Text.assemble(line[:where], mark, line[where + 1 :])


def _comparison(receipt: Receipt, wording: Wording) -> RenderableType:
    lines = compare(receipt, wording)
    whole = [
        line if line.field in WHOLE_FIELDS else replace(line, source="", replacement="")
        for line in lines
    ]
    wide, gauge = (_side_by_side(each, receipt, wording) for each in (lines, whole))
    narrow, words = (_one_below_another(lines, wording, shape) for shape in (str, _word_by_word))
    return Padding(
        Fitting(wide, Fitting(narrow, _each_by_itself(lines, wording), words), gauge), _INDENT
    )


def _side_by_side(lines: Sequence[Line], receipt: Receipt, wording: Wording) -> RenderableType:
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(style="dim", no_wrap=True)
    table.add_column(overflow="fold", ratio=1)
    table.add_column(overflow="fold", ratio=1)
    table.add_column(no_wrap=True)
    table.add_row(
        "",
        *(Text(name, style="dim") for name in compared_names(receipt, wording)),
    )
    for line in lines:
        table.add_row(
            wording(f"field.{line.field}"),
            Paragraph(printable(line.source)),
            Paragraph(printable(line.replacement)),
            _likeness(line, wording),
        )
    return table


def _one_below_another(
    lines: Sequence[Line], wording: Wording, shaped: Callable[[str], str]
) -> RenderableType:
    """Write each property as from what to what, and once where that is the same."""
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(style="dim", no_wrap=True)
    table.add_column(overflow="fold")
    for line in lines:
        told = Paragraph(shaped(f"{_from_to(line)} ")).append_text(_likeness(line, wording))
        table.add_row(wording(f"field.{line.field}"), told)
    return table


def _each_by_itself(lines: Sequence[Line], wording: Wording) -> RenderableType:
    """Write each property as a sentence, where there is no room for two columns."""
    parts: list[RenderableType] = []
    for line in lines:
        name = wording(f"field.{line.field}")
        told = Paragraph(wording("because", what=name, why=f"{_from_to(line)} "))
        parts.append(told.append_text(_likeness(line, wording)))
    return Group(*parts)


def _from_to(line: Line) -> str:
    values = dict.fromkeys(printable(one) for one in (line.source, line.replacement) if one)
    return " → ".join(values)


def _likeness(line: Line, wording: Wording) -> Text:
    return Text(wording(line.likeness.value), style=_LIKENESS_STYLE[line.likeness])


def _disks(receipt: Receipt, wording: Wording) -> RenderableType:
    points = {data_point(disk, wording): None for disk in receipt.disks if disk.data_point}
    told = [Paragraph(wording("data.meaning", point=point)) for point in points]
    disks = Fitting(_disk_table(receipt, wording), _disk_blocks(receipt, wording))
    return Padding(Group(disks, *told), _INDENT)


def _disk_table(receipt: Receipt, wording: Wording) -> RenderableType:
    table = Table.grid(padding=(0, 2, 0, 0))
    for _ in range(4):
        table.add_column(no_wrap=True)
    heads = ("data.disk", "data.what", "data.point", "data.itself")
    table.add_row(*(Text(wording(head), style="dim") for head in heads))
    for disk in receipt.disks:
        table.add_row(
            printable(disk.disk),
            _what(disk, wording),
            _as_of(disk, receipt, wording),
            _itself(disk, receipt, wording),
        )
    return table


def _disk_blocks(receipt: Receipt, wording: Wording) -> RenderableType:
    """Say the same of one disk after the other; the heads become words of its lines."""
    parts: list[RenderableType] = []
    for disk in receipt.disks:
        parts.append(Text(f"{printable(disk.disk)}  {_what(disk, wording)}"))
        told = {
            "data.point": _as_of(disk, receipt, wording),
            "data.itself": _itself(disk, receipt, wording),
        }
        for head, value in told.items():
            line = Text(wording("because", what=wording(head), why="")).append_text(value)
            parts.append(Padding(line, _INDENT))
    return Group(*parts)


def _what(disk: DiskRecord, wording: Wording) -> str:
    return f"{wording.known('kind', disk.kind)} {printable(disk.device)} {disk.size} GiB"


def _as_of(disk: DiskRecord, receipt: Receipt, wording: Wording) -> Text:
    if receipt.is_in_place:
        return Text(wording("data.in_place"), style="green")
    if not disk.data_point:
        return Text(wording("data.in_no_image"), style="red")
    return Text(wording("after_t0", number=f"{disk.data_point_after_t0:.1f}"))


def _itself(disk: DiskRecord, receipt: Receipt, wording: Wording) -> Text:
    if disk.attached:
        return Text(wording("data.attached"), style="green")
    if receipt.is_in_place:
        return Text(wording("data.on_it"), style="green")
    if disk.retained:
        return Text(wording("data.retained"), style="green")
    return Text(wording("data.not_retained"), style="yellow")


def _handed_over(receipt: Receipt, wording: Wording) -> RenderableType:
    wide, narrow = Table.grid(padding=(0, 2, 0, 0)), Table.grid(padding=(0, 1, 0, 0))
    narrow.add_column(no_wrap=True)
    narrow.add_column(overflow="fold")
    for one in receipt.handed_over:
        what, resource = wording.sentence(printable(one.what)), printable(one.resource)
        wide.add_row("-", what, resource)
        narrow.add_row("-", Group(Paragraph(what), Text(resource)))
    return Padding(Fitting(wide, narrow), _INDENT)


def _not_kept(receipt: Receipt, wording: Wording) -> RenderableType:
    table = Table.grid(padding=(0, 1, 0, 0))
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    lines = list(losses(receipt, wording))
    for what, why in lines:
        table.add_row("-", Paragraph(wording("because", what=what, why=why)))
    if not lines:
        table.add_row("-", Paragraph(all_kept(receipt, wording)))
    return Padding(table, _INDENT)


def _advice(receipt: Receipt, wording: Wording) -> RenderableType:
    table = Table.grid(padding=(0, 1, 0, 0))
    table.add_column(no_wrap=True, justify="right")
    table.add_column(overflow="fold")
    for number, sentence in enumerate(advice(receipt, wording), start=1):
        table.add_row(f"{number}.", Paragraph(sentence))
    return Padding(table, _INDENT)
