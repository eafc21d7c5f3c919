"""What is shown after a demo: the receipt, and the verdict claim by claim."""

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.text import Text

from worker.core.receipt import read_receipt
from worker.ops.demo import Result
from worker.ops.demo_function import Bill
from worker.ops.demo_screen import marked
from worker.ops.paragraph import Paragraph
from worker.ops.receipt_view import receipt_view
from worker.ops.wording import Wording


def epilogue(result: Result, wording: Wording) -> RenderableType:
    """Show how a demo ended."""
    parts: list[RenderableType] = []
    if result.receipt is not None:
        parts += [Text(), receipt_view(read_receipt(result.receipt), wording)]
    if result.judgements:
        parts.append(Padding(Text(wording("verdict.title"), style="bold"), (1, 0, 0, 0)))
    for one in result.judgements:
        mark, style = ("✓", "green") if one.is_good else ("✗", "bold red")
        parts.append(marked(mark, style, one.text(wording)))
    if result.is_good and result.parked:
        parts.append(Paragraph(wording("verdict.parked_well"), style="bold yellow"))
    if result.is_good and result.after is not None:
        parts.append(
            Paragraph(wording("verdict.good", after=f"{result.after:.0f}"), style="bold green")
        )
    if result.bill is not None:
        parts.append(Paragraph(_bill(result.bill, wording)))
    return Group(*parts)


def _bill(bill: Bill, wording: Wording) -> str:
    return wording(
        "verdict.bill",
        invocations=bill.invocations,
        seconds=f"{bill.seconds:.0f}",
        gb_seconds=f"{bill.gb_seconds:.1f}",
        original=f"{bill.original_gb_seconds:.1f}",
    )
