"""What the function costs beside a worker and beside the original, scenario by scenario.

Run with `python -m bench.function` from the root of the repository. Virtual time over the emulator: seconds from T0 to the
replacement running, and the GB-seconds that Function Compute would bill for everything from the notice until the
queue has been empty for 100 seconds, the timers' own invocations included.
"""

import sys

from tests.simulation.functions import DEMO_SCENARIOS, HEAD, Setting, compare

SLOWER_MAX_SECONDS = 15.0


def main() -> int:
    """Print one row per scenario; 1 when one of them breaks a bar."""
    setting = Setting()
    print(
        f"{setting.memory_mib} MiB, {setting.instances} instances at most, cold start"
        f" {setting.cold_seconds:g} s, timers at {', '.join(f'{at:g}' for at in setting.timers)} s\n"
    )
    print(HEAD)
    broken: list[str] = []
    for scenario in DEMO_SCENARIOS:
        figures, violations = compare(scenario, setting)
        print(figures.row)
        broken += [f"{scenario.name}: {one}" for one in violations]
        if figures.function_seconds > figures.worker_seconds + SLOWER_MAX_SECONDS:
            broken.append(f"{scenario.name}: more than {SLOWER_MAX_SECONDS:g} s slower")
        if figures.function_gb_seconds > figures.original_gb_seconds:
            broken.append(f"{scenario.name}: dearer than the original")
    print("\n" + ("\n".join(broken) or "no bar is broken"))
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
