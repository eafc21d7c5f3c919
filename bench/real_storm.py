"""A crowd that is reclaimed within a minute, through real worker processes, the SDKs and HTTP.

    python -m bench.real_storm --count 1000 --quota 600 --workers 1

The emulator runs in this process; its clock goes at --speed times that of the wall, and so do its
answers, which take 50 to 300 ms of its time. A small crowd goes first, so that pools, connections and
SDKs are there when memory is read. The workers' CPU holds their reading of the emulator's clock, too.
"""

import argparse
import json
import random
import statistics
import sys
import tempfile
import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bench.crowd import done
from bench.replay import slow_service
from bench.start import cpu_seconds, resident
from bench.storm import DELIVERY, NOTICE, SHORTEST_WAY, bound_of
from emulator.http.local import LocalEmulator, running
from emulator.http.service import Service
from emulator.state.ecs.settings import EcsSettings
from tests.e2e.conftest import APIS, REGION, Installation, Running
from tests.simulation.harness import ACCOUNT, DEAD, QUEUE
from tests.stack.soak import cloud_of

IMAGE_SECONDS = 120.0
SPREAD_SECONDS = 60.0
LONGEST_SECONDS = 3_600.0
LOOK_SECONDS = 0.5
WARM = 64


@dataclass
class Stage:
    """The emulator and the workers on it."""

    emulator: LocalEmulator
    installation: Installation
    workers: Sequence[Running]
    peak_mib: float = 0.0
    disks: Mapping[str, str] = field(default_factory=dict)

    def reclaim(self, count: int, spread: float) -> dict[str, float]:
        """Begin anew with so many sources and reclaim them; returns when each was told."""
        made = self.installation.order("reset", regions={REGION: cloud_of(count)})
        rng = random.Random(count)
        begin = self.emulator.run(lambda service: service.now()) + 1.0
        sources = made["instances"][REGION]
        self.disks = self.emulator.run(_disks)
        times = sorted(begin + rng.random() * spread for _ in sources)
        return dict(self._interrupt(source, at) for source, at in zip(sources, times, strict=True))

    def _interrupt(self, source: str, at: float) -> tuple[str, float]:
        self._until(lambda service: service.now() >= at, look=0.01)

        def interrupt(service: Service) -> float:
            told = service.now()
            service.cloud.ecs[REGION].interrupt(source, told)
            service.time_jumped()
            return told

        return source, self.emulator.run(interrupt)

    def await_end(self, count: int) -> None:
        """Wait until each is replaced or parked, and no message is left."""
        end = self.emulator.run(lambda service: service.now()) + LONGEST_SECONDS
        self._until(lambda service: _is_over(service, count) or service.now() > end)

    def _until(self, holds: Callable[[Service], bool], look: float = LOOK_SECONDS) -> None:
        pause = threading.Event()
        while not self.emulator.run(holds):
            pause.wait(look)
            if look == LOOK_SECONDS:
                self.peak_mib = max(self.peak_mib, self.mebibytes())

    def mebibytes(self) -> float:
        """Return the memory of all workers."""
        return sum(resident(one.popen.pid) for one in self.workers)

    def cpu(self) -> float:
        """Return the CPU seconds of all workers so far."""
        return sum(cpu_seconds(one.popen.pid) for one in self.workers)


def _disks(service: Service) -> Mapping[str, str]:
    rows = service.cloud.ecs[REGION].dump("disks", service.now())
    return {row["DiskId"]: row["InstanceId"] for row in rows}


def _is_over(service: Service, count: int) -> bool:
    now = service.now()
    queues = service.cloud.queues(REGION)
    replaced = len(done(service.cloud.ledger, {}).launched)
    parked = len(queues.get_queue(DEAD, now).messages)
    return replaced + parked >= count and not queues.get_queue(QUEUE, now).messages


@contextmanager
def stage(speed: float, quota: int, workers: int) -> Iterator[Stage]:
    """Start the emulator and the workers, and end them."""
    ecs = EcsSettings(
        image_seconds=IMAGE_SECONDS,
        image_quota=100_000,
        spot_vcpu_quota=1_000_000,
        publish_progress=False,
        default_calls_per_minute=quota,
    )
    service = slow_service(speed, ecs)
    service.requests = deque()
    with tempfile.TemporaryDirectory() as name, running(service) as emulator:
        installation = Installation(Path(name), url=emulator.urls[REGION])
        data = {
            "account_id": ACCOUNT,
            "region": REGION,
            "endpoints": dict.fromkeys(APIS, installation.url),
            "clock": {"emulator": installation.url},
            "worker": {"quota_share": 1.0},
            "log": {"format": "json", "level": "warning"},
        }
        installation.config.write_text(json.dumps(data), encoding="utf-8")
        installation.order("reset", regions={REGION: cloud_of(0)})
        program = ("worker", "--config", str(installation.config), "run")
        started = [installation.start(*program) for _ in range(workers)]
        try:
            yield Stage(emulator, installation, started)
        finally:
            for one in started:
                one.end()


def figures(count: int, quota: int, workers: int, speed: float) -> dict[str, Any]:
    """Reclaim a crowd and say what became of it."""
    begun = time.monotonic()
    with stage(speed, quota, workers) as on:
        on.reclaim(WARM, spread=10.0)
        on.await_end(WARM)
        warmed, cpu = on.mebibytes(), on.cpu()
        on.peak_mib = warmed
        told = on.reclaim(count, SPREAD_SECONDS)
        on.await_end(count)
        used = on.cpu() - cpu
        found = on.emulator.run(lambda service: _judged(service, told, on.disks, quota))
    return {
        "count": count,
        "quota_per_minute": quota,
        "workers": workers,
        "speed": speed,
        **found,
        "cpu_ms_each": round(used / count * 1000, 1),
        "mib_warmed": round(warmed, 1),
        "mib_peak": round(on.peak_mib, 1),
        "kib_each": round((on.peak_mib - warmed) * 1024 / count, 1),
        "real_seconds": round(time.monotonic() - begun),
    }


def _judged(
    service: Service, told: Mapping[str, float], disks: Mapping[str, str], quota: int
) -> dict[str, Any]:
    had = done(service.cloud.ledger, disks)
    jobs = [(at + DELIVERY + SHORTEST_WAY, at + NOTICE) for at in told.values()]
    bound = bound_of(jobs, quota or None, "window")
    in_time = sum(at < told[source] + NOTICE for source, at in had.imaged.items())
    waits = sorted(had.kept[one] - at - DELIVERY for one, at in told.items() if one in had.kept)
    calls = Counter((one.call.product, bool(one.code)) for one in service.requests)
    refused = sum(one.code == "Throttling.User" for one in service.requests)
    return {
        "bound": bound,
        "images_in_time": in_time,
        "share_of_bound": round(in_time / bound, 4),
        "replaced": len(had.launched),
        "parked": len(service.cloud.queues(REGION).get_queue(DEAD, service.now()).messages),
        "duplicates": had.doubles,
        "disks_kept": len(waits),
        "disks_kept_median_seconds": round(statistics.median(waits), 1) if waits else None,
        "disks_kept_last_seconds": round(waits[-1], 1) if waits else None,
        "requests": {
            product: sum(n for (one, _), n in calls.items() if one == product)
            for product in sorted({product for product, _ in calls})
        },
        "refused_by_quota": refused,
        "complaints": len(service.cloud.complaints),
    }


def main() -> int:
    """Print what became of the crowd, as JSON."""
    parser = argparse.ArgumentParser(prog="python -m bench.real_storm")
    parser.add_argument("--count", type=int, default=1_000)
    parser.add_argument("--quota", type=int, default=600, help="of every API, by the minute")
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--speed", type=float, default=1.0)
    given = parser.parse_args()
    print(json.dumps(figures(given.count, given.quota, given.workers, given.speed)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
