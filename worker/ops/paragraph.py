"""Text that breaks between Chinese characters too; rich breaks at blanks only, and Chinese has few."""

from rich.cells import cell_len
from rich.console import Console, JustifyMethod, OverflowMethod
from rich.containers import Lines
from rich.text import Text
from typing_extensions import override

from worker.ops.line_ends import line_ends


class Paragraph(Text):
    """Text of sentences in either language."""

    @override
    def wrap(
        self,
        console: Console,
        width: int,
        *,
        justify: JustifyMethod | None = None,
        overflow: OverflowMethod | None = None,
        tab_size: int = 8,
        no_wrap: bool | None = None,
    ) -> Lines:
        """Break lines that are too long; what fits nowhere is left to rich."""
        parts: list[Text] = []
        for line in self.split(allow_blank=True):
            is_chinese = cell_len(line.plain) > len(line.plain)
            parts += line.divide(line_ends(line.plain, width)) if is_chinese else [line]
        broken = Text("\n").join(parts)
        broken.style, broken.justify, broken.overflow = self.style, self.justify, self.overflow
        return broken.wrap(
            console, width, justify=justify, overflow=overflow, tab_size=tab_size, no_wrap=no_wrap
        )
