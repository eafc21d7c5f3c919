"""What is shown after a demo: the receipt, the verdict claim by claim, and the result."""

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.rule import Rule
from rich.text import Text

from worker.core.receipt import read_receipt
from worker.ops.demo import Result
from worker.ops.receipt_view import receipt_view
from worker.ops.wording import Wording, printable


def epilogue(result: Result, wording: Wording) -> RenderableType:
    """Show how a demo ended."""
    parts: list[RenderableType] = []
    if result.receipt is not None:
        parts += [Text(), receipt_view(read_receipt(result.receipt), wording)]
    if result.judgements:
        parts.append(Padding(Text(wording("verdict.title"), style="bold"), (1, 0, 0, 0)))
    for one in result.judgements:
        mark = Text("  ✓ ", "green") if one.is_good else Text("  ✗ ", "bold red")
        parts.append(Text.assemble(mark, one.text(wording)))
    if result.failure:
        parts.append(Text(printable(result.failure), style="red"))
    parts.append(_result(result, wording))
    return Group(*parts, Rule(style="dim"))


def _result(result: Result, wording: Wording) -> Text:
    if result.is_good and result.after is not None:
        return Text(wording("verdict.good", after=f"{result.after:.0f}"), style="bold green")
    return Text(wording("verdict.bad", directory=result.directory), style="bold red")
