"""Text that breaks between Chinese characters too; rich breaks at blanks only, and Chinese has few."""

from collections.abc import Iterator

from rich.cells import cell_len
from rich.console import Console, JustifyMethod, OverflowMethod
from rich.containers import Lines
from rich.text import Text
from typing_extensions import override

# Source: "Requirements for Chinese Text Layout" (W3C CLREQ), prohibition rules for line start and end.
NOT_FIRST = frozenset("，。、；：！？）》」』】〉”’…·,.;:!?)]}%")
NOT_LAST = frozenset("（《「『【〈“‘([{")


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
            parts += line.divide(_ends(line.plain, width)) if is_chinese else [line]
        broken = Text("\n").join(parts)
        broken.style, broken.justify, broken.overflow = self.style, self.justify, self.overflow
        return broken.wrap(
            console, width, justify=justify, overflow=overflow, tab_size=tab_size, no_wrap=no_wrap
        )


def _ends(text: str, width: int) -> list[int]:
    """Say where lines end if each takes as much as it can."""
    ends: list[int] = []
    begin = 0
    for start, end in _pieces(text):
        if start > begin and cell_len(text[begin:end].rstrip()) > width:
            ends.append(start)
            begin = start
    return ends


def _pieces(text: str) -> Iterator[tuple[int, int]]:
    """Cut a text wherever a line may end."""
    start = 0
    for at in range(1, len(text)):
        if _may_end(text[at - 1], text[at]):
            yield start, at
            start = at
    yield start, len(text)


def _may_end(before: str, after: str) -> bool:
    if after.isspace() or before.isspace():
        return not after.isspace()
    is_wide = cell_len(before) > 1 or cell_len(after) > 1
    return is_wide and after not in NOT_FIRST and before not in NOT_LAST
