"""Runs the programs one after another, and keeps what they found as JSON.

    python -m bench.report --out build/bench
    python -m bench.report --full --out bench/results
    python -m bench.report --full --out bench/results --only replay,start

A program that fails is told and the others go on. The machine is noted beside each result.
"""

import argparse
import json
import os
import platform
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from bench.bars import BARS, HEAD, Bar, storm_bars
from bench.storm import run
from bench.storms import storms

QUICK_STORMS: dict[str, Any] = {
    "count": 150,
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


PROGRAMS = (
    Program("replay", "bench.replay", ("--rounds", "9"), ("--rounds", "15", "--crowd", "16")),
    Program("processes", "bench.processes", ("--rounds", "9"), ("--rounds", "15")),
    Program("queue_loop", "bench.queue_loop", ("--rounds", "9"), ("--rounds", "15")),
    Program("start", "bench.start", ("--rounds", "9"), ("--rounds", "15")),
    Program("imports", "bench.imports", ("--rounds", "3"), ("--rounds", "9"), is_table=True),
    Program("recovery", "bench.recovery", ("--rounds", "25"), ("--rounds", "25")),
    Program("idle", "bench.idle", (), ("--days", "3")),
    Program("function", "bench.function", (), (), is_table=True),
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


def measured(program: Program, *, full: bool) -> Any:
    """Run one program in an interpreter of its own.

    Raises:
        RuntimeError: It failed; says what it told last.
    """
    arguments = (program.full if full else program.quick) or ()
    done = subprocess.run(  # noqa: S603 - our own interpreter
        [sys.executable, "-m", program.module, *arguments],
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    # A table's program that finds a limit broken says so in its table, and ends with 1.
    if done.returncode and not (program.is_table and done.returncode == 1 and done.stdout):
        raise RuntimeError(done.stderr[-1_000:])
    return done.stdout.strip() if program.is_table else json.loads(done.stdout.splitlines()[-1])


def all_storms(*, full: bool) -> Iterator[dict[str, Any]]:
    """Let the storms of the matrix happen."""
    for storm in storms(**(FULL_STORMS if full else QUICK_STORMS)):
        found = asdict(run(storm))
        yield {name: one for name, one in found.items() if name != "overheads"}


def keep(out: Path, name: str, results: Any) -> None:
    """Write results down with the machine that made them."""
    text = json.dumps({"machine": machine(), "results": results}, indent=1, ensure_ascii=False)
    (out / f"{name}.json").write_text(f"{text}\n", encoding="utf-8")


def kept(directory: Path) -> dict[str, Any]:
    """Read all results of a directory, by program."""
    return {
        file.stem: json.loads(file.read_text(encoding="utf-8"))
        for file in sorted(directory.glob("*.json"))
    }


def bars_of(results: dict[str, Any]) -> list[Bar]:
    """List the limits for which there are figures."""
    storms_found = results.get(STORMS, ())
    return [
        *(bar for bar in BARS if bar.program in results),
        *(storm_bars(storms_found) if storms_found else ()),
    ]


def main() -> int:
    """Measure and tell which limits hold; 1 when a program failed or a limit does not."""
    parser = argparse.ArgumentParser(prog="python -m bench.report")
    parser.add_argument("--out", type=Path, default=Path("build/bench"))
    parser.add_argument("--full", action="store_true")
    parser.add_argument("--only", default="", help="names of programs, with commas")
    given = parser.parse_args()
    given.out.mkdir(parents=True, exist_ok=True)
    only = set(filter(None, given.only.split(",")))
    unknown = only - {STORMS, *(one.name for one in PROGRAMS)}
    if unknown:
        parser.error(f"no program {', '.join(sorted(unknown))}")
    failed = [
        program.name
        for program in PROGRAMS
        if (given.full or program.quick is not None)
        and (not only or program.name in only)
        and not _is_kept(given.out, program, full=given.full)
    ]
    if not only or STORMS in only:
        found = []
        for outcome in all_storms(full=given.full):
            found.append(outcome)
            # Hours: what there is so far is kept.
            keep(given.out, STORMS, found)
        print(f"{STORMS}: {len(found)}", flush=True)
    results = {name: one["results"] for name, one in kept(given.out).items()}
    print(HEAD)
    bars = bars_of(results)
    for bar in bars:
        print(bar.row(results))
    for name in failed:
        print(f"{name} failed", file=sys.stderr)
    broken = [bar.what for bar in bars if not bar.holds(results)]
    for what in broken:
        print(f"out of its limit: {what}", file=sys.stderr)
    return 1 if failed or broken else 0


def _is_kept(out: Path, program: Program, *, full: bool) -> bool:
    """Run a program and keep what it found; tells when it fails."""
    begun = time.monotonic()
    try:
        keep(out, program.name, measured(program, full=full))
    except (RuntimeError, ValueError, IndexError) as error:
        print(f"{program.name}: {error}", file=sys.stderr, flush=True)
        return False
    print(f"{program.name}: {time.monotonic() - begun:.0f} s", flush=True)
    return True


if __name__ == "__main__":
    sys.exit(main())
