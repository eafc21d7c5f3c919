"""Receive, validate and delete, beside the SDK's own loop over the same queue.

    python -m bench.queue_loop --rounds 9

The two take turns with every batch, in one process, on the emulator in a process of its own, so that
what else the machine does falls on both alike; CPU time is what counts.
"""

import argparse
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

from tests.e2e.conftest import Installation
from tests.simulation.harness import ACCOUNT, REGION
from worker.adapters import credentials
from worker.adapters.clock import RealClock
from worker.adapters.mns_queue import MnsQueue
from worker.adapters.telemetry import StructlogTelemetry
from worker.core.messages import Home, read_message

MESSAGES = 240
BATCH = 16
QUEUE = "bench"
ENVIRON = {
    "ALIBABA_CLOUD_ACCESS_KEY_ID": "emulator",
    "ALIBABA_CLOUD_ACCESS_KEY_SECRET": "emulator-secret",
}
KEYS = (b"a key for a bench and nothing else",)


def event(number: int) -> str:
    """Write an interruption as EventBridge delivers it."""
    return json.dumps(
        {
            "id": f"event-{number}",
            "source": "acs.ecs",
            "type": "ecs:Instance:PreemptibleInstanceInterruption",
            "specversion": "1.0",
            "time": "2026-11-27T12:00:00Z",
            "subject": f"acs:ecs:{REGION}:{ACCOUNT}:instance/i-bp1{number:017d}",
            "aliyunaccountid": ACCOUNT,
            "aliyunregionid": REGION,
            "data": {"instanceId": f"i-bp1{number:017d}", "action": "delete"},
        }
    )


@dataclass
class Spent:
    """CPU and wall seconds of one side, and the messages that they were for."""

    cpu: float = 0.0
    wall: float = 0.0
    messages: int = 0

    def batch(self, work: Callable[[], int]) -> None:
        """Let one batch be worked on; `work` returns how many messages it had."""
        cpu, wall = time.process_time(), time.perf_counter()
        self.messages += work()
        self.cpu += time.process_time() - cpu
        self.wall += time.perf_counter() - wall


def open_queue(url: str) -> MnsQueue:
    """Open the queue as a worker does."""
    clock = RealClock()
    telemetry = StructlogTelemetry(clock, stream=sys.stderr, as_json=True, level="error")
    provider = credentials.provider(ENVIRON)
    return MnsQueue(url, QUEUE, credentials=provider, clock=clock, telemetry=telemetry)


def raw_batch(queue: Any) -> int:
    """Receive and delete as the SDK's own examples do, in batches."""
    found = queue.batch_receive_message(BATCH, 0)
    for message in found:
        queue.delete_message(message.receipt_handle)
    return len(found)


def worker_batch(queue: MnsQueue, home: Home) -> int:
    """The same through the port, with every message judged, in the order of the worker."""
    found = queue.receive(count=BATCH, wait=0.0)
    for one in found:
        read_message(
            one.body, one.attributes, arrived_at=one.enqueued_at, now=time.time(),
            home=home, keys=KEYS,
        )  # fmt: skip
    for one in found:
        queue.delete(one.handle)
    return len(found)


def figures(rounds: int) -> dict[str, Any]:
    """Return the ratio of each pair of rounds."""
    with tempfile.TemporaryDirectory() as directory:
        installation = Installation(Path(directory))
        emulator = installation.start(
            "worker", "emulator", "--port", "0", "--region", REGION, "--account-id", ACCOUNT
        )
        try:
            url = emulator.until(lambda line: "http://127.0.0.1" in line)
            installation.url = "http://127.0.0.1" + url.split("http://127.0.0.1", 1)[1].split()[0]
            return _measure(installation, rounds)
        finally:
            emulator.end()


def _measure(installation: Installation, rounds: int) -> dict[str, Any]:
    installation.order("reset", regions={REGION: {"queues": [{"name": QUEUE}]}})
    provider = credentials.provider(ENVIRON)
    account = import_module("mns.account").Account(
        installation.url, credentials_provider=provider, logger=None
    )
    raw = account.get_queue(QUEUE)
    raw.set_encoding(False)
    ours, home = open_queue(installation.url), Home(ACCOUNT, REGION)

    ratios, walls, per_message = [], [], []
    for _ in range(rounds):
        for number in range(2 * MESSAGES):
            ours.send(event(number), {})
        bare, judged = Spent(), Spent()
        while bare.messages + judged.messages < 2 * MESSAGES:
            bare.batch(lambda: raw_batch(raw))
            judged.batch(lambda: worker_batch(ours, home))
        ratios.append(bare.cpu / bare.messages / (judged.cpu / judged.messages))
        walls.append(bare.wall / bare.messages / (judged.wall / judged.messages))
        per_message.append(judged.cpu / judged.messages * 1000)
    return {
        "rounds": rounds,
        "share_of_raw_cpu_median": round(statistics.median(ratios), 3),
        "share_of_raw_cpu_range": [round(min(ratios), 3), round(max(ratios), 3)],
        "share_of_raw_wall_median": round(statistics.median(walls), 3),
        "cpu_ms_per_message_median": round(statistics.median(per_message), 3),
    }


def main() -> int:
    """Print the figures as JSON."""
    parser = argparse.ArgumentParser(prog="python -m bench.queue_loop")
    parser.add_argument("--rounds", type=int, default=9)
    print(json.dumps(figures(parser.parse_args().rounds)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
