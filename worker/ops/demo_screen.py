"""Where the demo is watched: a panel on a terminal, one line per fact elsewhere, or nothing."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from rich.console import Console, ConsoleOptions, Group, RenderableType
from rich.live import Live
from rich.panel import Panel
from rich.table import Table
from rich.text import Text
from typing_extensions import override

from worker.core.receipt import NOTICE_SECONDS
from worker.ops.demo_board import MARKS, Board, Fact
from worker.ops.paragraph import Paragraph
from worker.ops.printing import PLAIN_COLUMNS, show
from worker.ops.wording import Wording
from worker.printable import printable

LAST_FACTS = 4
LAST_LINES = 6
NARROW_COLUMNS = 60
BAR_CELLS = 44
# A shorter bar tells nothing.
BAR_CELLS_MIN = 8
OFFSET_CELLS = 7


class Screen(Protocol):
    """Shows what happens while it happens."""

    def title(self, text: str) -> None:
        """Begin a scenario."""
        ...

    def note(self, text: str) -> None:
        """Tell one fact of the set-up."""
        ...

    def watch(self, board: Board, after: float) -> None:
        """Show the board as it is `after` seconds after T0; called often."""
        ...

    def rest(self) -> None:
        """End the watching; what is shown stays."""
        ...

    def show(self, renderable: RenderableType) -> None:
        """Print something whole."""
        ...


class Silent(Screen):
    """Shows nothing."""

    @override
    def title(self, text: str) -> None:
        """Show nothing."""

    @override
    def note(self, text: str) -> None:
        """Show nothing."""

    @override
    def watch(self, board: Board, after: float) -> None:
        """Show nothing."""

    @override
    def rest(self) -> None:
        """Show nothing."""

    @override
    def show(self, renderable: RenderableType) -> None:
        """Show nothing."""


@dataclass(slots=True)
class Lines(Screen):
    """Prints each fact once, in plain lines."""

    console: Console
    wording: Wording
    _told: int = 0

    @override
    def title(self, text: str) -> None:
        self._told = 0
        show(Paragraph(text), self.console)

    @override
    def note(self, text: str) -> None:
        show(marked("-", "", text), self.console)

    @override
    def watch(self, board: Board, after: float) -> None:
        for fact in board.facts[self._told :]:
            show(fact_line(fact, self.wording), self.console)
        self._told = len(board.facts)

    @override
    def rest(self) -> None:
        """Nothing moves here."""

    @override
    def show(self, renderable: RenderableType) -> None:
        show(renderable, self.console)


@dataclass(slots=True)
class Moving(Screen):
    """Draws a panel that moves with time."""

    console: Console
    wording: Wording
    _title: str = ""
    _live: Live | None = field(default=None)

    @override
    def title(self, text: str) -> None:
        self._title = text
        self.console.print(Text(text, style="bold"))

    @override
    def note(self, text: str) -> None:
        self.console.print(marked("✓", "green", text))

    @override
    def watch(self, board: Board, after: float) -> None:
        if self._live is None:
            self._live = Live(console=self.console, auto_refresh=False, transient=False)
            self._live.start()
        drawn = panel(board, after, self._title, self.wording)
        self._live.update(drawn, refresh=True)

    @override
    def rest(self) -> None:
        if self._live is not None:
            self._live.stop()
            self._live = None

    @override
    def show(self, renderable: RenderableType) -> None:
        self.console.print(renderable)


def marked(mark: str, style: str, text: str) -> RenderableType:
    """Return a text behind a mark, which keeps its indentation on every line."""
    line = Table.grid(padding=(0, 1, 0, 0))
    line.add_column(no_wrap=True)
    line.add_column(overflow="fold")
    line.add_row(Text(f"  {mark}", style), Paragraph(text))
    return line


def said(fact: Fact, wording: Wording) -> str:
    """Return a fact in plain words."""
    reason = wording.sentence(fact.reason)
    return wording.known("said", fact.key, what=", ".join(fact.what.split()), reason=reason)


def fact_line(fact: Fact, wording: Wording) -> Text:
    """Return a fact as a line with its seconds after T0."""
    return Text(f"  {_offset(fact):>{OFFSET_CELLS}}  {said(fact, wording)}")


def _offset(fact: Fact) -> str:
    return "" if fact.after is None else f"{fact.after:+.1f}"


def panel(board: Board, after: float, title: str, wording: Wording) -> RenderableType:
    """Draw the board: clock, steps, what is saved, what happens, what to do, the last facts."""
    inside = Group(
        _Clock(after, wording),
        Text(),
        _Steps(board, wording),
        Text(),
        _saved_now_you(board, wording),
        Text(),
        _LastFacts(board.in_order, wording),
    )
    return Panel(inside, title=Text(title), title_align="left", width=None, padding=(0, 1))


@dataclass(frozen=True, slots=True)
class _Clock:
    """The time since T0, as wide as there is room."""

    after: float
    wording: Wording

    def __rich_console__(self, _: Console, options: ConsoleOptions) -> Iterator[RenderableType]:
        """Give the line."""
        yield clock_line(self.after, self.wording, options.max_width)


@dataclass(frozen=True, slots=True)
class _LastFacts:
    """The newest facts to their last word; the board must not get higher than a screen for them."""

    facts: Sequence[Fact]
    wording: Wording

    def __rich_console__(
        self, console: Console, options: ConsoleOptions
    ) -> Iterator[RenderableType]:
        """Give the newest one, and those before it for which there are lines left."""
        rows: list[RenderableType] = []
        left = LAST_LINES
        for fact in reversed(self.facts[-LAST_FACTS:]):
            row = _fact_row(fact, self.wording)
            left -= len(console.render_lines(row, options))
            if rows and left < 0:
                break
            rows.insert(0, row)
        yield from rows


def clock_line(after: float, wording: Wording, columns: int = PLAIN_COLUMNS) -> Text:
    """Draw the time since T0 against the announced release; the bar takes what the words leave."""
    share = min(max(after / NOTICE_SECONDS, 0.0), 1.0)
    line = Text(f"{wording('after_t0', number=f'{after:.0f}'):<12} ")
    end = Text("  " + wording("panel.release", notice=f"{NOTICE_SECONDS:g}"), style="dim")
    room = min(columns - line.cell_len - end.cell_len, BAR_CELLS)
    cells = room if room >= BAR_CELLS_MIN else 0
    filled = round(share * cells)
    style = "green" if share < 0.6 else "yellow" if share < 1.0 else "red"  # noqa: PLR2004 - a look
    line.append("━" * filled, style=style).append("─" * (cells - filled), style="dim")
    return line.append_text(end)


def _fact_row(fact: Fact, wording: Wording) -> RenderableType:
    """Draw a fact behind its seconds, which stand apart on every line."""
    row = Table.grid(padding=(0, 2, 0, 0))
    row.add_column(no_wrap=True, justify="right", min_width=OFFSET_CELLS + 2)
    row.add_column(overflow="fold")
    row.add_row(_offset(fact), Paragraph(said(fact, wording)), style="dim")
    return row


@dataclass(frozen=True, slots=True)
class _Steps:
    """The steps, with what each has made where there is room."""

    board: Board
    wording: Wording

    def __rich_console__(self, _: Console, options: ConsoleOptions) -> Iterator[RenderableType]:
        """Give the table."""
        table = Table.grid(padding=(0, 2, 0, 0))
        table.add_column(no_wrap=True)
        table.add_column(no_wrap=True)
        table.add_column(no_wrap=True, justify="right", min_width=OFFSET_CELLS)
        table.add_column(no_wrap=True, style="dim", overflow="ellipsis")
        is_narrow = options.max_width < NARROW_COLUMNS
        for mark in MARKS:
            sign, name, when, about = _step(mark, self.board, self.wording)
            table.add_row(sign, name, when, "" if is_narrow else about)
        yield table


def _step(mark: str, board: Board, wording: Wording) -> tuple[Text, Text, str, str]:
    """Give a step's sign, name, seconds, and what it has made or waits for."""
    reached = board.reached.get(mark)
    name = wording(f"mark.{mark}")
    if reached is not None:
        when = f"{reached.after:+.1f}"
        return Text("✓", "green"), Text(name), when, _first(reached.resource)
    if mark == board.next_mark and not board.is_over:
        reason = wording.sentence(board.waiting) if board.waiting else ""
        return Text("▸", "cyan"), Text(name, "cyan"), "", reason
    return Text("·", "dim"), Text(name, "dim"), "", ""


def _first(resource: str) -> str:
    first, *others = resource.split() or [""]
    return f"{len(others) + 1}× {printable(first)}" if others else printable(first)


def _saved_now_you(board: Board, wording: Wording) -> RenderableType:
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(no_wrap=True, style="bold")
    table.add_column(overflow="fold")
    for key, told in (("saved", saved), ("now", now), ("you", you)):
        table.add_row(wording(f"panel.{key}"), Paragraph(told(board, wording)))
    return table


def saved(board: Board, wording: Wording) -> str:
    """Say what of the source is safe by now."""
    image, kept = board.reached.get("image accepted"), board.reached.get("disks retained")
    if image is None or board.is_image_lost:
        disks = wording.listed(kept.resource.split()) if kept is not None else ""
        return wording("saved.disks" if disks else "saved.nothing", disks=disks)
    is_ready = "image usable" in board.reached
    key = f"saved.{'image' if is_ready else 'imaging'}{'' if kept is not None else '_alone'}"
    after = board.data_until if is_ready else image.after
    point = wording("after_t0", number=f"{after:.1f}")
    return wording(key, point=point, image=image.resource)


def now(board: Board, wording: Wording) -> str:
    """Say what is being done."""
    if board.advice:
        return wording("now.parked")
    if board.is_over:
        return wording("now.over")
    if board.waiting:
        return wording.sentence(board.waiting)
    return wording(f"mark.{board.next_mark}") if board.next_mark else wording("step.cleanup")


def you(board: Board, wording: Wording) -> str:
    """Say what the person who watches must do."""
    if board.advice:
        return wording.sentence(board.advice)
    if board.outcome:
        return wording("you.check", replacement=board.replacement)
    return wording("you.late" if "image accepted" in board.reached else "you.nothing")
