"""What a worker asks of the cloud on a day on which nothing happens.

    python -m bench.idle

Virtual time; every receive is billed, empty ones too.
"""

import argparse
import json
import sys
from typing import Any

from bench.storm import Storm, build
from tests.simulation.harness import START

DAY = 86_400.0


def figures(days: int) -> dict[str, Any]:
    """Return the requests of a day."""
    simulation, meter = build(Storm(count=0, quota=None))
    simulation.start_worker("w0")
    simulation.kernel.run(START + days * DAY)
    simulation.kernel.close()
    return {
        "days": days,
        "smq_requests_a_day": round(sum(meter.queue.values()) / days),
        "ecs_requests_a_day": round(sum(meter.calls.values()) / days),
    }


def main() -> int:
    """Print the figures as JSON."""
    parser = argparse.ArgumentParser(prog="python -m bench.idle")
    parser.add_argument("--days", type=int, default=1)
    print(json.dumps(figures(parser.parse_args().days)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
