"""The receipts of a directory: a line each where it fits, else two."""

from collections.abc import Sequence

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from worker.core.errors import Malformed
from worker.core.receipt import RECOVERED, Receipt
from worker.ops.paragraph import Paragraph
from worker.ops.printing import Fitting
from worker.ops.receipt_files import Stored
from worker.ops.wording import Wording
from worker.printable import printable

ID_CHARACTERS = 12


def receipt_list(
    found: Sequence[Stored], broken: Sequence[Malformed], directory: str, wording: Wording
) -> RenderableType:
    """Show what there is, the newest first, and what cannot be read."""
    trouble = [Paragraph(wording.sentence(error.sentence), style="yellow") for error in broken]
    if not found:
        return Group(wording("receipts.none", directory=directory), *trouble)
    receipts = [stored.receipt for stored in found]
    return Group(Fitting(_table(receipts, wording), _blocks(receipts, wording)), *trouble)


def _table(receipts: Sequence[Receipt], wording: Wording) -> RenderableType:
    table = Table.grid(padding=(0, 2, 0, 0))
    for _ in range(6):
        table.add_column(no_wrap=True)
    heads = (
        wording("receipts.recreation"),
        wording("receipts.t0"),
        wording("receipts.outcome"),
        wording("receipts.after"),
        wording("receipt.source"),
        wording("receipt.replacement"),
    )
    table.add_row(*(Text(head, style="dim") for head in heads))
    for receipt in receipts:
        table.add_row(*_row(receipt, wording))
    return table


def _row(receipt: Receipt, wording: Wording) -> tuple[Text, ...]:
    return (
        Text(printable(receipt.recreation[:ID_CHARACTERS])),
        Text(printable(receipt.t0.replace("T", " ").rstrip("Z"))),
        _outcome(receipt, wording),
        Text(_after(receipt, wording)),
        Text(printable(receipt.source.instance)),
        Text(printable(receipt.replacement.instance)),
    )


def _blocks(receipts: Sequence[Receipt], wording: Wording) -> RenderableType:
    """Say the same in two lines each, as `status` does."""
    parts: list[RenderableType] = []
    for receipt in receipts:
        parts.append(_who(receipt))
        told = [Text(wording("message.t0", at=receipt.t0)), _outcome(receipt, wording)]
        if after := _after(receipt, wording):
            told.append(Text(f"{wording('receipts.after')} {after}"))
        parts.append(Padding(Text(" · ").join(told), (0, 0, 0, 2)))
    return Group(*parts)


def _who(receipt: Receipt) -> Text:
    servers = (receipt.source.instance, receipt.replacement.instance)
    named = " → ".join(printable(one) for one in servers if one)
    return Text(f"{printable(receipt.recreation[:ID_CHARACTERS])}  {named}")


def _outcome(receipt: Receipt, wording: Wording) -> Text:
    style = "green" if receipt.outcome == RECOVERED else "yellow"
    return Text(wording.known("short", receipt.outcome), style=style)


def _after(receipt: Receipt, wording: Wording) -> str:
    running = receipt.running
    return wording("seconds", number=f"{running.seconds_after_t0:.0f}") if running else ""
