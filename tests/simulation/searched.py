"""Keeps what long searches have found, and writes it into docs/promises.md.

A search of hours is not repeated by every test run. What it showed stands in `searched.json` with the
commit that it ran on, so that everyone sees how old it is; a search of a changed tree is not kept.
"""

import json
import re
import subprocess
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

KEPT = Path(__file__).with_name("searched.json")
PAGE = Path(__file__).parents[2] / "docs" / "promises.md"
HEAD = (
    "| search | commit | seeds | schedules | cells reached | broken |"
    " calls by the usual, p99 | a second | minutes |\n|---|---|---|---|---|---|---|---|---|"
)


@dataclass(frozen=True, slots=True)
class Search:
    """One search to its end, or as far as it was let go.

    Attributes:
        kind: What was searched.
        commit: Of the tree that was searched.
        seeds: The first one and the last one.
        schedules: How many were run.
        cells: How many cells (port method x fault) were reached.
        cells_of: How many there are; 0 for a search that lets nothing strike.
        broken: In how many schedules a promise was broken.
        calls_p99: Calls by those of the undisturbed run, 99th percentile.
        seconds: How long it took.
    """

    kind: str
    commit: str
    seeds: tuple[int, int]
    schedules: int
    cells: int
    cells_of: int
    broken: int
    calls_p99: float
    seconds: float

    @property
    def row(self) -> str:
        """The search as a row of the table."""
        first, last = self.seeds
        seeds = str(first) if first == last else f"{first:,} to {last:,}"
        strikes = self.cells_of > 0
        cells = f"{self.cells} of {self.cells_of}" if strikes else "none"
        calls = f"{self.calls_p99:.1f}" if strikes else ""
        return (
            f"| {self.kind} | {self.commit} | {seeds} | {self.schedules:,} |"
            f" {cells} | {self.broken} | {calls} |"
            f" {self.schedules / self.seconds:.0f} | {self.seconds / 60:.0f} |"
        )


def read(path: Path | None = None) -> tuple[Search, ...]:
    """Read what is kept, in the order in which it was searched."""
    return tuple(_search(one) for one in json.loads((path or KEPT).read_text(encoding="utf-8")))


def note(search: Search) -> None:
    """Keep a search and write the table anew."""
    known = (*read(), search)
    keep(KEPT, map(asdict, known))
    PAGE.write_text(filled(PAGE.read_text(encoding="utf-8"), known), encoding="utf-8")


def keep(path: Path, rows: Iterable[Mapping[str, Any]]) -> None:
    """Write what is kept as JSON, a line each."""
    lines = ",\n  ".join(map(json.dumps, rows))
    path.write_text(f"[\n  {lines}\n]\n", encoding="utf-8")


def filled(page: str, searches: Iterable[Search]) -> str:
    """Put the table of searches into the page."""
    return put(page, "searched", table_of(tuple(searches)))


def put(page: str, name: str, table: str) -> str:
    """Put a table between the two comments that bear its name."""
    block = re.compile(rf"(<!-- {name} -->\n).*?(<!-- /{name} -->)", re.DOTALL)
    return block.sub(lambda match: f"{match[1]}{table}\n{match[2]}", page)


def table_of(searches: tuple[Search, ...]) -> str:
    """Write a row for each search, and the sum for each kind."""
    sums: dict[str, int] = {}
    for one in searches:
        sums[one.kind] = sums.get(one.kind, 0) + one.schedules
    told = "; ".join(f"{kind}: {count:,} in all" for kind, count in sorted(sums.items()))
    return "\n".join([HEAD, *(one.row for one in searches), "", f"{told}."])


def commit() -> str:
    """Name the commit of this tree.

    Raises:
        ValueError: The tree differs from its commit.
        OSError: There is no git.
        subprocess.CalledProcessError: This is no git checkout.
    """
    if _git("status", "--porcelain", "--", "worker", "emulator", "tests"):
        raise ValueError("the tree differs from its commit, so that nothing would tell what ran")
    return _git("rev-parse", "--short=7", "HEAD")


def _git(*arguments: str) -> str:
    command = ("git", *arguments)
    ran = subprocess.run(command, cwd=PAGE.parent, check=True, capture_output=True, text=True)  # noqa: S603
    return ran.stdout.strip()


def _search(raw: Mapping[str, Any]) -> Search:
    first, last = raw["seeds"]
    return Search(**{**raw, "seeds": (first, last)})
