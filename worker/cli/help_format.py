"""How a help looks: whole words in every line, in the language of who asks.

Click breaks at hyphens and counts a Chinese character as one cell; both would spoil what is to be read or copied.
"""

import os
import re
from collections.abc import Iterable, Mapping

import click
from rich.cells import cell_len
from typing_extensions import override

from worker.cli.failures import LANGUAGE
from worker.ops.language import Language, language_of
from worker.ops.line_ends import broken

# A paragraph that begins with it keeps its lines; so says click.
_AS_IT_STANDS = "\b"
# What click adds behind the text of an option: default, range, whether it must be given.
_ADDED = re.compile(r"(.*?)  \[(.*)\]", re.DOTALL)
# The kind of a value that has no name of its own.
_KIND = re.compile(r" (INTEGER|FLOAT|TEXT)( RANGE)?$")
_COLUMN_MAX = 30
_SPACING = 2
_TEXT_CELLS_MIN = 10


def help_format(ctx: click.Context) -> "HelpFormat":
    """Make the formatter of a command's help."""
    language = language_of(os.environ, ctx.meta.get(LANGUAGE))
    texts: Mapping[str, str] = {}
    words: Mapping[str, str] = {}
    if language is Language.CHINESE:
        from worker.cli.help_texts import HELP, WORDS  # noqa: PLC0415 - English needs neither

        texts, words = HELP, WORDS
    return HelpFormat(ctx, texts, words)


class HelpFormat(click.HelpFormatter):
    """Click's formatter with other lines and, where they are given, other words."""

    def __init__(
        self, ctx: click.Context, texts: Mapping[str, str], words: Mapping[str, str]
    ) -> None:
        super().__init__(width=ctx.terminal_width, max_width=ctx.max_content_width)
        self._texts = texts
        self._words = words

    @override
    def write_usage(self, prog: str, args: str = "", prefix: str | None = None) -> None:
        """Write how the command is called."""
        for word in ("[OPTIONS]", "COMMAND", "[ARGS]"):
            args = args.replace(word, self._words.get(word, word))
        begin = f"{self._word('Usage')}{self._colon}{'' if self._words else ' '}{prog} "
        indent = " " * cell_len(begin)
        lines = broken(args, max(self.width - len(indent), _TEXT_CELLS_MIN))
        self.write(begin + f"\n{indent}".join(lines) + "\n")

    @override
    def write_heading(self, heading: str) -> None:
        """Write a heading."""
        self.write(f"{'':>{self.current_indent}}{self._word(heading)}{self._colon}\n")

    @override
    def write_text(self, text: str) -> None:
        """Write paragraphs, each broken anew."""
        indent = " " * self.current_indent
        parts = [self._paragraph(part) for part in re.split(r"\n\s*\n", text)]
        self.write("\n\n".join("\n".join(indent + line for line in part) for part in parts) + "\n")

    @override
    def write_dl(
        self,
        rows: Iterable[tuple[str, str]],
        col_max: int = _COLUMN_MAX,
        col_spacing: int = _SPACING,
    ) -> None:
        """Write names with what they mean beside them."""
        named = [(_KIND.sub(self._kind, name), text) for name, text in rows]
        column = min(max(cell_len(name) for name, _ in named), col_max) + col_spacing
        indent = " " * self.current_indent
        for name, text in named:
            room = max(self.width - column - self.current_indent, _TEXT_CELLS_MIN)
            # A name that is too long has a line of its own.
            if cell_len(name) > column - col_spacing:
                self.write(f"{indent}{name}\n")
                name = ""  # noqa: PLW2901 - it is written
            for line in self._meaning(text, room):
                self.write(f"{indent}{name}{' ' * (column - cell_len(name))}{line}".rstrip() + "\n")
                name = ""  # noqa: PLW2901 - as above

    def _paragraph(self, text: str) -> list[str]:
        first, *others = text.split("\n")
        if first.strip() == _AS_IT_STANDS:
            heading, *lines = others
            return [f"{self._word(heading.removesuffix(':'))}{self._colon}", *lines]
        return broken(self._told(text), self.width - self.current_indent)

    def _meaning(self, text: str, room: int) -> list[str]:
        """Break a meaning; what click has added is a value to be copied, and stays whole."""
        added = _ADDED.fullmatch(text)
        if added is None:
            return broken(self._told(text), room)
        *lines, last = broken(self._told(added[1]), room)
        facts = map(self._fact, added[2].split("; "))
        told = f"[{('；' if self._words else '; ').join(facts)}]"
        if cell_len(f"{last}  {told}") <= room:
            return [*lines, f"{last}  {told}"]
        return [*lines, last, *broken(told, room)]

    def _fact(self, text: str) -> str:
        name, colon, value = text.partition(": ")
        between = "：" if self._words else ": "
        return f"{self._word(name)}{between if colon else ''}{value}"

    def _told(self, text: str) -> str:
        english = " ".join(text.split())
        return self._texts.get(english, english)

    def _word(self, english: str) -> str:
        return self._words.get(english, english)

    def _kind(self, found: re.Match[str]) -> str:
        return f" {self._word(found[1])}" if self._words else found[0]

    @property
    def _colon(self) -> str:
        return "：" if self._words else ":"
