"""Runs the programs one after another, and keeps what they found as JSON.

    python -m bench.report --out build/bench
    python -m bench.report --full --out bench/results
    python -m bench.report --full --out bench/results --only replay,start
    python -m bench.report --full --out bench/results --resume

A program that fails is told and the others go on. Beside each result stand the machine, the commit and
the arguments. `--resume` leaves out what was measured with the same arguments on the same commit, and
goes on with a matrix of storms that was broken off. The storms are on virtual time, which nobody
disturbs: there each CPU has one.
"""

import argparse
import json
import os
import platform
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from bench.bars import BARS, CROWD_BARS, HEAD, Bar, storm_bars
from bench.storm import Storm, run
from bench.storms import storms

# A matrix in small whose quota does not suffice for all, or there would be nothing to measure.
QUICK_STORMS: dict[str, Any] = {
    "count": 420,
    "quotas": (60,),
    "phases": (10.0, 55.0),
    "workers": (1, 2),
}
FULL_STORMS: dict[str, Any] = {
    "count": 1_000,
    "quotas": (60, 120, 200, 600),
    "phases": (0.0, 11.0, 20.0, 30.0, 40.0, 50.0, 59.0),
    "workers": (1, 2, 4),
}


# What a figure depends on; results and pages may be newer.
MEASURED = (
    "worker",
    "eventbridge",
    "emulator",
    "tests",
    "bench",
    "requirements.lock",
    ":!bench/results",
)


@dataclass(frozen=True)
class Program:
    """One program; one whose `quick` is None runs only when all is measured.

    Attributes:
        is_table: It prints a table for people, and not JSON.
    """

    name: str
    module: str
    quick: Sequence[str] | None
    full: Sequence[str]
    is_table: bool = False

    def arguments(self, *, full: bool) -> Sequence[str]:
        """Return what it is called with."""
        return (self.full if full else self.quick) or ()


PROGRAMS = (
    Program("replay", "bench.replay", ("--rounds", "9"), ("--rounds", "15", "--crowd", "16")),
    Program("processes", "bench.processes", ("--rounds", "9"), ("--rounds", "15")),
    Program("queue_loop", "bench.queue_loop", ("--rounds", "9"), ("--rounds", "15")),
    Program("start", "bench.start", ("--rounds", "9"), ("--rounds", "15")),
    Program("imports", "bench.imports", ("--rounds", "3"), ("--rounds", "9"), is_table=True),
    Program("recovery", "bench.recovery", ("--rounds", "25"), ("--rounds", "100")),
    Program("idle", "bench.idle", (), ("--days", "3")),
    Program("function", "bench.function", (), ()),
    Program(
        "function_crowd", "bench.function_crowd", ("--sizes", "1,10,100"),
        ("--sizes", "1,10,100,1000"),
    ),
    Program("crowd", "bench.crowd", ("--sizes", "100,300"), ("--sizes", "100,1000,5000")),
    Program(
        "progress", "bench.progress", ("--count", "150", "--quota", "60"),
        ("--count", "1000", "--quota", "120"),
    ),
    Program("cold_start", "bench.cold_start", None, (), is_table=True),
    Program("reattach", "bench.reattach", None, (), is_table=True),
    Program("storm_5000", "bench.crowd", None, ("--count", "5000", "--quota", "600")),
    Program("real_storm", "bench.real_storm", None, ("--count", "1000", "--quota", "600")),
)  # fmt: skip
STORMS = "storms"


def machine() -> dict[str, Any]:
    """Say on what, when and beside how much other work something was measured."""
    return {
        "cpus": os.cpu_count(),
        "architecture": platform.machine(),
        "python": platform.python_version(),
        "load": round(os.getloadavg()[0], 1),
        "at": datetime.now(tz=timezone.utc).isoformat(timespec="minutes"),
    }


def commit() -> str:
    """Name the newest commit that changed what is measured; `+` says that there is more than it.

    Empty where there is no repository.
    """
    told = _git("log", "-1", "--format=%h", "--", *MEASURED)
    is_more = told and _git("status", "--porcelain", "--untracked-files=no", "--", *MEASURED)
    return f"{told}+" if is_more else told


def _git(*arguments: str) -> str:
    done = subprocess.run(  # noqa: S603 - fixed words
        ["git", *arguments],  # noqa: S607 - of the path
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    return done.stdout.strip()


def measured(program: Program, *, full: bool) -> Any:
    """Run one program in an interpreter of its own.

    Raises:
        RuntimeError: It failed; says what it told last.
    """
    done = subprocess.run(  # noqa: S603 - our own interpreter
        [sys.executable, "-m", program.module, *program.arguments(full=full)],
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    if done.returncode:
        raise RuntimeError(done.stderr[-1_000:] or done.stdout[-1_000:])
    return done.stdout.strip() if program.is_table else json.loads(done.stdout.splitlines()[-1])


def storm_row(storm: Storm) -> dict[str, Any]:
    """Let one storm happen."""
    found = asdict(run(storm))
    return {name: one for name, one in found.items() if name != "overheads"}


def all_storms(
    wanted: Sequence[Storm], rows: Iterable[Mapping[str, Any]]
) -> Iterator[Mapping[str, Any]]:
    """Let storms happen, one on each CPU; those of which there are rows are taken from there."""
    had = {json.dumps(row["storm"]): row for row in rows}
    missing = [one for one in wanted if json.dumps(asdict(one)) not in had]
    with ProcessPoolExecutor(max_workers=os.cpu_count()) as pool:
        found = pool.map(storm_row, missing)
        for storm in wanted:
            yield had.get(json.dumps(asdict(storm))) or next(found)


def keep(out: Path, name: str, results: Any, **how: Any) -> None:
    """Write results down with the machine that made them."""
    found = {"machine": machine(), **how, "results": results}
    (out / name).write_text(f"{json.dumps(found, indent=1, ensure_ascii=False)}\n", "utf-8")


def kept(directory: Path) -> dict[str, Any]:
    """Read all results of a directory, by program."""
    return {
        file.stem: json.loads(file.read_text(encoding="utf-8"))
        for file in sorted(directory.glob("*.json"))
    }


def bars_of(results: Mapping[str, Any]) -> list[Bar]:
    """List the limits for which there are figures."""
    storms_found = results.get(STORMS, ())
    is_crowd_replayed = "crowd" in results.get("replay", ())
    return [
        *(bar for bar in BARS if bar.program in results),
        *(CROWD_BARS if is_crowd_replayed else ()),
        *(storm_bars(storms_found) if storms_found else ()),
    ]


def told(found: Mapping[str, Any]) -> str:
    """Say when results were measured, and on which commit."""
    return f"{found['machine']['at'][:10]}, {found.get('commit') or 'unknown commit'}"


def rows_of(kept_results: Mapping[str, Any]) -> list[str]:
    """Write the table of the limits."""
    results = {name: one["results"] for name, one in kept_results.items()}
    return [HEAD, *(bar.row(results, told(kept_results[bar.program])) for bar in bars_of(results))]


@dataclass(frozen=True)
class Run:
    """What is to be measured, and where it is kept.

    Attributes:
        only: Names of programs; all when empty.
        resumes: Leave out what was measured on this commit.
    """

    out: Path
    full: bool
    only: frozenset[str]
    resumes: bool
    commit: str

    def wants(self, name: str) -> bool:
        """Tell whether a program was asked for."""
        return not self.only or name in self.only

    def has(self, file: str, arguments: Sequence[str]) -> Any:
        """Return what is kept of the same arguments on this commit, if it is to be gone on with."""
        path = self.out / file
        # What is not committed may have changed since.
        if not self.resumes or not self.commit or self.commit.endswith("+") or not path.exists():
            return None
        found = json.loads(path.read_text(encoding="utf-8"))
        is_same = (found.get("commit"), found.get("arguments")) == (self.commit, list(arguments))
        return found["results"] if is_same else None

    def program(self, program: Program) -> bool:
        """Run a program and keep what it found; tells when it fails."""
        begun, arguments = time.monotonic(), program.arguments(full=self.full)
        file = f"{program.name}.json"
        if self.has(file, arguments) is not None:
            print(f"{program.name}: kept, of {self.commit}", flush=True)
            return True
        try:
            found = measured(program, full=self.full)
        except (RuntimeError, ValueError, IndexError) as error:
            print(f"{program.name}: {error}", file=sys.stderr, flush=True)
            return False
        keep(self.out, file, found, commit=self.commit, arguments=list(arguments))
        print(f"{program.name}: {time.monotonic() - begun:.0f} s", flush=True)
        return True

    def storms(self) -> None:
        """Let the matrix of storms happen: hours, so what there is so far is kept beside the results."""
        begun, part = time.monotonic(), "storms.part"
        wanted = list(storms(**(FULL_STORMS if self.full else QUICK_STORMS)))
        rows = [row for file in (f"{STORMS}.json", part) for row in self.has(file, ()) or ()]
        found = []
        for row in all_storms(wanted, rows):
            found.append(row)
            keep(self.out, part, found, commit=self.commit, arguments=[])
        keep(self.out, f"{STORMS}.json", found, commit=self.commit, arguments=[])
        (self.out / part).unlink()
        print(f"{STORMS}: {len(found)} in {time.monotonic() - begun:.0f} s", flush=True)


def main() -> int:
    """Measure and tell which limits hold; 1 when a program failed or a limit does not."""
    parser = argparse.ArgumentParser(prog="python -m bench.report")
    parser.add_argument("--out", type=Path, default=Path("build/bench"))
    parser.add_argument("--full", action="store_true")
    parser.add_argument("--only", default="", help="names of programs, with commas")
    parser.add_argument("--resume", action="store_true", help="leave out what this commit has")
    given = parser.parse_args()
    given.out.mkdir(parents=True, exist_ok=True)
    only = frozenset(filter(None, given.only.split(",")))
    unknown = only - {STORMS, *(one.name for one in PROGRAMS)}
    if unknown:
        parser.error(f"no program {', '.join(sorted(unknown))}")
    return judged(Run(given.out, given.full, only, given.resume, commit()))


def judged(asked: Run) -> int:
    """Measure, print the limits, and say whether all is well."""
    failed = [
        program.name
        for program in PROGRAMS
        if (asked.full or program.quick is not None)
        and asked.wants(program.name)
        and not asked.program(program)
    ]
    if asked.wants(STORMS):
        asked.storms()
    found = kept(asked.out)
    results = {name: one["results"] for name, one in found.items()}
    print("\n".join(rows_of(found)))
    for name in failed:
        print(f"{name} failed", file=sys.stderr)
    broken = [bar.what for bar in bars_of(results) if not bar.holds(results)]
    for what in broken:
        print(f"out of its limit: {what}", file=sys.stderr)
    return 1 if failed or broken else 0


if __name__ == "__main__":
    sys.exit(main())
