"""What one recovery costs beyond the cloud's own time, beside a model of a function that only waits.

    python -m bench.recovery --rounds 25

Virtual time over the worker's own code; the image takes 120 s and each call 50 to 300 ms. The model
is that of a function per event: its reads one after another, and a look at the image every 20 s.
"""

import argparse
import json
import random
import statistics
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from bench.storm import LATENCY, Outcome, Storm, run
from worker.core.policy import Takeover

IMAGE_SECONDS = 120.0
# Reads before CreateImage, and between the usable image and RunInstances.
READS_BEFORE, READS_AFTER = 5, 1
MODEL_POLL_SECONDS = 20.0
CALLS_OF_MODEL = READS_BEFORE + READS_AFTER + 2


@dataclass(frozen=True)
class Overhead:
    """Seconds from the notice to RunInstances accepted, less what the cloud took."""

    ours: Sequence[float]
    model: Sequence[float]


def overhead(rounds: int, takeover: Takeover) -> tuple[Overhead, list[Outcome]]:
    """Recover one source at a time, pair by pair with the model."""
    ours: list[float] = []
    model: list[float] = []
    outcomes = []
    for seed in range(1, rounds + 1):
        phase = (seed * 7.3) % 60.0
        storm = Storm(
            1, None, spread=0.0, late_share=0.0, seed=seed, phase=phase, whole=True,
            takeover=takeover,
        )  # fmt: skip
        outcome = run(storm)
        outcomes.append(outcome)
        ours.append(outcome.overheads[0])
        model.append(_of_model(random.Random(seed)))
    return Overhead(ours, model), outcomes


def _of_model(rng: random.Random) -> float:
    """Serial reads, then polls of 20 s, then the launch."""

    def calls(count: int) -> float:
        return sum(rng.uniform(*LATENCY) for _ in range(count))

    before = calls(READS_BEFORE) + calls(1)
    image = IMAGE_SECONDS * rng.uniform(0.8, 1.2)
    waited = 0.0
    while waited < image:
        waited += MODEL_POLL_SECONDS + calls(1)
    return before + waited - image + calls(READS_AFTER) + calls(1)


def _p95(values: Sequence[float]) -> float:
    return round(sorted(values)[int(len(values) * 0.95)], 2)


def figures(rounds: int) -> dict[str, Any]:
    """Return the figures of `rounds` recoveries."""
    beside, _ = overhead(rounds, "overlap")
    found, outcomes = overhead(rounds, "stop-source")
    images = [one.calls["DescribeImages"] for one in outcomes]
    vpc = [one.calls["DescribeVSwitches"] for one in outcomes]
    ecs = [sum(one.calls.values()) for one in outcomes]
    others = [all_ - i - v for all_, i, v in zip(ecs, images, vpc, strict=True)]
    return {
        "rounds": rounds,
        # The model launches beside the source, too.
        "overhead_mean": round(statistics.mean(beside.ours), 2),
        "overhead_p95": _p95(beside.ours),
        "overhead_model_mean": round(statistics.mean(beside.model), 2),
        "overhead_share_of_model": round(
            statistics.mean(beside.ours) / statistics.mean(beside.model), 3
        ),
        "overhead_with_stop_mean": round(statistics.mean(found.ours), 2),
        "overhead_with_stop_p95": _p95(found.ours),
        "ecs_calls_mean": round(statistics.mean(others), 1),
        "ecs_calls_max": max(others),
        "image_polls_mean": round(statistics.mean(images), 1),
        "vpc_calls": max(vpc),
        "smq_requests_mean": round(statistics.mean(one.smq_requests for one in outcomes), 1),
        "smq_requests_max": max(one.smq_requests for one in outcomes),
    }


def main() -> int:
    """Print the figures as JSON."""
    parser = argparse.ArgumentParser(prog="python -m bench.recovery")
    parser.add_argument("--rounds", type=int, default=25)
    print(json.dumps(figures(parser.parse_args().rounds)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
