"""Writes the runbook in both languages: `python -m worker.ops.runbook.files DIRECTORY`."""

import string
import sys
from collections.abc import Iterable, Iterator, Mapping
from enum import Enum
from pathlib import Path
from typing import Final, TypeVar

from worker.core.diagnosis import Severity
from worker.ops.doctor_texts import EXPLANATIONS, Explanation, Text
from worker.ops.runbook import guide, receipts, tools
from worker.ops.runbook.alarms import ALARMS, CLOUD_ALARMS
from worker.ops.runbook.entry import Entry
from worker.ops.runbook.findings import MEANWHILE
from worker.ops.runbook.parked import PARKED, UNPARKED
from worker.ops.texts import TEXTS
from worker.ops.wording import Language

PAGES: Final[Mapping[Language, str]] = {
    Language.ENGLISH: "runbook.md",
    Language.CHINESE: "runbook.zh-CN.md",
}
Word = TypeVar("Word", bound=Enum)
Value = TypeVar("Value")

_SEVERITIES: Final[Mapping[Severity, str]] = {
    Severity.ERROR: "wrong",
    Severity.WARNING: "risk",
    Severity.NOTE: "note",
}


def files() -> Mapping[str, str]:
    """Return what there should be, by file name."""
    return {name: _Page(language).text() for language, name in PAGES.items()}


def anchor(heading: str) -> str:
    """Return what a link to a heading says, by GitHub's rule: lower case, dashes, no punctuation."""
    kept = "".join(one for one in heading.lower() if one.isalnum() or one in "-_ ")
    return kept.replace(" ", "-")


class _Page:
    """The runbook in one language."""

    def __init__(self, language: Language) -> None:
        self._is_chinese = language is Language.CHINESE
        self._space, self._stop = ("", "。") if self._is_chinese else (" ", ".")

    def text(self) -> str:
        return "\n".join(self._lines()).rstrip("\n") + "\n"

    def _lines(self) -> Iterator[str]:
        yield self._say(guide.HEAD)
        yield from self._decisions()
        for group, lines in self._groups():
            yield f"## {self._say(group)}\n"
            if group in guide.INTROS:
                yield f"{self._say(guide.INTROS[group])}\n"
            yield from lines

    def _groups(self) -> Iterator[tuple[Text, Iterable[str]]]:
        yield guide.HANDS, self._by_hand()
        yield guide.PARKED, self._sections({**_by_value(PARKED), **UNPARKED})
        yield guide.ALARMS, self._alarms()
        yield guide.FINDINGS, self._findings()
        yield guide.NOTICES, self._told("notice.title", _by_value(tools.NOTICES))
        yield guide.RECEIPTS, self._receipts()
        yield guide.STATUS, self._status()
        yield guide.SWEEP, self._sweep()
        yield guide.AUDIT, self._audit()

    def _say(self, text: Text) -> str:
        return text.chinese if self._is_chinese else text.english

    def _label(self, name: str) -> str:
        return self._say(guide.LABELS[name])

    def _shown(self, key: str) -> str:
        """Return a text of the program with its values left open."""
        english, chinese = TEXTS[key]
        return _opened(chinese if self._is_chinese else english)

    def _link(self, heading: Text) -> str:
        return f"[{self._say(heading)}](#{anchor(self._say(heading))})"

    # The parts, in their order

    def _decisions(self) -> Iterator[str]:
        rows = (
            (self._say(one.see), self._link(one.section), f"`{one.first}`") for one in guide.SIGHTS
        )
        yield from self._table(("see", "section", "first"), rows)

    def _by_hand(self) -> Iterator[str]:
        for heading, body in guide.BY_HAND.items():
            yield f"### {self._say(heading)}\n"
            yield self._say(body)
        yield from self._sections({"quarantined": guide.QUARANTINED})

    def _sections(self, entries: Mapping[str, Entry]) -> Iterator[str]:
        for code, entry in entries.items():
            yield f"### `{code}`\n"
            yield f"**{_capital(self._say(entry.title))}{self._stop}**\n"
            yield self._labelled("happened", self._say(entry.happened))
            yield self._labelled("safe", self._say(entry.safe))
            yield self._labelled("now", "")
            yield from (f"{at}. {self._say(one)}" for at, one in enumerate(entry.now, 1))
            yield ""
            yield self._labelled("later", self._say(entry.later))

    def _labelled(self, label: str, text: str) -> str:
        """Write a label in bold; behind Chinese punctuation Markdown would not end it."""
        said = self._label(label)
        return (
            f"**{said}**：{text}\n" if self._is_chinese else f"**{said}:** {text}".rstrip() + "\n"
        )

    def _alarms(self) -> Iterator[str]:
        rows = (
            (f"`{name}`", f"[{section}](#{anchor(section)})")
            for name, section in CLOUD_ALARMS.items()
        )
        yield from self._table(("says", "section"), rows)
        yield from self._sections(ALARMS)

    def _findings(self) -> Iterator[str]:
        for code, then in MEANWHILE.items():
            row = EXPLANATIONS[code]
            yield f"### `{code.value}`\n"
            what, why = _opened(self._say(row.what)), _opened(self._say(row.why))
            yield self._labelled(_SEVERITIES[row.severity], f"{what}{self._space}{why}")
            yield self._labelled("meanwhile", self._say(then.safe))
            yield self._labelled("now", self._mending(row))
            yield self._labelled("later", self._say(then.later))

    def _mending(self, row: Explanation) -> str:
        """Write what mends a finding: what a hand does, then the command."""
        by_hand = [one for one in (row.hand_if_set, row.hand) if one is not None]
        if len(by_hand) > 1:
            told = [f"{self._label('if_set')}{_opened(self._say(by_hand[0]))}"]
            told.append(f"{self._label('else')}{_opened(self._say(by_hand[1]))}")
        else:
            told = [_opened(self._say(one)) for one in by_hand]
        if row.fix:
            told.append(f"`{_opened(row.fix)}`")
        return self._space.join(told)

    def _receipts(self) -> Iterator[str]:
        outcomes = (
            (f"`{word}`", self._say(row.means), self._say(row.todo))
            for word, row in receipts.OUTCOMES.items()
        )
        yield from self._table(("word", "means", "todo"), outcomes)
        degraded = (
            (f"`{word}`", self._say(row.means), self._say(row.todo))
            for word, row in receipts.DEGRADED.items()
        )
        yield from self._table(("word", "means", "todo"), degraded)
        changed = (
            (self._shown(f"field.{name}"), self._shown(f"why.{name}"), self._say(todo))
            for name, todo in receipts.CHANGED.items()
        )
        yield from self._table(("says", "means", "todo"), changed)
        losses = (
            (self._say(one.shown), self._say(one.row.means), self._say(one.row.todo))
            for one in receipts.LOSSES
        )
        yield from self._table(("says", "means", "todo"), losses)

    def _status(self) -> Iterator[str]:
        yield from self._told("stage", _by_value(tools.STAGES))
        rows = ((f"`{word}`", self._say(todo)) for word, todo in tools.MESSAGES.items())
        yield from self._table(("word", "todo"), rows)

    def _sweep(self) -> Iterator[str]:
        yield from self._told("keep", _by_value(tools.SWEEP))
        yield from self._told("fate", tools.FATES)

    def _audit(self) -> Iterator[str]:
        yield from self._told("survival", _by_value(tools.SURVIVAL))
        yield from self._told("why_survives", _by_value(tools.WHYS))
        yield from self._told("loss", _by_value(tools.LOST))

    def _told(self, prefix: str, todo: Mapping[str, Text]) -> Iterator[str]:
        """Write a table of what the program says, and what to do about it."""
        rows = ((self._shown(f"{prefix}.{word}"), self._say(text)) for word, text in todo.items())
        yield from self._table(("says", "todo"), rows)

    def _table(self, heads: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> Iterator[str]:
        yield f"| {' | '.join(map(self._label, heads))} |"
        yield f"|{'---|' * len(heads)}"
        for row in rows:
            yield f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in row)} |"
        yield ""


def _by_value(entries: "Mapping[Word, Value]") -> "dict[str, Value]":
    return {word.value: value for word, value in entries.items()}


def _capital(text: str) -> str:
    return text[0].upper() + text[1:]


def _opened(text: str) -> str:
    """Write the values that a text asks for as words in capitals."""
    names = {name for _, name, _, _ in string.Formatter().parse(text) if name}
    return text.format(**{name: _open(name) for name in names})


def _open(name: str) -> str:
    return "…" if name == "about" else name.upper()


def main(directory: str) -> None:
    """Write them all."""
    for name, text in files().items():
        (Path(directory) / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1])
