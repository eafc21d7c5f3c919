"""The timeline of a receipt as a picture: an SVG that grows with the page, its text does not.

Across, everything stands at a share of the width, so that the same picture is right on a phone and
on a desk; down, a row has a fixed height. Colours belong to the page's style.
"""

from dataclasses import dataclass
from xml.etree import ElementTree as ET

from worker.core.receipt import Receipt
from worker.ops.markup import element
from worker.ops.receipt_words import resources
from worker.ops.wording import Wording

AXIS_HEIGHT = 46
ROW_HEIGHT = 38
SECONDS_WIDTH = 62
BAR_HEIGHT = 8
TICKS_MAX = 6
# Room at both edges, so that a dot at the very end is whole; shares of 100.
MARGIN = 2.0

_STEPS = (1, 5, 10, 30, 60, 120, 300, 600, 1_800, 3_600, 7_200, 21_600, 86_400)


@dataclass(frozen=True, slots=True)
class Scale:
    """Where an instant stands, in shares of the width.

    Attributes:
        notice: Seconds from T0 to the announced release.
        end: Seconds from T0 to the right edge.
    """

    notice: float
    end: float

    def share(self, at: float) -> float:
        """Return the share of 100 for `at` seconds after T0; what is outside stands at the edge."""
        inside = min(max(at, 0.0), self.end)
        return MARGIN + inside / self.end * (100.0 - 2 * MARGIN)

    def place(self, at: float) -> str:
        """Return the same as a coordinate."""
        return f"{self.share(at):.2f}%"

    def width(self, start: float, end: float) -> str:
        """Return what lies between two instants as a width."""
        return f"{max(self.share(end) - self.share(start), 0.0):.2f}%"


@dataclass(frozen=True, slots=True)
class _Row:
    at: float
    label: str
    resource: str = ""
    is_release: bool = False


def scale_of(receipt: Receipt) -> Scale:
    """Return the scale that has room for the notice and for every line of the timeline."""
    after = [moment.seconds_after_t0 for moment in receipt.timeline]
    return Scale(receipt.notice_seconds, max(1.0, receipt.notice_seconds, *after))


def picture(receipt: Receipt, wording: Wording) -> ET.Element:
    """Draw the timeline, from T0 to the release or to what came after it."""
    scale = scale_of(receipt)
    rows = _rows(receipt, wording)
    height = AXIS_HEIGHT + ROW_HEIGHT * len(rows)
    drawn = element(
        "svg",
        width="100%",
        height=str(height),
        role="img",
        aria_label=wording("page.picture", number=f"{scale.notice:g}"),
    )
    drawn.extend(_axis(scale, height, wording))
    for number, row in enumerate(rows):
        drawn.append(_row(row, AXIS_HEIGHT + ROW_HEIGHT * number, scale))
    return drawn


def _rows(receipt: Receipt, wording: Wording) -> list[_Row]:
    rows = [
        _Row(one.seconds_after_t0, wording.known("mark", one.what), resources(one.resource))
        for one in receipt.timeline
    ]
    rows.append(_Row(receipt.notice_seconds, wording("receipt.release"), is_release=True))
    return sorted(rows, key=lambda row: row.at)


def _axis(scale: Scale, height: int, wording: Wording) -> list[ET.Element]:
    """Draw the notice as a bar, the seconds above it, and the lines down through all rows."""
    ticks = ticks_of(scale.end)
    drawn = [
        element("text", f"{tick:g}", x=scale.place(tick), y="11", class_="tick") for tick in ticks
    ]
    drawn += [_down(scale, tick, height, "grid") for tick in ticks]
    drawn += [
        element(
            "rect",
            x=scale.place(0.0),
            y="18",
            width=scale.width(0.0, scale.notice),
            height="18",
            rx="3",
            class_="notice",
        ),
        element(
            "text",
            wording("page.notice", number=f"{scale.notice:g}"),
            x=scale.place(0.0),
            dx="6",
            y="31",
            class_="notice-name",
        ),
        _down(scale, scale.notice, height, "release"),
    ]
    return drawn


def _down(scale: Scale, at: float, height: int, class_: str) -> ET.Element:
    where = scale.place(at)
    return element("line", x1=where, x2=where, y1="18", y2=str(height), class_=class_)


def ticks_of(end: float) -> list[float]:
    """Choose the seconds that are written above the picture."""
    step = next((one for one in _STEPS if end / one < TICKS_MAX), end / (TICKS_MAX - 1))
    return [number * step for number in range(TICKS_MAX) if number * step <= end]


def _row(row: _Row, top: int, scale: Scale) -> ET.Element:
    is_late = row.is_release or row.at > scale.notice
    bar = top + 21
    drawn = element("g", class_="late" if is_late else "timely")
    words = element("text", y=str(top + 15))
    words.append(
        element("tspan", f"{row.at:+.1f}", x=str(SECONDS_WIDTH), class_="at", text_anchor="end")
    )
    words.append(element("tspan", row.label, x=str(SECONDS_WIDTH + 10), class_="what"))
    drawn.append(words)
    if row.resource:
        drawn.append(
            element("text", row.resource, x="98%", dx="-6", y=str(top + 15), class_="which")
        )
    drawn.append(_bar(scale, scale.end, bar, "track"))
    if not row.is_release:
        drawn.append(_bar(scale, row.at, bar, "way"))
    drawn.append(
        element(
            "circle", cx=scale.place(row.at), cy=str(bar + BAR_HEIGHT // 2), r="6", class_="dot"
        )
    )
    return drawn


def _bar(scale: Scale, until: float, top: int, class_: str) -> ET.Element:
    return element(
        "rect",
        x=scale.place(0.0),
        y=str(top),
        width=scale.width(0.0, until),
        height=str(BAR_HEIGHT),
        rx="4",
        class_=class_,
    )
