"""The receipts of a directory as a table, one line each."""

from collections.abc import Sequence

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from worker.core.errors import Malformed
from worker.core.receipt import RECOVERED, Receipt
from worker.ops.receipt_files import Stored
from worker.ops.wording import Wording
from worker.printable import printable

ID_CHARACTERS = 12


def receipt_list(
    found: Sequence[Stored], broken: Sequence[Malformed], directory: str, wording: Wording
) -> RenderableType:
    """Show what there is, the newest first, and what cannot be read."""
    trouble = [Text(printable(error.sentence), style="yellow") for error in broken]
    if not found:
        return Group(wording("receipts.none", directory=directory), *trouble)
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
    for stored in found:
        table.add_row(*_row(stored.receipt, wording))
    return Group(table, *trouble)


def _row(receipt: Receipt, wording: Wording) -> tuple[Text, ...]:
    style = "green" if receipt.outcome == RECOVERED else "yellow"
    running = receipt.running
    after = wording("seconds", number=f"{running.seconds_after_t0:.0f}") if running else ""
    return (
        Text(printable(receipt.recreation[:ID_CHARACTERS])),
        Text(printable(receipt.t0.replace("T", " ").rstrip("Z"))),
        Text(wording.known("short", receipt.outcome), style=style),
        Text(after),
        Text(printable(receipt.source.instance)),
        Text(printable(receipt.replacement.instance)),
    )
