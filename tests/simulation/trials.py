"""Keeps how trials ended that take real time or real processes, and writes it into docs/promises.md.

They are too long for every test run: hundreds of recreations under kills, thousands through one
worker, each call struck below the SDKs, each mutant. `trials.json` has the last one of each kind,
with the commit that it ran on; a trial of a changed tree is not kept.
"""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

from tests.simulation import searched

KEPT = Path(__file__).with_name("trials.json")
HEAD = (
    "| trial | commit | runs | broken | what else was seen | minutes |\n|---|---|---|---|---|---|"
)


@dataclass(frozen=True, slots=True)
class Record:
    """How one trial ended.

    Attributes:
        kind: What was tried, as the page calls it.
        commit: Of the tree that was tried.
        runs: How many recreations, cells or mutants there were.
        broken: How many of them broke what is promised.
        seen: What else was measured, in words.
        seconds: How long it took.
    """

    kind: str
    commit: str
    runs: int
    broken: int
    seen: str
    seconds: float

    @property
    def row(self) -> str:
        """The trial as a row of the table."""
        return (
            f"| {self.kind} | {self.commit} | {self.runs:,} | {self.broken} | {self.seen} |"
            f" {self.seconds / 60:.0f} |"
        )


def read(path: Path | None = None) -> tuple[Record, ...]:
    """Read what is kept."""
    return tuple(Record(**one) for one in json.loads((path or KEPT).read_text(encoding="utf-8")))


def note(record: Record) -> None:
    """Keep a trial in the place of the one before of its kind, and write the table anew."""
    others = [one for one in read() if one.kind != record.kind]
    known = sorted([*others, record], key=lambda one: one.kind)
    searched.keep(KEPT, map(asdict, known))
    page = searched.PAGE.read_text(encoding="utf-8")
    searched.PAGE.write_text(filled(page, known), encoding="utf-8")


def filled(page: str, records: Iterable[Record]) -> str:
    """Put the table of trials into the page."""
    return searched.put(page, "trials", "\n".join([HEAD, *(one.row for one in records)]))
