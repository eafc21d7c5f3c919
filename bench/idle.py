"""What a worker asks of the cloud on a day on which nothing happens.

    python -m bench.idle

Virtual time; every receive is billed, empty ones too.
"""

import argparse
import json
import sys
from dataclasses import dataclass
from typing import Any

from bench.storm import Storm, build
from tests.simulation.harness import START
from worker.adapters.metrics import StateCollector
from worker.core.inventory import Glimpse

DAY = 86_400.0
SCRAPE_SECONDS = 15.0


def figures(days: int) -> dict[str, Any]:
    """Return the requests of a day."""
    simulation, meter = build(Storm(count=0, quota=None))
    simulation.start_worker("w0")
    simulation.kernel.run(START + days * DAY)
    simulation.kernel.close()
    return {
        "days": days,
        "smq_requests_a_day": round(sum(meter.queue.values()) / days),
        "smq_requests_a_day_of_the_monitor": round(monitored(days) / days),
        "ecs_requests_a_day": round(sum(meter.calls.values()) / days),
    }


@dataclass
class _Watched:
    """The clock of a monitor, and the dead-letter queue that it looks at."""

    at: float = START
    looks: int = 0

    def now(self) -> float:
        return self.at

    def real_seconds(self, seconds: float) -> float:
        return seconds

    def peek(self, count: int) -> tuple[Glimpse, ...]:  # noqa: ARG002
        self.looks += 1
        return ()


def monitored(days: int) -> int:
    """Count the looks at the dead-letter queue of a monitor that is read every 15 seconds."""
    watched = _Watched()
    collector = StateCollector(watched, held=int, limiter=dict, dead_letters=watched)
    while watched.at < START + days * DAY:
        list(collector.collect())
        watched.at += SCRAPE_SECONDS
    return watched.looks


def main() -> int:
    """Print the figures as JSON."""
    parser = argparse.ArgumentParser(prog="python -m bench.idle")
    parser.add_argument("--days", type=int, default=1)
    print(json.dumps(figures(parser.parse_args().days)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
