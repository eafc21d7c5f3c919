"""What the doctor found, as a person and as a program reads it."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.text import Text

from worker.core.diagnosis import Finding, Severity
from worker.ops.doctor import severity_of
from worker.ops.doctor_texts import EXPLANATIONS
from worker.ops.doctor_texts import Text as Words
from worker.ops.paragraph import Paragraph
from worker.ops.printing import CommandLine
from worker.ops.wording import Language, Wording
from worker.printable import printable

_STYLES: Mapping[Severity, str] = {
    Severity.ERROR: "bold red",
    Severity.WARNING: "yellow",
    Severity.NOTE: "cyan",
}


def doctor_view(findings: Sequence[Finding], wording: Wording) -> RenderableType:
    """Show each finding with its reason and the command that mends it."""
    if not findings:
        return Text(wording("doctor.sound"), style="green")
    parts = [part for finding in findings for part in _finding(finding, wording)]
    counted = Counter(map(severity_of, findings))
    numbers = {each.value: counted[each] for each in Severity}
    summary = Padding(Paragraph(wording("doctor.summary", **numbers), style="bold"), (1, 0, 0, 0))
    return Group(*parts, summary)


def findings_data(findings: Sequence[Finding]) -> list[dict[str, Any]]:
    """Write the findings as plain data; texts are English, codes are stable."""
    return [
        {
            "code": finding.code.value,
            "severity": severity_of(finding).value,
            "what": said(EXPLANATIONS[finding.code].what, finding, Language.ENGLISH),
            "why": said(EXPLANATIONS[finding.code].why, finding, Language.ENGLISH),
            "fix": fix_of(finding),
            "values": dict(finding.values),
        }
        for finding in findings
    ]


def said(words: Words, finding: Finding, language: Language) -> str:
    """Fill a text of the table with a finding's values."""
    text = words.chinese if language is Language.CHINESE else words.english
    return text.format(**{name: printable(value) for name, value in finding.values.items()})


def fix_of(finding: Finding) -> str:
    """Return the command that mends a finding."""
    values = {name: printable(value) for name, value in finding.values.items()}
    return EXPLANATIONS[finding.code].fix.format(**values)


def _finding(finding: Finding, wording: Wording) -> Iterator[RenderableType]:
    row, severity = EXPLANATIONS[finding.code], severity_of(finding)
    head = Paragraph(wording(f"doctor.{severity.value}"), style=_STYLES[severity])
    head.append(said(row.what, finding, wording.language), style="bold")
    yield head
    yield Padding(Paragraph(said(row.why, finding, wording.language), style="dim"), (0, 0, 0, 2))
    yield CommandLine(fix_of(finding))
