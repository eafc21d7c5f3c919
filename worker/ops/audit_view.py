"""The audit as a person reads it, on a terminal of 80 columns."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence

from rich.cells import cell_len
from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.text import Text

from worker.core.auditing import Advice, Basis, Finding, Survival, Why
from worker.ops.audit import Fix, Fixed, LeftAlone, Reclaimed, Report
from worker.ops.paragraph import Paragraph
from worker.ops.printing import CommandLine
from worker.ops.wording import Wording
from worker.printable import printable

MINUTE = 60.0
HOUR = 3600.0
NAME_CELLS_MAX = 28
# With its indentation and the sign that it goes on, within 80.
COMMAND_CELLS_MAX = 72
# After a blank, and inside of a quoted list of JSON after a comma.
_BREAKS = re.compile(r"(?<= )|(?<=\",)")
_STYLES = {
    Survival.YES: "green",
    Survival.LIKELY: "cyan",
    Survival.AT_RISK: "yellow",
    Survival.NO: "bold red",
}


def audit_view(report: Report, notice: float, wording: Wording) -> RenderableType:
    """Show every instance, the worst first.

    Args:
        report: What was found.
        notice: Seconds from the notice to the release.
        wording: The language.
    """
    parts: list[RenderableType] = []
    named = [_shown(one.instance.name) for one in report.findings]
    named += [_shown(one.name) for one in report.left_alone]
    named += [_shown(one.source.instance.name) for one in report.reclaimed]
    width = max(map(cell_len, named), default=0)
    for finding in report.findings:
        parts += _finding(finding, notice, width, wording)
    if not report.findings and not report.reclaimed:
        parts.append(Text(wording("audit.none")))
    parts += _reclaimed(report.reclaimed, width, wording)
    parts += _left_alone(report.left_alone, width, wording)
    parts += _footnotes(report, wording)
    return Group(*parts)


def fix_line(fix: Fix, policy: str, wording: Wording) -> str:
    """Say what a change does."""
    key = "audit.fix.policy" if fix.what is Advice.POLICY else "audit.fix.outlive"
    values = {"instance": fix.instance_id, "disks": _ids(fix.disk_ids)}
    return wording(key, **values, **({"policy": policy} if fix.what is Advice.POLICY else {}))


def fixed_line(fixed: Fixed, policy: str, wording: Wording) -> str:
    """Say what became of a change."""
    what = fix_line(fixed.fix, policy, wording)
    if fixed.refused:
        return wording("audit.refused", what=what, why=wording.sentence(fixed.refused))
    return wording("audit.fixed", what=what)


def duration(seconds: float, wording: Wording) -> str:
    """Say how long, to two figures."""
    if seconds < 2 * MINUTE:
        return wording("seconds", number=f"{seconds:.0f}")
    if seconds < 2 * HOUR:
        return wording("minutes", number=f"{seconds / MINUTE:.0f}")
    return wording("hours", number=f"{seconds / HOUR:.0f}")


def _finding(
    finding: Finding, notice: float, width: int, wording: Wording
) -> Iterator[RenderableType]:
    head = _head(finding.instance.instance_id, finding.instance.name, width)
    head.append(wording(f"survival.{finding.survival.value}"), style=_STYLES[finding.survival])
    yield head
    yield _indented(wording(f"why_survives.{finding.why.value}", about=finding.about), 2)
    if finding.why is Why.STAYS:
        yield _indented(wording("audit.no_image"), 2, "dim")
    elif finding.why is not Why.NO_IMAGE:
        yield _indented(_times(finding, notice, wording), 2, "dim")
    for lost in finding.lost:
        what = wording(f"loss.{lost.what.value}", about=_ids(lost.about))
        yield _indented(wording("audit.lost", what=what), 2)
    for advised in finding.advised:
        what = wording(f"advice.{advised.what.value}")
        yield _indented(wording("audit.change", what=what), 2)
        if advised.command:
            yield _command(advised.command)


def _command(command: str) -> RenderableType:
    """Break a command where a shell reads on, so that it can be copied as it stands."""
    lines = [""]
    for part in _BREAKS.split(printable(command)):
        if lines[-1] and cell_len(lines[-1] + part) > COMMAND_CELLS_MAX:
            lines[-1] += "\\" if lines[-1].endswith(" ") else ""
            lines.append("  " if lines[-1].endswith("\\") else "")
        lines[-1] += part
    return CommandLine("\n".join(lines), style="dim")


def _times(finding: Finding, notice: float, wording: Wording) -> str:
    return wording(
        "audit.image",
        least=duration(finding.estimate.least, wording),
        most=duration(finding.estimate.most, wording),
        notice=duration(notice, wording),
    )


def _left_alone(
    left: Sequence[LeftAlone], width: int, wording: Wording
) -> Iterator[RenderableType]:
    if not left:
        return
    yield Paragraph(wording("audit.left_alone"), style="bold")
    for one in left:
        yield _head(one.instance_id, one.name, width)
        yield _indented(wording.sentence(one.why), 2, "dim")


def _reclaimed(
    reclaimed: Sequence[Reclaimed], width: int, wording: Wording
) -> Iterator[RenderableType]:
    if not reclaimed:
        return
    yield Paragraph(wording("audit.reclaimed"), style="bold")
    for one in reclaimed:
        source = one.source.instance
        yield _head(source.instance_id, source.name, width)
        lock = "locked" if source.is_recycling else ""
        key = "_".join(filter(None, (lock, "replaced" if one.replacement else "")))
        key = "both_run" if one.is_beside else key
        told = wording(f"reclaimed.{key}", replacement=one.replacement)
        yield _indented(told, 2, "bold red" if one.is_beside else "dim")


def _footnotes(report: Report, wording: Wording) -> Iterator[RenderableType]:
    if not report.findings:
        return
    found = Counter(one.survival for one in report.findings)
    numbers = {each.value: found[each] for each in Survival}
    total = wording("audit.summary", number=len(report.findings), **numbers)
    yield Padding(Paragraph(total, style="bold"), (1, 0, 0, 0))
    used = {basis for one in report.findings for basis in one.estimate.bases}
    if used:
        yield Text(wording("audit.bases"), style="dim")
    for basis in Basis:
        if basis in used:
            yield _indented(wording(f"basis.{basis.value}"), 2, "dim")
    yield Paragraph(wording("audit.general"), style="dim")


def _head(instance_id: str, name: str, width: int) -> Text:
    """Align by cells: a Chinese character takes two."""
    shown = _shown(name)
    padded = shown + " " * (width - cell_len(shown))
    return Text(f"{printable(instance_id):23} ").append(f"{padded}  ", style="bold")


def _shown(name: str) -> str:
    shown = printable(name)
    if cell_len(shown) <= NAME_CELLS_MAX:
        return shown
    while cell_len(shown) >= NAME_CELLS_MAX:
        shown = shown[:-1]
    return f"{shown}…"


def _ids(ids: Sequence[str]) -> str:
    """List ids so that a line can break between them, in any language."""
    return printable(", ".join(ids))


def _indented(text: str, cells: int, style: str = "") -> RenderableType:
    return Padding(Paragraph(text, style=style), (0, 0, 0, cells))
