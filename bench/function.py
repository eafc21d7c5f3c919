"""What the function costs beside a worker and beside the original, scenario by scenario.

Run with `python -m bench.function` from the root of the repository. Virtual time over the emulator: seconds from T0 to the
replacement running, and the GB-seconds that Function Compute would bill for everything from the notice until the
queue has been empty for 100 seconds, the timers' own invocations included.
"""

import json
import sys
from typing import Any

from tests.simulation.functions import DEMO_SCENARIOS, HEAD, Setting, compare

SLOWER_MAX_SECONDS = 15.0


def figures() -> dict[str, Any]:
    """Compare the three in every scenario, and list what is out of its limit."""
    setting, rows, broken = Setting(), list[str](), list[str]()
    for scenario in DEMO_SCENARIOS:
        found, violations = compare(scenario, setting)
        rows.append(found.row)
        broken += [f"{scenario.name}: {one}" for one in violations]
        if found.function_seconds > found.worker_seconds + SLOWER_MAX_SECONDS:
            broken.append(f"{scenario.name}: more than {SLOWER_MAX_SECONDS:g} s slower")
        if found.function_gb_seconds > found.original_gb_seconds:
            broken.append(f"{scenario.name}: dearer than the original")
    told = (
        f"{setting.memory_mib} MiB, {setting.instances} instances at most, cold start"
        f" {setting.cold_seconds:g} s, timers at {', '.join(f'{at:g}' for at in setting.timers)} s"
    )
    return {"setting": told, "head": HEAD, "rows": rows, "broken": broken}


def main() -> int:
    """Print the figures as JSON."""
    print(json.dumps(figures()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
