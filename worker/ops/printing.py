"""Where rich meets a stream: colours on a terminal, plain lines without escape codes elsewhere."""

import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TextIO

from rich.console import Console, ConsoleOptions, Group, RenderableType
from rich.measure import Measurement
from rich.segment import Segment

from worker.ops.paragraph import Paragraph

# Wide enough for ids and their explanation; a pipe has no width of its own.
PLAIN_COLUMNS = 110
# Wider than any terminal: what is measured so needs no more than it asks for.
BOUNDLESS_COLUMNS = 10_000


@dataclass(frozen=True, slots=True)
class CommandLine:
    """A command to be copied: neither broken nor cut off, whatever the width.

    A terminal breaks what is too long by itself, and copies it as one line.
    """

    command: str
    indent: int = 4
    style: str = ""

    def __rich_console__(self, console: Console, _options: ConsoleOptions) -> Iterator[Segment]:
        """Give the lines as they are."""
        style = console.get_style(self.style)
        for line in self.command.split("\n"):
            yield Segment(" " * self.indent + line, style)
            yield Segment.line()


@dataclass(frozen=True, slots=True)
class Fitting:
    """One thing in two layouts: the wide one where it is neither cut nor broken, else the narrow one.

    Attributes:
        gauge: What decides, where some lines of the wide one may break.
    """

    wide: RenderableType
    narrow: RenderableType
    gauge: RenderableType | None = None

    def __rich_console__(
        self, console: Console, options: ConsoleOptions
    ) -> Iterator[RenderableType]:
        """Give the one that fits."""
        boundless = options.update(max_width=BOUNDLESS_COLUMNS)
        needs = Measurement.get(console, boundless, self.gauge or self.wide)
        yield self.wide if needs.maximum <= options.max_width else self.narrow


def console_for(stream: TextIO, environ: Mapping[str, str]) -> Console:
    """Make the console of a stream; markup and emoji codes in names are never interpreted."""
    if isinstance(stream, io.TextIOWrapper):
        # A locale without these characters gets question marks and no traceback.
        stream.reconfigure(errors="replace")
    return Console(
        file=stream,
        width=None if stream.isatty() else _columns(environ),
        no_color=True if environ.get("NO_COLOR") else None,
        markup=False,
        emoji=False,
        highlight=False,
        soft_wrap=False,
        # The environment could force colours into a pipe.
        force_terminal=stream.isatty(),
    )


def show(renderable: RenderableType, console: Console) -> None:
    """Print; elsewhere than on a terminal without colours and without blanks at the ends of lines."""
    if console.is_terminal:
        console.print(_alone(renderable), crop=False)
        return
    console.file.write(plain_text(renderable, console.width))
    console.file.flush()


def show_line(line: str, stream: TextIO, environ: Mapping[str, str]) -> None:
    """Print one sentence, broken between words where the stream is narrow."""
    show(Paragraph(line), console_for(stream, environ))


def plain_text(renderable: RenderableType, columns: int = PLAIN_COLUMNS) -> str:
    """Render as plain lines of at most `columns` cells, but for commands."""
    console = Console(
        width=columns,
        color_system=None,
        force_terminal=False,
        markup=False,
        emoji=False,
        highlight=False,
        file=io.StringIO(),
    )
    with console.capture() as captured:
        console.print(_alone(renderable), crop=False)
    return "".join(f"{line.rstrip()}\n" for line in captured.get().splitlines())


def _alone(renderable: RenderableType) -> Group:
    """Keep what a text is: by itself it would be joined to a plain one, which breaks at blanks only."""
    return Group(renderable)


def _columns(environ: Mapping[str, str]) -> int:
    told = environ.get("COLUMNS", "")
    return int(told) if told.isdecimal() and int(told) > 0 else PLAIN_COLUMNS
