"""CPU of a recovery beside that of the same SDK calls made bare.

    python -m bench.replay --rounds 9

A worker recovers one-disk sources on the emulator, and every call that it makes through an SDK is noted
with its answer. Then a process without our code makes the same calls through the same SDKs, with pauses
between them, and gets the same answers, while an emulator does as much for each as for the worker's.
The two take turns; the ratio is that of each pair. Both are processes of their own that have been
warmed by a round which does not count.
"""

import argparse
import contextlib
import itertools
import json
import random
import statistics
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.partner import Partner
from bench.tape import Tape, taping
from emulator.http.command import access_keys
from emulator.http.local import LocalEmulator, running
from emulator.http.service import Latency, Service
from emulator.state.cloud import Cloud
from emulator.state.ecs.catalogue import Catalogue
from emulator.state.ecs.settings import EcsSettings
from tests.e2e.conftest import APIS, REGION, Installation
from tests.simulation.harness import ACCOUNT, DEAD, QUEUE
from tests.stack.rig import empty_service
from tests.stack.soak import KEY_OF_THE_WORKER, NOTICE_SECONDS, cloud_of

SPEED = 60.0
# As long as a call takes, in seconds of the emulator.
LATENCY = (0.05, 0.3)
IMAGE_SECONDS = 120.0
# At this speed the usual notice is seconds of real time, and a machine may be busy.
TERMS = {"notice": {"length": "50m", "false_alarm_after": "60m"}}
LOOK_SECONDS = 0.05
STUCK_SECONDS = 120.0
# What is still under way when the last message has been deleted.
SETTLE_SECONDS = 0.2


@dataclass(frozen=True)
class Pair:
    """One round: what the worker took, and the same calls without it.

    Attributes:
        worker_cpu: CPU seconds of the worker's process.
        bare_cpu: CPU seconds of the bare calls.
        calls: How many there were.
        missed: Bare calls that had no answer on the tape.
    """

    worker_cpu: float
    bare_cpu: float
    calls: int
    missed: int

    @property
    def ratio(self) -> float:
        """What the worker took for each second of the bare calls."""
        return self.worker_cpu / self.bare_cpu


@dataclass
class Bench:
    """Emulator, tape, worker and bare calls, and the emulator behind these."""

    emulator: LocalEmulator
    installation: Installation
    behind: Installation
    tape: Tape
    worker: Partner
    bare: Partner

    def round(self, count: int) -> Pair:
        """Let the worker recover `count` sources at once, and then make its calls bare."""
        pause = threading.Event()
        made = self.installation.order("reset", regions={REGION: cloud_of(count)})
        pause.wait(SETTLE_SECONDS)
        self.tape.record()
        before = self.worker.ask("mark")["cpu"]
        for source in made["instances"][REGION]:
            told = {"instance_id": source, "notice_seconds": NOTICE_SECONDS}
            self.installation.order("interrupt", **told)
        end = time.monotonic() + STUCK_SECONDS
        while not self.emulator.run(lambda service: _is_over(service, count)):
            if time.monotonic() > end:
                raise TimeoutError(f"{count} sources were not recovered")
            pause.wait(LOOK_SECONDS)
        pause.wait(SETTLE_SECONDS)
        noted = self.worker.ask("mark")
        self.tape.stop()
        self.behind.order("reset", regions={REGION: cloud_of(count)})
        begun = noted["calls"][0][0]
        calls = [[at - begun, *what] for at, *what in noted["calls"]]
        bare = self.bare.ask(calls)["cpu"]
        return Pair(noted["cpu"] - before, bare, len(calls), self.tape.misses)


def _is_over(service: Service, count: int) -> bool:
    """Tell whether all are recovered and no message is left."""
    now = service.now()
    launched = Counter(one.action for one in service.cloud.ledger)["RunInstances"]
    queues = service.cloud.queues(REGION)
    left = sum(len(queues.get_queue(name, now).messages) for name in (QUEUE, DEAD))
    return launched >= count and not left


def slow_service(speed: float, ecs: EcsSettings) -> Service:
    """Make the service of an emulator whose calls take as long as those of the cloud."""
    service = empty_service(speed, KEY_OF_THE_WORKER)
    service.keys |= access_keys(KEY_OF_THE_WORKER)
    catalogue, seeds = Catalogue.load(), itertools.count(2)

    def build_cloud(at: float) -> Cloud:
        # Ids must differ from those of the cloud before, as they do in a real one.
        rng = random.Random(next(seeds))
        return Cloud(
            account_id=ACCOUNT, regions=(REGION,), catalogue=catalogue, ecs=ecs, rng=rng, start=at
        )

    service.build_cloud = build_cloud
    service.latency = Latency(LATENCY[0] / speed, LATENCY[1] / speed)
    return service


@contextlib.contextmanager
def bench() -> Iterator[Bench]:
    """Start everything, and end it."""
    ecs = EcsSettings(image_seconds=IMAGE_SECONDS)
    with (
        tempfile.TemporaryDirectory() as name,
        running(slow_service(SPEED, ecs)) as emulator,
        running(slow_service(SPEED, ecs)) as idle,
        taping(emulator.urls[REGION], idle.urls[REGION]) as (tape, recorder, player),
    ):
        directory = Path(name)
        installation = Installation(directory, url=emulator.urls[REGION])
        behind = Installation(directory, url=idle.urls[REGION])
        data = {
            "account_id": ACCOUNT,
            "region": REGION,
            "endpoints": dict.fromkeys(APIS, recorder),
            "clock": {"emulator": installation.url},
            "receipts": {"directory": str(directory / "receipts")},
            "log": {"format": "json"},
            **TERMS,
        }
        installation.config.write_text(json.dumps(data), encoding="utf-8")
        installation.order("reset", regions={REGION: cloud_of(0)})
        program = ("bench.noting_worker", str(installation.config))
        worker = Partner(program, directory / "worker.log")
        # It answers when all is loaded.
        worker.ask("mark")
        bare = Partner(("bench.bare_calls", player, REGION), directory / "bare.log")
        try:
            yield Bench(emulator, installation, behind, tape, worker, bare)
        finally:
            bare.end()
            worker.end()


def figures(rounds: int, *, crowd: int) -> dict[str, Any]:
    """Return the figures of single recoveries, and of crowds, round by round."""
    with bench() as one:
        one.round(1)
        single = [one.round(1) for _ in range(rounds)]
        together = [one.round(crowd) for _ in range(rounds)] if crowd else []
    found = {"rounds": rounds, **_summary(single, 1, "")}
    if together:
        found |= {"crowd": crowd, **_summary(together, crowd, "crowd_")}
    return found


def _summary(pairs: Sequence[Pair], count: int, prefix: str) -> dict[str, Any]:
    ratios = [one.ratio for one in pairs]
    return {
        f"{prefix}ratio_median": round(statistics.median(ratios), 3),
        f"{prefix}ratio_range": [round(min(ratios), 3), round(max(ratios), 3)],
        f"{prefix}worker_cpu_ms_median": round(
            statistics.median(one.worker_cpu for one in pairs) / count * 1000, 1
        ),
        f"{prefix}bare_cpu_ms_median": round(
            statistics.median(one.bare_cpu for one in pairs) / count * 1000, 1
        ),
        f"{prefix}calls_median": statistics.median(one.calls for one in pairs) / count,
        f"{prefix}calls_without_answer": sum(one.missed for one in pairs),
    }


def main() -> int:
    """Print the figures as JSON."""
    parser = argparse.ArgumentParser(prog="python -m bench.replay")
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--crowd", type=int, default=0, help="also this many at once")
    given = parser.parse_args()
    print(json.dumps(figures(given.rounds, crowd=given.crowd)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
