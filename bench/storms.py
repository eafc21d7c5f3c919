"""Storms of every kind, one line of JSON each, and a table of them.

python -m bench.storms --count 1000 --phases 0,10,20,30,40,50,59 --workers 1,2,4
"""

import argparse
import itertools
import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict

from bench.storm import Outcome, Storm, run

QUOTAS = (60, 120, 200, 600)
KINDS = ("window", "bucket")
HEAD = (
    "| limit | workers | phase | images / bound | of the bound | refused per accepted |"
    " disks kept: median, last (s) | duplicates |\n|---|---|---|---|---|---|---|---|"
)


def storms(
    count: int, quotas: Sequence[int], phases: Sequence[float], workers: Sequence[int]
) -> Iterator[Storm]:
    """List every combination."""
    for quota, kind, crew, phase in itertools.product(quotas, KINDS, workers, phases):
        yield Storm(count=count, quota=quota, kind=kind, phase=phase, workers=crew)


def row(outcome: Outcome) -> str:
    """Write one outcome as a row of the table."""
    storm = outcome.storm
    return (
        f"| {storm.kind} {storm.quota} | {storm.workers} | {storm.phase:.0f} | {outcome.imaged} /"
        f" {outcome.bound} | {outcome.share_of_bound:.3f} | {outcome.refused_per_accepted:.2f} |"
        f" {outcome.retained_median}, {outcome.retained_max} | {outcome.duplicates} |"
    )


def main() -> int:
    """Run the storms; each is told as soon as it is over."""
    parser = argparse.ArgumentParser(prog="python -m bench.storms")
    parser.add_argument("--count", type=int, default=1_000)
    parser.add_argument("--quotas", default=",".join(map(str, QUOTAS)))
    parser.add_argument("--phases", default="0,10,20,30,40,50,59")
    parser.add_argument("--workers", default="1,2,4")
    parser.add_argument("--json", action="store_true", help="one object a line, not a table")
    given = parser.parse_args()
    quotas, workers = (list(map(int, one.split(","))) for one in (given.quotas, given.workers))
    phases = list(map(float, given.phases.split(",")))
    if not given.json:
        print(HEAD)
    for storm in storms(given.count, quotas, phases, workers):
        outcome = run(storm)
        print(json.dumps(asdict(outcome)) if given.json else row(outcome), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
