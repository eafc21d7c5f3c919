"""What one recovery costs beyond the cloud's own time, beside the model of the original in the same cloud.

    python -m bench.recovery --rounds 25

Virtual time over the worker's own code; each call takes 50 to 300 ms, and the image 120 s give or take a
fifth: at 120 s sharp the original's looks, one every 20 s, would fall on its end by accident. Every round
is one seed, which the worker and the original (`bench.original`) have in turn.
"""

import argparse
import json
import math
import random
import statistics
import sys
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from bench import original
from bench.storm import MINUTE, NOTICE, Outcome, Storm, build, notify, overheads, run
from tests.simulation.harness import REGION, START
from worker.core.policy import Takeover

IMAGE_SECONDS, IMAGE_SHARE = 120.0, 0.2
SOURCE = {
    "name": "db",
    "system_disk": {"category": "cloud_essd", "size": 40},
    "ram_role_name": "app",
    "instance_type": "ecs.g7.large",
}


def storm_of(seed: int, takeover: Takeover) -> Storm:
    """One source, at a moment of the minute that differs by round."""
    image = IMAGE_SECONDS * random.Random(seed).uniform(1.0 - IMAGE_SHARE, 1.0 + IMAGE_SHARE)
    return Storm(
        1, None, spread=0.0, late_share=0.0, seed=seed, phase=(seed * 7.3) % MINUTE, whole=True,
        takeover=takeover, image_seconds=image,
    )  # fmt: skip


def of_original(storm: Storm) -> float:
    """Let a function of the original answer the same notice; returns its overhead in seconds."""
    simulation, meter = build(storm)
    ecs = simulation.cloud.ecs[REGION]
    source = ecs.seed_instance(SOURCE, START)
    original.begin(simulation)
    first = START + 2 * MINUTE + storm.phase
    noticed = notify(simulation, ecs, meter, storm, first, [source])
    simulation.kernel.run(first + NOTICE)
    (found,) = overheads(simulation.cloud.ledger, noticed)
    simulation.kernel.close()
    return found


def p95(values: Sequence[float]) -> float:
    """Return the value that 95 of 100 do not exceed."""
    return round(sorted(values)[math.ceil(len(values) * 0.95) - 1], 2)


def figures(rounds: int) -> dict[str, Any]:
    """Return the figures of `rounds` recoveries."""
    beside, stopped, theirs = list[Outcome](), list[Outcome](), list[float]()
    for seed in range(1, rounds + 1):
        storm = storm_of(seed, "overlap")
        beside.append(run(storm))
        theirs.append(of_original(storm))
        stopped.append(run(replace(storm, takeover="stop-source")))
    return {"rounds": rounds, **_overhead(beside, theirs, stopped), **_requests(stopped)}


def _overhead(
    beside: Sequence[Outcome], theirs: Sequence[float], stopped: Sequence[Outcome]
) -> dict[str, Any]:
    # The original launches beside the source, too.
    ours = [one.overheads[0] for one in beside]
    waited = [one.overheads[0] for one in stopped]
    ratios = [mine / other for mine, other in zip(ours, theirs, strict=True)]
    return {
        "overhead_mean": round(statistics.mean(ours), 2),
        "overhead_p95": p95(ours),
        "overhead_range": [min(ours), max(ours)],
        "overhead_original_mean": round(statistics.mean(theirs), 2),
        "overhead_original_range": [min(theirs), max(theirs)],
        "overhead_share_of_original": round(statistics.mean(ours) / statistics.mean(theirs), 3),
        "overhead_share_of_original_range": [round(min(ratios), 3), round(max(ratios), 3)],
        "overhead_with_stop_mean": round(statistics.mean(waited), 2),
        "overhead_with_stop_p95": p95(waited),
    }


def _requests(outcomes: Sequence[Outcome]) -> dict[str, Any]:
    images = [one.calls["DescribeImages"] for one in outcomes]
    vpc = [one.calls["DescribeVSwitches"] for one in outcomes]
    ecs = [sum(one.calls.values()) - v for one, v in zip(outcomes, vpc, strict=True)]
    others = [all_ - i for all_, i in zip(ecs, images, strict=True)]
    smq = [one.smq_requests for one in outcomes]
    return {
        "ecs_calls_mean": round(statistics.mean(others), 1),
        "ecs_calls_range": [min(others), max(others)],
        "image_polls_mean": round(statistics.mean(images), 1),
        "image_polls_range": [min(images), max(images)],
        "ecs_calls_with_polls_p95": p95(ecs),
        "ecs_calls_with_polls_range": [min(ecs), max(ecs)],
        "vpc_calls": max(vpc),
        "smq_requests_mean": round(statistics.mean(smq), 1),
        "smq_requests_p95": p95(smq),
        "smq_requests_range": [min(smq), max(smq)],
        "replaced": sum(one.replaced for one in outcomes),
        "duplicates": sum(one.duplicates for one in outcomes),
    }


def main() -> int:
    """Print the figures as JSON."""
    parser = argparse.ArgumentParser(prog="python -m bench.recovery")
    parser.add_argument("--rounds", type=int, default=25)
    print(json.dumps(figures(parser.parse_args().rounds)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
