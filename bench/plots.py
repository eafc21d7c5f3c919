"""Line charts as SVG, readable on light and on dark pages.

Written by hand, because a picture of two lines does not need a library; colours follow the reader's
preference, and every line is named where it ends.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape

WIDTH, HEIGHT = 760, 360
LEFT, RIGHT, TOP, BOTTOM = 64, 160, 52, 48
LABEL_GAP = 14
# Told apart by those who see no red or no green, too; the second list is for dark pages.
COLOURS = ("#0b6bcb", "#c2410c", "#15803d", "#7e22ce", "#57606a")
COLOURS_DARK = ("#6cb6ff", "#f69d50", "#6bc46d", "#dcbdfb", "#adbac7")


@dataclass(frozen=True)
class Line:
    """One line of a chart.

    Attributes:
        points: (x, y), by x.
        is_bound: Drawn dashed and as steps: a limit, and not something that was measured.
    """

    name: str
    points: Sequence[tuple[float, float]]
    is_bound: bool = False


@dataclass(frozen=True)
class Chart:
    """A chart; `is_log` spreads x by powers of ten and marks each point."""

    title: str
    x_label: str
    y_label: str
    lines: Sequence[Line]
    is_log: bool = False


def svg(chart: Chart) -> str:
    """Draw a chart."""
    xs = [x for line in chart.lines for x, _ in line.points]
    tallest = max(y for line in chart.lines for _, y in line.points)
    top = ticks(tallest)[-1]
    across = _across(min(xs), max(xs), is_log=chart.is_log)

    def down(y: float) -> float:
        return HEIGHT - BOTTOM - y / top * (HEIGHT - TOP - BOTTOM)

    body = [*_axes(chart, sorted(set(xs)), tallest, across, down)]
    ends: list[float] = []
    for number, line in enumerate(chart.lines):
        body += _drawn(number, line, across, down, is_marked=chart.is_log)
        # Names of lines that end at the same height stand below one another.
        at = down(line.points[-1][1]) + 4
        while any(abs(at - other) < LABEL_GAP for other in ends):
            at += 1
        ends.append(at)
        name = escape(line.name)
        body.append(f'<text class="c{number}" x="{WIDTH - RIGHT + 8}" y="{at:.0f}">{name}</text>')
    return _page(escape(chart.title), body)


def ticks(highest: float) -> list[float]:
    """Return round steps from nothing to at least `highest`."""
    if highest <= 0:
        return [0.0, 1.0]
    power = 10 ** math.floor(math.log10(highest))
    step = next(s * power for s in (0.2, 0.25, 0.5, 1.0, 2.0) if highest / (s * power) <= 5)  # noqa: PLR2004 - steps
    return [round(step * n, 10) for n in range(math.ceil(round(highest / step, 6)) + 1)]


def _across(least: float, most: float, *, is_log: bool) -> Callable[[float], float]:
    room = WIDTH - LEFT - RIGHT

    def across(x: float) -> float:
        if is_log:
            return LEFT + room * math.log(x / least) / math.log(most / least)
        return LEFT + room * (x - least) / (most - least)

    return across


def _axes(
    chart: Chart,
    xs: Sequence[float],
    tallest: float,
    across: Callable[[float], float],
    down: Callable[[float], float],
) -> list[str]:
    bottom, right = HEIGHT - BOTTOM, WIDTH - RIGHT
    middle = f"{(LEFT + right) / 2:.0f}"
    label = escape(chart.x_label)
    found = [
        f'<text class="title" x="{LEFT}" y="22">{escape(chart.title)}</text>',
        f'<text x="{middle}" y="{HEIGHT - 10}" text-anchor="middle">{label}</text>',
        f'<text x="4" y="{TOP - 10}">{escape(chart.y_label)}</text>',
    ]
    for y in ticks(tallest):
        at = f"{down(y):.1f}"
        found += [
            f'<line class="grid" x1="{LEFT}" x2="{right}" y1="{at}" y2="{at}"/>',
            f'<text x="{LEFT - 8}" y="{down(y) + 4:.1f}" text-anchor="end">{y:g}</text>',
        ]
    for x in xs if chart.is_log else [t + xs[0] for t in ticks(xs[-1] - xs[0])]:
        if x <= xs[-1]:
            found.append(
                f'<text x="{across(x):.1f}" y="{bottom + 18}" text-anchor="middle">{x:g}</text>'
            )
    return found


def _drawn(
    number: int,
    line: Line,
    across: Callable[[float], float],
    down: Callable[[float], float],
    *,
    is_marked: bool,
) -> list[str]:
    places: list[str] = []
    for x, y in line.points:
        if line.is_bound and places:
            places.append(f"{across(x):.1f},{places[-1].split(',')[1]}")
        places.append(f"{across(x):.1f},{down(y):.1f}")
    kind = f"l{number} bound" if line.is_bound else f"l{number}"
    found = [f'<polyline class="{kind}" points="{" ".join(places)}"/>']
    if is_marked:
        found += [
            f'<circle class="f{number}" cx="{across(x):.1f}" cy="{down(y):.1f}" r="3.5"/>'
            for x, y in line.points
        ]
    return found


def _page(title: str, body: Sequence[str]) -> str:
    def rules(colours: Sequence[str], ink: str, grid: str) -> str:
        return f"text{{fill:{ink}}}.grid{{stroke:{grid}}}" + "".join(
            f".l{n}{{stroke:{c}}}.f{n},text.c{n}{{fill:{c}}}" for n, c in enumerate(colours)
        )

    style = (
        "text{font:12px system-ui,sans-serif}.title{font-weight:600;font-size:14px}"
        "polyline{fill:none;stroke-width:2}.bound{stroke-dasharray:5 4;stroke-width:1.5}"
        f"{rules(COLOURS, '#1f2328', '#d1d9e0')}"
        f"@media(prefers-color-scheme:dark){{{rules(COLOURS_DARK, '#d1d7e0', '#3d444d')}}}"
    )
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img">',
            f"<title>{title}</title>",
            f"<style>{style}</style>",
            *body,
            "</svg>",
            "",
        ]
    )
