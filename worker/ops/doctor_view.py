"""What the doctor found, as a person and as a program reads it."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.text import Text

from worker.core.diagnosis import Diagnosis, Finding, Severity, Untried
from worker.ops.doctor import severity_of
from worker.ops.doctor_texts import EXPLANATIONS, UNTRIED
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


def doctor_view(diagnosis: Diagnosis, wording: Wording) -> RenderableType:
    """Show each finding with its reason and what mends it, and below them what was not tried."""
    return Group(_findings(diagnosis.findings, wording), *_untried(diagnosis.untried, wording))


def _findings(findings: Sequence[Finding], wording: Wording) -> RenderableType:
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
            "by_hand": hand_of(finding, Language.ENGLISH),
            "values": dict(finding.values),
        }
        for finding in findings
    ]


def untried_data(untried: Sequence[Untried]) -> list[dict[str, Any]]:
    """Write what was not tried as plain data; texts are English, the gaps are stable words."""
    return [
        {
            "gap": one.gap.value,
            "what": said(UNTRIED[one.gap], one, Language.ENGLISH),
            "values": dict(one.values),
        }
        for one in untried
    ]


def said(words: Words, about: Finding | Untried, language: Language) -> str:
    """Fill a text of a table with the values of what it is about."""
    text = words.chinese if language is Language.CHINESE else words.english
    return text.format(**{name: printable(value) for name, value in about.values.items()})


def fix_of(finding: Finding) -> str:
    """Return the command that mends a finding; empty where none does."""
    values = {name: printable(value) for name, value in finding.values.items()}
    return EXPLANATIONS[finding.code].fix.format(**values)


def hand_of(finding: Finding, language: Language) -> str:
    """Return what a person does before the command, or instead of one; empty where nothing."""
    row, values = EXPLANATIONS[finding.code], finding.values
    is_set = values.get("derived") != values.get("url")
    words = row.hand_if_set if row.hand_if_set is not None and is_set else row.hand
    return said(words, finding, language) if words is not None else ""


def ends_in_commands(findings: Sequence[Finding]) -> bool:
    """Tell whether the commands that are named mend all that is wrong, without another hand."""
    wrong = [one for one in findings if severity_of(one) is not Severity.NOTE]
    return all(fix_of(one) and not hand_of(one, Language.ENGLISH) for one in wrong)


def _untried(untried: Sequence[Untried], wording: Wording) -> Iterator[RenderableType]:
    for one in untried:
        line = Paragraph(wording("doctor.untried"), style="cyan")
        line.append(said(UNTRIED[one.gap], one, wording.language), style="dim")
        yield line


def _explained(finding: Finding, wording: Wording) -> Finding:
    """Read what came from elsewhere: a code, or why there was no answer."""
    values = dict(finding.values)
    values["code"] = wording.code(values.get("code", ""))
    values["about"] = wording.sentence(values.get("about", ""))
    return replace(finding, values=values)


def _finding(finding: Finding, wording: Wording) -> Iterator[RenderableType]:
    row, severity = EXPLANATIONS[finding.code], severity_of(finding)
    told = _explained(finding, wording)
    head = Paragraph(wording(f"doctor.{severity.value}"), style=_STYLES[severity])
    head.append(said(row.what, told, wording.language), style="bold")
    yield head
    yield Padding(Paragraph(said(row.why, told, wording.language), style="dim"), (0, 0, 0, 2))
    if by_hand := hand_of(finding, wording.language):
        yield Padding(Paragraph(by_hand), (0, 0, 0, 2))
    if fix := fix_of(finding):
        yield CommandLine(fix)
