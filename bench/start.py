"""From the start of a worker to its first receive, and its memory before and with work in hand.

    python -m bench.start --rounds 9

Real processes, the official SDKs and the emulator in this process; the clock runs at its usual pace.
"""

import argparse
import json
import os
import statistics
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

from emulator.http.command import access_keys
from emulator.http.local import running
from tests.e2e.conftest import APIS, REGION, Installation, Running
from tests.simulation.harness import ACCOUNT
from tests.stack.rig import empty_service
from tests.stack.soak import cloud_of

IN_HAND = 64
LOOK_SECONDS = 0.02
SETTLE_SECONDS = 25.0


def resident(pid: int) -> float:
    """Return the MiB of memory that a process holds."""
    for line in Path(f"/proc/{pid}/status").read_text(encoding="utf-8").splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    raise LookupError(pid)


def cpu_seconds(pid: int) -> float:
    """Return the CPU time of a process so far, which other processes do not stretch."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def one_round(
    installation: Installation, emulator: Any, *, crowd: int
) -> tuple[float, float, float, float]:
    """Start a worker and end it; returns seconds, CPU seconds and two figures of memory."""
    pause = threading.Event()
    made = installation.order("reset", regions={REGION: cloud_of(crowd)})
    begun = time.monotonic()
    worker: Running = installation.start("worker", "--config", str(installation.config), "run")
    while not emulator.run(lambda service: service.polls.count):
        pause.wait(LOOK_SECONDS)
        if time.monotonic() - begun > SETTLE_SECONDS:
            raise TimeoutError("\n".join(iter(worker.lines.get_nowait, None)))
    seconds = time.monotonic() - begun
    cpu, idle = cpu_seconds(worker.popen.pid), resident(worker.popen.pid)
    for source in made["instances"][REGION]:
        installation.order("interrupt", instance_id=source)
    busy = idle
    end = time.monotonic() + (SETTLE_SECONDS if crowd else 0.0)
    while time.monotonic() < end:
        busy = max(busy, resident(worker.popen.pid))
        pause.wait(0.2)
    worker.end()
    return seconds, cpu, idle, busy


def figures(rounds: int) -> dict[str, Any]:
    """Return the figures of `rounds` starts, the last of them with work."""
    service = empty_service(1.0)
    service.keys |= access_keys(
        {"EMULATOR_ACCESS_KEY_ID": "worker", "EMULATOR_ACCESS_KEY_SECRET": "worker-secret"}
    )
    with tempfile.TemporaryDirectory() as directory, running(service) as emulator:
        installation = Installation(Path(directory), url=emulator.urls[REGION])
        data = {
            "account_id": ACCOUNT,
            "region": REGION,
            "endpoints": dict.fromkeys(APIS, installation.url),
            "clock": {"emulator": installation.url},
            "log": {"format": "json"},
        }
        installation.config.write_text(json.dumps(data), encoding="utf-8")
        found = [
            one_round(installation, emulator, crowd=IN_HAND if number == rounds - 1 else 0)
            for number in range(rounds)
        ]
    starts = [one[0] for one in found]
    return {
        "rounds": rounds,
        "start_seconds_median": round(statistics.median(starts), 2),
        "start_seconds_range": [round(min(starts), 2), round(max(starts), 2)],
        "start_cpu_seconds_median": round(statistics.median(one[1] for one in found), 2),
        "idle_mib_median": round(statistics.median(one[2] for one in found), 1),
        f"mib_with_{IN_HAND}": round(found[-1][3], 1),
    }


def main() -> int:
    """Print the figures as JSON."""
    parser = argparse.ArgumentParser(prog="python -m bench.start")
    parser.add_argument("--rounds", type=int, default=9)
    print(json.dumps(figures(parser.parse_args().rounds)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
