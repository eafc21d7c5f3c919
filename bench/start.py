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
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from emulator.http.command import access_keys
from emulator.http.local import LocalEmulator, running
from emulator.http.service import Service
from tests.e2e.conftest import APIS, REGION, Installation, Running
from tests.simulation.harness import ACCOUNT, QUEUE
from tests.stack.rig import empty_service
from tests.stack.soak import cloud_of

IN_HAND = 64
LOOK_SECONDS = 0.02
STUCK_SECONDS = 60.0
# What follows the image until nothing is done but to look at it: capture, specification, messages.
SETTLE_SECONDS = 3.0


def resident(pid: int, kind: str = "VmRSS") -> float:
    """Return the MiB of memory that a process holds, or has held at most (`VmHWM`)."""
    for line in Path(f"/proc/{pid}/status").read_text(encoding="utf-8").splitlines():
        if line.startswith(f"{kind}:"):
            return int(line.split()[1]) / 1024
    raise LookupError(pid)


def cpu_seconds(pid: int) -> float:
    """Return the CPU time of a process so far, which other processes do not stretch."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Start:
    """One start.

    Attributes:
        seconds: To the first receive.
        cpu: CPU seconds until then.
        idle: MiB then.
        busy: MiB at most until the crowd was imaged and captured.
    """

    seconds: float
    cpu: float
    idle: float
    busy: float


def one_round(installation: Installation, emulator: LocalEmulator, crowd: int) -> Start:
    """Start a worker, let it take a crowd in hand, and end it."""
    made = installation.order("reset", regions={REGION: cloud_of(crowd)})
    begun = time.monotonic()
    worker: Running = installation.start("worker", "--config", str(installation.config), "run")
    _until(emulator, worker, lambda service: service.polls.count > 0)
    seconds = time.monotonic() - begun
    cpu, idle = cpu_seconds(worker.popen.pid), resident(worker.popen.pid)
    for source in made["instances"][REGION]:
        installation.order("interrupt", instance_id=source)
    _until(emulator, worker, lambda service: _imaged(service) >= crowd)
    threading.Event().wait(SETTLE_SECONDS)
    in_hand = emulator.run(_invisible)
    busy = resident(worker.popen.pid, "VmHWM")
    worker.end()
    if in_hand != crowd:
        raise RuntimeError(f"{in_hand} of {crowd} were in hand")
    return Start(seconds, cpu, idle, busy)


def _until(emulator: LocalEmulator, worker: Running, holds: Callable[[Service], bool]) -> None:
    pause, end = threading.Event(), time.monotonic() + STUCK_SECONDS
    while not emulator.run(holds):
        pause.wait(LOOK_SECONDS)
        if time.monotonic() > end:
            raise TimeoutError("\n".join(iter(worker.lines.get_nowait, None)))


def _imaged(service: Service) -> int:
    return sum(entry.action == "CreateImage" for entry in service.cloud.ledger)


def _invisible(service: Service) -> int:
    """Count the messages that somebody has in hand."""
    now = service.now()
    messages = service.cloud.queues(REGION).get_queue(QUEUE, now).messages
    return sum(one.visible_at > now for one in messages.values())


def figures(rounds: int) -> dict[str, Any]:
    """Return the figures of `rounds` starts, each with a crowd after it."""
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
        found = [one_round(installation, emulator, IN_HAND) for _ in range(rounds)]
    return {
        "rounds": rounds,
        **_told("start_seconds", [one.seconds for one in found], 2),
        "start_cpu_seconds_median": round(statistics.median(one.cpu for one in found), 2),
        **_told("idle_mib", [one.idle for one in found], 1),
        **_told(f"mib_with_{IN_HAND}", [one.busy for one in found], 1),
    }


def _told(name: str, values: Sequence[float], digits: int) -> dict[str, Any]:
    return {
        f"{name}_median": round(statistics.median(values), digits),
        f"{name}_range": [round(min(values), digits), round(max(values), digits)],
    }


def main() -> int:
    """Print the figures as JSON."""
    parser = argparse.ArgumentParser(prog="python -m bench.start")
    parser.add_argument("--rounds", type=int, default=9)
    print(json.dumps(figures(parser.parse_args().rounds)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
