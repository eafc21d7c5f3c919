"""Thousands of recreations in a row through one worker process, and what it holds on to.

    python -m tests.stack.soak --count 5000

The cloud is emptied between batches, so that the emulator stays as fast as it was; the worker is
the same process from the first recreation to the last, and only it is measured, when all is quiet.
"""

import argparse
import contextlib
import itertools
import json
import random
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from emulator.http.local import running
from emulator.state.cloud import Cloud
from emulator.state.ecs.catalogue import Catalogue
from tests.e2e.conftest import APIS, REGION, Installation, Running
from tests.simulation import searched, trials
from tests.simulation.harness import ACCOUNT, DEAD, QUEUE, ROLE, RULE
from tests.simulation.trials import Record
from tests.stack.rig import empty_service
from worker.bootstrap import (
    RECREATIONS_PER_CALL,
    THREADS_FOR_MERGED_CALLS,
    THREADS_FOR_THE_QUEUE,
)

BATCH = 50
BATCHES_MIN = 8
CALLS_MAX = 24
TASKS_MAX = CALLS_MAX * RECREATIONS_PER_CALL + THREADS_FOR_THE_QUEUE
# The loop, the tasks with those for the queue, and those that make merged calls.
THREADS_MAX = 1 + TASKS_MAX + THREADS_FOR_MERGED_CALLS
# Each task may hold one to either queue, and the SDKs keep one for each call, by product.
CONNECTIONS_MAX = 2 * TASKS_MAX + 2 * CALLS_MAX
# The standard streams, and what Python itself keeps open.
FILES_BESIDES = 8
SPEED = 40.0
# At this speed the usual notice would be seven seconds of real time, and a lease one and a half.
NOTICE_SECONDS = 3_000.0
LEASE_SECONDS = 600
TERMS = {
    "queue": {"lease": f"{LEASE_SECONDS}s"},
    "notice": {"length": "50m", "false_alarm_after": "60m"},
}
LOOK_SECONDS = 0.1
# As the processes of the end-to-end tests have it.
KEY_OF_THE_WORKER = {
    "EMULATOR_ACCESS_KEY_ID": "worker",
    "EMULATOR_ACCESS_KEY_SECRET": "worker-secret",
}
STUCK_SECONDS = 180.0
GROWTH_BYTES_MAX = 1_024.0
SOURCE = {"system_disk": {"category": "cloud_essd", "size": 20}}


@dataclass(frozen=True)
class Sample:
    """What a process holds at one moment.

    Attributes:
        done: Recreations so far.
        rss_bytes: Memory that is its own; what it shares with others is not counted.
    """

    done: int
    rss_bytes: int
    threads: int
    files: int
    connections: int


def measure(pid: int, done: int) -> Sample:
    """Look at a process through the kernel's eyes."""
    proc = Path(f"/proc/{pid}")
    fields = dict(
        line.split(":", 1) for line in (proc / "smaps_rollup").read_text().splitlines()[1:]
    )
    own = sum(int(fields[name].split()[0]) for name in ("Private_Clean", "Private_Dirty"))
    opened = [_target(link) for link in (proc / "fd").iterdir()]
    return Sample(
        done=done,
        rss_bytes=own * 1_024,
        threads=len(list((proc / "task").iterdir())),
        files=len(opened),
        connections=sum(1 for name in opened if name.startswith("socket:")),
    )


def _target(link: Path) -> str:
    try:
        return str(link.readlink())
    except FileNotFoundError:  # It was closed while we looked.
        return ""


def soak(
    installation: Installation, worker: Running, count: int, *, batch: int = BATCH
) -> Iterator[Sample]:
    """Recreate `count` instances, a batch at a time, and measure after each batch."""
    done = 0
    while done < count:
        size = min(batch, count - done)
        _batch(installation, worker, size)
        done += size
        yield measure(worker.popen.pid, done)


def _batch(installation: Installation, worker: Running, size: int) -> None:
    made = installation.order("reset", regions={REGION: cloud_of(size)})
    for source in made["instances"][REGION]:
        installation.order("interrupt", instance_id=source, notice_seconds=NOTICE_SECONDS)
    _await_finished(worker, size)
    _await_empty(installation)
    assert installation.look("complaints") == []


def cloud_of(size: int) -> dict[str, Any]:
    """Queues, rule and role as `rule apply` makes them, and sources, in the words of a scenario."""
    calls = (("CreateServiceLinkedRoleForProduct", ROLE), ("CreateRule", RULE))
    return {
        "queues": [
            {"name": name, "attributes": {"VisibilityTimeout": LEASE_SECONDS}}
            for name in (QUEUE, DEAD)
        ],
        "instances": [{"name": f"db-{number}", **SOURCE} for number in range(size)],
        "calls": [
            {"product": "eventbridge", "action": action, "params": params}
            for action, params in calls
        ],
    }


def _await_finished(worker: Running, size: int) -> None:
    """Read its lines, and drop them, until it has told of so many recoveries."""
    recovered: set[str] = set()
    end = time.monotonic() + STUCK_SECONDS
    while len(recovered) < size:
        # One that only complains says something all the time.
        assert time.monotonic() < end, f"{len(recovered)} of {size} recovered"
        line = worker.lines.get(timeout=STUCK_SECONDS)
        assert line is not None, "the worker has ended"
        assert '"parked"' not in line, line
        told = json.loads(line)
        if told["event"] == "recreation_finished" and told["outcome"] == "recovered":
            recovered.add(told["source"])
            end = time.monotonic() + STUCK_SECONDS


def _await_empty(installation: Installation) -> None:
    """The end is told before the last message is deleted."""
    pause = threading.Event()
    end = time.monotonic() + STUCK_SECONDS
    while any(queue["messages"] for queue in installation.look("queues")):
        assert time.monotonic() < end, installation.look("queues")
        pause.wait(LOOK_SECONDS)


def growth(samples: Sequence[Sample]) -> float:
    """Return the bytes that each recreation of the last half added.

    The lows of its two quarters are compared: what the allocator takes and gives back in pieces of
    some megabytes is no growth, and a leak lifts the lows, too.
    """
    third, last = (_lowest(samples, share) for share in (0.5, 0.75))
    return (last - third) / (samples[-1].done / 4)


def _lowest(samples: Sequence[Sample], share: float) -> int:
    """Return the least memory in the quarter that begins after a share of all recreations."""
    count = samples[-1].done
    return min(
        one.rss_bytes for one in samples if count * share < one.done <= count * (share + 0.25)
    )


def broken(samples: Sequence[Sample]) -> Iterator[str]:
    """What grew that must not; pools fill up in the first half."""
    first = [one for one in samples if one.done <= samples[-1].done / 2]
    last = [one for one in samples if one.done > samples[-1].done / 2]
    for name in ("threads", "files", "connections"):
        before = max(getattr(one, name) for one in first)
        after = max(getattr(one, name) for one in last)
        if after > before:
            yield f"{name} grew from {before} to {after}"
    yield from beyond(samples)


def beyond(samples: Sequence[Sample]) -> Iterator[str]:
    """What is more than the configuration can explain."""
    for one in samples:
        if one.threads > THREADS_MAX:
            yield f"{one.threads} threads after {one.done}"
        if one.connections > CONNECTIONS_MAX:
            yield f"{one.connections} connections after {one.done}"
        if one.files > one.connections + FILES_BESIDES:
            yield f"{one.files} files with {one.connections} connections after {one.done}"


@contextlib.contextmanager
def started(directory: Path) -> Iterator[tuple[Installation, Running]]:
    """Run one worker process on an emulator in this process."""
    service = empty_service(SPEED, KEY_OF_THE_WORKER)
    catalogue = Catalogue.load()
    seeds = itertools.count(2)

    def build_cloud(at: float) -> Cloud:
        # Ids must differ from those of the cloud before, as they do in a real one.
        rng = random.Random(next(seeds))
        return Cloud(account_id=ACCOUNT, regions=(REGION,), catalogue=catalogue, rng=rng, start=at)

    service.build_cloud = build_cloud
    with running(service) as emulator:
        installation = Installation(directory, url=emulator.urls[REGION])
        try:
            yield installation, _worker(installation)
        finally:
            for one in installation.started:
                one.end()


def _worker(installation: Installation) -> Running:
    """Start the worker on an empty cloud."""
    data = {
        "account_id": ACCOUNT,
        "region": REGION,
        "endpoints": dict.fromkeys(APIS, installation.url),
        "clock": {"emulator": installation.url},
        "receipts": {"directory": str(installation.directory / "receipts")},
        "log": {"format": "json"},
        **TERMS,
    }
    installation.config.write_text(json.dumps(data), encoding="utf-8")
    installation.order("reset", regions={REGION: cloud_of(0)})
    worker = installation.start("worker", "--config", str(installation.config), "run")
    worker.until_fact("worker_started")
    return worker


def main(arguments: Sequence[str]) -> int:
    """Run a soak, print each sample, what broke and one line of figures."""
    parser = argparse.ArgumentParser(prog="python -m tests.stack.soak")
    parser.add_argument("--count", type=int, default=5_000, help=f"at least {BATCHES_MIN}")
    parser.add_argument("--note", action="store_true", help="keep it for docs/promises.md")
    options = parser.parse_args(arguments)
    if options.count < BATCHES_MIN:
        parser.error(f"--count {options.count}: growth shows only from {BATCHES_MIN} on")
    commit = searched.commit() if options.note else ""
    begun = time.monotonic()
    samples: list[Sample] = []
    with tempfile.TemporaryDirectory() as directory, started(Path(directory)) as (where, worker):
        # What grows shows from one batch to the next, so that there must be some.
        batch = max(min(BATCH, options.count // BATCHES_MIN), 1)
        for sample in soak(where, worker, options.count, batch=batch):
            samples.append(sample)
            sys.stdout.write(f"{json.dumps(asdict(sample))}\n")
            sys.stdout.flush()
    found = list(broken(samples))
    grown = growth(samples)
    if grown > GROWTH_BYTES_MAX:
        found.append(f"memory grew by {grown:.0f} bytes for each recreation of the last half")
    for sentence in found:
        sys.stdout.write(
            f"BROKEN {sentence} | python -m tests.stack.soak --count {options.count}\n"
        )
    seconds = time.monotonic() - begun
    figures = {
        "recreations": samples[-1].done,
        "bytes_per_recreation_last_half": round(grown),
        **{name: asdict(samples[-1])[name] for name in ("rss_bytes", "threads", "files")},
        "connections": samples[-1].connections,
        "violations": len(found),
        "seconds": round(seconds),
    }
    if options.note:
        last = samples[-1]
        seen = (
            f"{grown:+.0f} bytes each over the last half, {last.rss_bytes / 2**20:.0f} MiB,"
            f" {last.threads} threads, {last.files} files"
        )
        kind = "recreations in a row through one worker"
        trials.note(Record(kind, commit, last.done, len(found), seen, seconds))
    sys.stdout.write(f"soak: {json.dumps(figures)}\n")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
