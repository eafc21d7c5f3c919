"""Where the demo is watched: a panel on a terminal, one line per fact elsewhere, or nothing."""

from dataclasses import dataclass, field
from typing import Protocol

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.panel import Panel
from rich.table import Table
from rich.text import Text
from typing_extensions import override

from worker.core.receipt import NOTICE_SECONDS
from worker.ops.demo_board import MARKS, Board, Fact
from worker.ops.paragraph import Paragraph
from worker.ops.printing import show
from worker.ops.wording import Wording
from worker.printable import printable

LAST_FACTS = 4
BAR_CELLS = 44
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
    when = "" if fact.after is None else f"{fact.after:+.1f}"
    return Text(f"  {when:>{OFFSET_CELLS}}  {said(fact, wording)}")


def panel(board: Board, after: float, title: str, wording: Wording) -> RenderableType:
    """Draw the board: clock, steps, what is saved, what happens, what to do, the last facts."""
    facts = [fact_line(fact, wording) for fact in board.facts[-LAST_FACTS:]]
    for line in facts:
        line.no_wrap, line.overflow = True, "ellipsis"
        line.stylize("dim")
    inside = Group(
        clock_line(after, wording),
        Text(),
        _steps(board, wording),
        Text(),
        _saved_now_you(board, wording),
        Text(),
        *facts,
    )
    return Panel(inside, title=Text(title), title_align="left", width=None, padding=(0, 1))


def clock_line(after: float, wording: Wording) -> Text:
    """Draw the time since T0 against the announced release."""
    share = min(max(after / NOTICE_SECONDS, 0.0), 1.0)
    filled = round(share * BAR_CELLS)
    style = "green" if share < 0.6 else "yellow" if share < 1.0 else "red"  # noqa: PLR2004 - a look
    line = Text(f"{wording('after_t0', number=f'{after:.0f}'):<12} ")
    line.append("━" * filled, style=style).append("─" * (BAR_CELLS - filled), style="dim")
    return line.append("  " + wording("panel.release", notice=f"{NOTICE_SECONDS:g}"), style="dim")


def _steps(board: Board, wording: Wording) -> RenderableType:
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(no_wrap=True)
    table.add_column(no_wrap=True)
    table.add_column(no_wrap=True, justify="right", min_width=OFFSET_CELLS)
    table.add_column(no_wrap=True, style="dim", overflow="ellipsis")
    current = board.next_mark
    for mark in MARKS:
        reached = board.reached.get(mark)
        name = wording(f"mark.{mark}")
        if reached is not None:
            when = f"{reached.after:+.1f}"
            table.add_row(Text("✓", "green"), Text(name), when, _first(reached.resource))
        elif mark == current and not board.is_over:
            reason = wording.sentence(board.waiting) if board.waiting else ""
            table.add_row(Text("▸", "cyan"), Text(name, "cyan"), "", reason)
        else:
            table.add_row(Text("·", "dim"), Text(name, "dim"), "", "")
    return table


def _first(resource: str) -> str:
    first, *others = resource.split() or [""]
    return f"{len(others) + 1}× {printable(first)}" if others else printable(first)


def _saved_now_you(board: Board, wording: Wording) -> RenderableType:
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(no_wrap=True, style="bold")
    table.add_column(overflow="fold")
    table.add_row(wording("panel.saved"), saved(board, wording))
    table.add_row(wording("panel.now"), now(board, wording))
    table.add_row(wording("panel.you"), you(board, wording))
    return table


def saved(board: Board, wording: Wording) -> str:
    """Say what of the source is safe by now."""
    image = board.reached.get("image accepted")
    if image is None:
        kept = "disks retained" in board.reached
        return wording("saved.disks" if kept else "saved.nothing")
    point = wording("after_t0", number=f"{image.after:.1f}")
    ready = "image usable" in board.reached
    return wording("saved.image" if ready else "saved.imaging", point=point, image=image.resource)


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
