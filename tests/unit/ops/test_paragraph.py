"""Sentences on a narrow terminal: Chinese breaks between its characters, and nothing else changes."""

import pytest
from rich.cells import cell_len
from rich.padding import Padding
from rich.text import Text

from worker.ops.line_ends import NOT_FIRST, NOT_LAST
from worker.ops.paragraph import Paragraph
from worker.ops.printing import plain_text
from worker.ops.wording import Language, Wording

PRICES = Wording(Language.CHINESE)("sweep.prices")
ENGLISH = Wording()("sweep.prices")


@pytest.mark.parametrize("columns", [40, 60, 80])
def test_chinese_fills_its_lines(columns: int) -> None:
    """A line ends where it is full, and not at the only blank that there is."""
    lines = plain_text(Paragraph(PRICES), columns).splitlines()

    assert "".join(lines).replace(" ", "") == PRICES.replace(" ", "")
    # A character more is two cells, and takes along the mark that must not be the first of a line.
    assert all(columns - 4 <= cell_len(line) <= columns for line in lines[:-1])
    assert not any(line[0] in NOT_FIRST or line[-1] in NOT_LAST for line in lines)


@pytest.mark.parametrize("columns", [20, 60, 80])
@pytest.mark.parametrize(
    "text",
    [ENGLISH, "a i-bp10f3a9c2e4b7d6f81 " * 9, "x" * 200, "", "one\n    two", "  a " * 60],
    ids=["sentences", "ids", "no blank", "empty", "two lines", "blanks"],
)
def test_english_breaks_as_ever(text: str, columns: int) -> None:
    """At blanks, and inside of a word only when no line has room for it."""
    assert plain_text(Paragraph(text), columns) == plain_text(Text(text), columns)


def test_an_id_among_chinese_is_not_broken() -> None:
    """It is to be copied."""
    text = "镜像 m-bp10f3a9c2e4b7d6f81、其快照和保留的磁盘会产生费用，不会自动删除。"

    for columns in range(24, 80):
        assert "m-bp10f3a9c2e4b7d6f81、" in plain_text(Paragraph(text), columns)


def test_style_and_indentation_stay() -> None:
    """It is a text like any other."""
    text = Paragraph("数据" * 30, style="red").append("！", style="bold")

    lines = plain_text(Padding(text, (0, 0, 0, 4)), 40).splitlines()

    assert all(line.startswith("    数据") for line in lines)
