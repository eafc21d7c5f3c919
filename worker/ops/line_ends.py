"""Where a line of either language may end; rich and click break at blanks only, and Chinese has few."""

from collections.abc import Iterator
from itertools import pairwise

from rich.cells import cell_len

# Source: "Requirements for Chinese Text Layout" (W3C CLREQ), prohibition rules for line start and end.
NOT_FIRST = frozenset("，。、；：！？）》」』】〉］”’…·,.;:!?)]}%")
NOT_LAST = frozenset("（《「『【〈［“‘([{")


def line_ends(text: str, width: int) -> list[int]:
    """Say where lines end if each takes as much as it can."""
    ends: list[int] = []
    begin = 0
    for start, end in _pieces(text):
        if start > begin and cell_len(text[begin:end].rstrip()) > width:
            ends.append(start)
            begin = start
    return ends


def broken(text: str, width: int) -> list[str]:
    """Return the lines, without the blanks at which they end; what has no end stays whole."""
    cuts = [0, *line_ends(text, width), len(text)]
    return [text[start:end].rstrip() for start, end in pairwise(cuts)]


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
