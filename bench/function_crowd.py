"""What the function is billed for each of a crowd, beside the model of the original in the same crowd.

    python -m bench.function_crowd --sizes 1,10,100

Virtual time; each call takes 50 to 300 ms. Billed is every invocation from the first notice until the
queue has been empty for 100 seconds, the timers' own included: a crowd shares them. Quotas suffice for
all, for here the cost counts.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from functools import partial
from typing import Any

from bench import original
from bench.crowd import LONGEST_SECONDS, QUOTA_FOR_ALL, is_over, seed
from bench.storm import DELIVERY, MINUTE, NOTICE, Meter, Storm, build, notify
from tests.simulation.functions import FunctionPlatform, Setting, event_of
from tests.simulation.harness import REGION, START, Simulation
from worker.ops.demo_original import MEMORY_MIB

SLICE_SECONDS = 10.0
QUIET_SECONDS = 100.0


def prepared(storm: Storm) -> tuple[Simulation, Meter, dict[str, float]]:
    """Put the sources into the cloud and let the platform tell of them, a minute from now."""
    simulation, meter = build(storm)
    ecs = simulation.cloud.ecs[REGION]
    sources = seed(ecs, storm.count)
    first = START + 2 * MINUTE + storm.phase
    return simulation, meter, notify(simulation, ecs, meter, storm, first, sources)


def by_function(storm: Storm, setting: Setting) -> dict[str, Any]:
    """Let the function answer a crowd."""
    simulation, meter, noticed = prepared(storm)
    platform, kernel = FunctionPlatform(simulation, setting), simulation.kernel
    kernel.run(min(noticed.values()) - 1.0)
    platform.start_timers()
    for source, at in noticed.items():
        kernel.spawn(partial(platform.invoke, event_of(source, at)), at=at + DELIVERY)
    last = max(noticed.values())
    kernel.run(last + DELIVERY + 1.0)
    while not is_over(simulation) and kernel.now < last + LONGEST_SECONDS:
        kernel.run(kernel.now + SLICE_SECONDS)
    kernel.run(kernel.now + QUIET_SECONDS)
    count = storm.count
    found = {
        "count": count,
        "replaced": _launched(simulation),
        "function_seconds": round(sum(platform.billed) / count, 2),
        "function_gb_seconds": round(platform.gb_seconds / count, 2),
        "invocations": round(len(platform.billed) / count, 2),
        "colds": platform.colds,
        "ecs_requests": round(sum(meter.calls.values()) / count, 1),
        "smq_requests": round(sum(meter.queue.values()) / count, 1),
    }
    kernel.close()
    return found


def by_original(storm: Storm) -> dict[str, Any]:
    """Let the original answer the same crowd."""
    simulation, _, noticed = prepared(storm)
    originals = original.begin(simulation)
    simulation.kernel.run(max(noticed.values()) + NOTICE + original.POLL_SECONDS)
    seconds = sum(originals.seconds) / storm.count
    found = {
        "original_replaced": _launched(simulation),
        "original_seconds": round(seconds, 2),
        "original_gb_seconds": round(seconds * MEMORY_MIB / 1024, 2),
    }
    simulation.kernel.close()
    return found


def _launched(simulation: Simulation) -> int:
    return sum(entry.action == "RunInstances" for entry in simulation.cloud.ledger)


def figures(sizes: Sequence[int]) -> dict[str, Any]:
    """Compare the two in crowds of several sizes.

    Raises:
        RuntimeError: One of the two did not recover all, so that its cost means nothing.
    """
    setting, rows = Setting(), list[dict[str, Any]]()
    for size in sizes:
        storm = Storm(size, QUOTA_FOR_ALL, phase=20.0, late_share=0.0)
        row = by_function(storm, setting) | by_original(storm)
        if {row["replaced"], row["original_replaced"]} != {size}:
            raise RuntimeError(str(row))
        rows.append(row)
    shares = [one["function_gb_seconds"] / one["original_gb_seconds"] for one in rows]
    return {
        "memory_mib": setting.memory_mib,
        "original_memory_mib": MEMORY_MIB,
        "share_of_original_range": [round(min(shares), 3), round(max(shares), 3)],
        "sizes": rows,
    }


def main() -> int:
    """Print the figures as JSON."""
    parser = argparse.ArgumentParser(prog="python -m bench.function_crowd")
    parser.add_argument("--sizes", default="1,10,100")
    print(json.dumps(figures(list(map(int, parser.parse_args().sizes.split(","))))))
    return 0


if __name__ == "__main__":
    sys.exit(main())
