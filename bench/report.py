"""All figures in one go: JSON files, and a page of tables with the machine that made them.

python -m bench.report --out build/bench [--full]
"""

import argparse
import json
import os
import platform
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from bench.storm import Outcome, Storm, run
from bench.storms import HEAD, row, storms

PROGRAMS = {
    "recovery": ("bench.recovery", "--rounds", "25"),
    "start": ("bench.start", "--rounds", "9"),
    "queue_loop": ("bench.queue_loop", "--rounds", "9"),
}
GROWTH_HEAD = (
    "| instances | ECS requests each | SMQ requests each | CPU ms each | replaced | duplicates |"
    "\n|---|---|---|---|---|---|"
)
SMALL = {"count": 150, "quotas": (60,), "phases": (10.0, 55.0), "workers": (1, 2)}
FULL = {
    "count": 1_000,
    "quotas": (60, 120, 200, 600),
    "phases": (0.0, 10.0, 20.0, 30.0, 40.0, 50.0, 59.0),
    "workers": (1, 2, 4),
}
SIZES, SIZES_FULL = (20, 100), (100, 1_000, 5_000)
# Many enough calls for all, and few enough that a crowd that asks one by one would be refused.
GROWTH_QUOTA = 6_000


def measured(name: str) -> dict[str, Any]:
    """Run one program in an interpreter of its own."""
    done = subprocess.run(  # noqa: S603 - our own interpreter
        [sys.executable, "-m", *PROGRAMS[name]], capture_output=True, encoding="utf-8", check=True
    )
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def machine() -> str:
    """Say on what the figures were made."""
    load = os.getloadavg()[0]
    return (
        f"{os.cpu_count()} CPUs ({platform.machine()}), Python {platform.python_version()},"
        f" load {load:.1f} at the end"
    )


def growth(sizes: Sequence[int]) -> Iterator[Outcome]:
    """Let crowds of several sizes be recovered to the end."""
    for size in sizes:
        yield run(Storm(count=size, quota=GROWTH_QUOTA, phase=20.0, late_share=0.0, whole=True))


def main() -> int:
    """Measure everything and write it down."""
    parser = argparse.ArgumentParser(prog="python -m bench.report")
    parser.add_argument("--out", type=Path, default=Path("build/bench"))
    parser.add_argument("--full", action="store_true")
    given = parser.parse_args()
    given.out.mkdir(parents=True, exist_ok=True)
    plan: dict[str, Any] = FULL if given.full else SMALL
    lines = ["# Measured", ""]
    for name in PROGRAMS:
        found = measured(name)
        (given.out / f"{name}.json").write_text(json.dumps(found, indent=2), encoding="utf-8")
        lines += [f"## {name}", "", "| figure | value |", "|---|---|"]
        lines += [f"| {key} | {value} |" for key, value in found.items()] + [""]
        print("\n".join(lines[-len(found) - 3 :]), flush=True)
    lines += ["## Storms", "", HEAD]
    with (given.out / "storms.jsonl").open("w", encoding="utf-8") as file:
        for storm in storms(**plan):
            outcome = run(storm)
            file.write(json.dumps(asdict(outcome)) + "\n")
            lines.append(row(outcome))
            print(lines[-1], flush=True)
    lines += ["", "## How the cost grows", "", GROWTH_HEAD]
    with (given.out / "growth.jsonl").open("w", encoding="utf-8") as file:
        for outcome in growth(SIZES_FULL if given.full else SIZES):
            file.write(json.dumps(asdict(outcome)) + "\n")
            lines.append(
                f"| {outcome.storm.count} | {outcome.ecs_requests} | {outcome.smq_requests} |"
                f" {outcome.cpu_ms} | {outcome.replaced} | {outcome.duplicates} |"
            )
            print(lines[-1], flush=True)
    lines += ["", f"Machine: {machine()}.", ""]
    (given.out / "report.md").write_text("\n".join(lines), encoding="utf-8")
    print(lines[-2])
    return 0


if __name__ == "__main__":
    sys.exit(main())
