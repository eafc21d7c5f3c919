"""A receipt as a person reads it: when, from what to what, which data, what is lost, what to do."""

from rich.cells import cell_len
from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from worker.core.receipt import RECOVERED, UNFINISHED, DiskRecord, Receipt
from worker.ops.comparison import Likeness, compare
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
    lines = [Text(headline(receipt, wording), style=style)]
    running = receipt.running
    if running is not None:
        lines.append(Text(in_time(running, receipt, wording)))
    if receipt.degraded:
        why = wording.sentence(receipt.degraded)
        lines.append(Text(wording("receipt.degraded", why=why), style="bold yellow"))
    if said := health(receipt, wording):
        lines.append(Text(said))
    if receipt.reason:
        lines.append(Text(wording.sentence(receipt.reason)))
    return Group(*lines)


def _notice(receipt: Receipt, wording: Wording) -> Text:
    return Text(notice(receipt, wording), style="dim")


def _timeline(receipt: Receipt, wording: Wording) -> RenderableType:
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(justify="right", no_wrap=True, min_width=OFFSET_CELLS)
    table.add_column(no_wrap=True, min_width=BAR_CELLS)
    table.add_column(no_wrap=True, min_width=_widest(receipt, wording))
    table.add_column(no_wrap=True, style="dim", overflow="ellipsis")
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
    return Padding(table, _INDENT)


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
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(style="dim", no_wrap=True)
    table.add_column(overflow="fold", ratio=1)
    table.add_column(overflow="fold", ratio=1)
    table.add_column(no_wrap=True)
    table.add_row(
        "",
        *(Text(name, style="dim") for name in compared_names(receipt, wording)),
    )
    for line in compare(receipt, wording):
        table.add_row(
            wording(f"field.{line.field}"),
            Text(printable(line.source)),
            Text(printable(line.replacement)),
            Text(wording(line.likeness.value), style=_LIKENESS_STYLE[line.likeness]),
        )
    return Padding(table, _INDENT)


def _disks(receipt: Receipt, wording: Wording) -> RenderableType:
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(no_wrap=True)
    table.add_column(no_wrap=True)
    table.add_column()
    table.add_column()
    heads = ("data.disk", "data.what", "data.point", "data.itself")
    table.add_row(*(Text(wording(head), style="dim") for head in heads))
    for disk in receipt.disks:
        table.add_row(
            printable(disk.disk),
            f"{wording.known('kind', disk.kind)} {printable(disk.device)} {disk.size} GiB",
            _as_of(disk, receipt, wording),
            _itself(disk, receipt, wording),
        )
    points = {data_point(disk, wording): None for disk in receipt.disks if disk.data_point}
    told = [Text(wording("data.meaning", point=point)) for point in points]
    return Padding(Group(table, *told), _INDENT)


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
    table = Table.grid(padding=(0, 2, 0, 0))
    for one in receipt.handed_over:
        table.add_row("-", wording.sentence(printable(one.what)), printable(one.resource))
    return Padding(table, _INDENT)


def _not_kept(receipt: Receipt, wording: Wording) -> RenderableType:
    table = Table.grid(padding=(0, 1, 0, 0))
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    lines = list(losses(receipt, wording))
    for what, why in lines:
        table.add_row("-", Text(wording("because", what=what, why=why)))
    if not lines:
        table.add_row("-", all_kept(receipt, wording))
    return Padding(table, _INDENT)


def _advice(receipt: Receipt, wording: Wording) -> RenderableType:
    table = Table.grid(padding=(0, 1, 0, 0))
    table.add_column(no_wrap=True, justify="right")
    table.add_column(overflow="fold")
    for number, sentence in enumerate(advice(receipt, wording), start=1):
        table.add_row(f"{number}.", Text(sentence))
    return Padding(table, _INDENT)
