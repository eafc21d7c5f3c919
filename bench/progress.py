"""How a storm goes on, second by second, beside a model of the original in the same storm.

    python -m bench.progress --count 1000 --quota 120

Virtual time; each call takes 50 to 300 ms, a fifth of the messages comes late, and nobody is told the
quota. The bound is what the quota lets anyone have accepted by the end of each minute.
"""

import argparse
import json
import random
import sys
from bisect import bisect_right
from collections.abc import Sequence
from typing import Any

from bench import original
from bench.crowd import Watched, watch
from bench.storm import DELIVERY, MINUTE, NOTICE, SHORTEST_WAY, Storm, bound_of

STEP_SECONDS = 5.0
BEYOND_SECONDS = 120.0
PHASE = 20.0


def cumulative(instants: Sequence[float], until: float) -> list[int]:
    """Count what had happened at each step."""
    return [
        bisect_right(instants, step * STEP_SECONDS) for step in range(int(until / STEP_SECONDS) + 1)
    ]


def bound_by_minute(storm: Storm, until: float) -> list[list[float]]:
    """Return (its first second, how many can have been accepted by its end) for each minute."""
    first = 2 * MINUTE + storm.phase
    rng = random.Random(storm.seed)
    notices = [rng.random() * storm.spread for _ in range(storm.count)]
    points, end = list[list[float]](), MINUTE - storm.phase
    while end - MINUTE < until:
        jobs = [
            (first + at + DELIVERY + SHORTEST_WAY, first + min(at + NOTICE, end))
            for at in notices
            if at + DELIVERY + SHORTEST_WAY < end
        ]
        count = bound_of(jobs, storm.quota, storm.kind) if jobs else 0
        points.append([max(end - MINUTE, 0.0), count])
        end += MINUTE
    return [*points, [until, points[-1][1]]]


def figures(count: int, quota: int) -> dict[str, Any]:
    """Let the storm happen twice: with a worker, and with the original."""
    storm = Storm(count, quota, phase=PHASE)
    ours, theirs = watch(storm), watch(storm, original.begin)
    until = storm.spread + NOTICE + BEYOND_SECONDS
    return {
        "count": count,
        "quota_per_minute": quota,
        "phase": PHASE,
        "step_seconds": STEP_SECONDS,
        "last_source_stops": storm.spread + NOTICE,
        "bound": bound_by_minute(storm, until),
        "worker": _series(ours, until),
        "original": _series(theirs, until),
    }


def _series(watched: Watched, until: float) -> dict[str, Any]:
    return {
        "disks_kept": cumulative(watched.kept_at, until),
        "images": cumulative(watched.imaged_at, until),
        "replacements": cumulative(watched.launched_at, until),
        "replaced_in_the_end": watched.replaced,
        "duplicates": watched.duplicates,
        "ecs_requests_each": watched.ecs_requests,
    }


def main() -> int:
    """Print the series as JSON."""
    parser = argparse.ArgumentParser(prog="python -m bench.progress")
    parser.add_argument("--count", type=int, default=1_000)
    parser.add_argument("--quota", type=int, default=120)
    given = parser.parse_args()
    print(json.dumps(figures(given.count, given.quota)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
