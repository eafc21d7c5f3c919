"""A zone reclaimed within a minute, on virtual time, over the worker's own consumer, engine and steps.

    python -m bench.storm --count 1000 --quota 60 --kind window --phase 30 --workers 1

Quotas hold for every API, and the worker is told none of them. Every run is decided by its seed.
"""

import argparse
import hashlib
import heapq
import json
import random
import statistics
import sys
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from emulator.assumptions import Assumptions
from emulator.state.ecs.service import EcsService
from emulator.state.ecs.settings import EcsSettings
from emulator.state.world import LedgerEntry
from tests.simulation.bindings import CloudCall, CloudQueue
from tests.simulation.harness import ACCOUNT, QUEUE, REGION, START, Simulation, simulate
from tests.simulation.kernel import Actor, Kernel, SimulatedCrew
from worker.adapters.ecs.call import ApiRefusal, Body
from worker.bootstrap import build_terms
from worker.core import identity
from worker.core.policy import Policy, Takeover
from worker.ports import Delivery
from worker.settings.load import from_data

# The platform stops a source ten seconds before it releases it, and no image begins then.
NOTICE = 290.0
MINUTE = 60.0
LATENCY = (0.05, 0.3)
QUEUE_LATENCY = (0.01, 0.05)
# The queue's own lease, after which a message comes back that a dead receiver had.
LEASE = 60.0
# From the notice to its arrival in the queue, as the emulator assumes it.
DELIVERY = 1.0
# What stands before CreateImage even for a worker without a limit: receive, look, tag, keep, and the
# way of the call itself to the cloud. Nobody chooses how long a call takes, so each takes its mean.
SHORTEST_WAY = sum(QUEUE_LATENCY) / 2 + 3.5 * sum(LATENCY) / 2


@dataclass(frozen=True)
class Storm:
    """What happens.

    Attributes:
        count: Instances that are reclaimed.
        quota: Calls of each API in a minute; None is no limit.
        kind: `window` counts by the calendar minute, `bucket` drips.
        phase: Second of the minute in which the first notice comes.
        workers: Worker processes.
        spread: Seconds over which the notices come.
        late_share: Messages whose first receiver dies, so that they come back a lease later.
        image_seconds: How long an image takes.
        takeover: As configured.
        whole: Run until every recreation has ended, and not only until the last release.
    """

    count: int = 1_000
    quota: int | None = 60
    kind: str = "window"
    phase: float = 0.0
    workers: int = 1
    spread: float = 60.0
    late_share: float = 0.2
    image_seconds: float = 120.0
    seed: int = 1
    whole: bool = False
    takeover: Takeover = "stop-source"


@dataclass(frozen=True)
class Outcome:
    """What came of it; durations in virtual seconds, CPU in milliseconds of the worker alone."""

    storm: Storm
    bound: int
    imaged: int
    share_of_bound: float
    refused_per_accepted: float
    refused_per_accepted_all: float
    retained: int
    retained_median: float
    retained_max: float
    duplicates: int
    replaced: int
    parked: int
    complaints: int
    ecs_requests: float
    smq_requests: float
    cpu_ms: float
    overheads: tuple[float, ...]
    calls: Mapping[str, int]
    refused: Mapping[str, int]
    virtual_seconds: float
    real_seconds: float


@dataclass
class Meter:
    """Counts calls and refusals, and the time that is the emulator's and not the worker's."""

    calls: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    queue: Counter[str] = field(default_factory=Counter)
    cloud_seconds: float = 0.0


@dataclass(frozen=True)
class MeteredCloud:
    """The emulator, with a look at the clock before and after each call."""

    cloud: Any
    meter: Meter

    def call(self, *args: Any) -> Any:
        begun = time.thread_time()
        try:
            return self.cloud.call(*args)
        finally:
            self.meter.cloud_seconds += time.thread_time() - begun

    def advance(self, now: float) -> None:
        begun = time.thread_time()
        self.cloud.advance(now)
        self.meter.cloud_seconds += time.thread_time() - begun

    def next_due(self) -> float | None:
        found: float | None = self.cloud.next_due()
        return found

    def queues(self, region: str) -> Any:
        return MeteredQueues(self.cloud.queues(region), self.meter)


@dataclass(frozen=True)
class MeteredQueues:
    queues: Any
    meter: Meter

    def __getattr__(self, name: str) -> Any:
        method = getattr(self.queues, name)

        def call(*args: Any) -> Any:
            begun = time.thread_time()
            try:
                return method(*args)
            finally:
                self.meter.cloud_seconds += time.thread_time() - begun

        self.__dict__[name] = call
        return call


@dataclass
class Slots:
    """As many calls at a time as a process keeps connections."""

    kernel: Kernel
    free: int
    _waiting: list[Actor] = field(default_factory=list)

    def take(self) -> None:
        if self.free:
            self.free -= 1
            return
        self._waiting.append(self.kernel.acting)
        self.kernel.park()

    def give(self) -> None:
        if self._waiting:
            self.kernel.wake(self._waiting.pop(0), self.kernel.now)
        else:
            self.free += 1


@dataclass(frozen=True)
class StormCall:
    """The seam of one worker: slow, bounded and counted."""

    inner: CloudCall
    kernel: Kernel
    slots: Slots
    rng: random.Random
    meter: Meter

    def __call__(self, action: str, params: Mapping[str, Any]) -> Body:
        self.slots.take()
        try:
            self.meter.calls[action] += 1
            call = replace(self.inner, latency=lambda: self.rng.uniform(*LATENCY))
            return call(action, params)
        except ApiRefusal as refusal:
            if refusal.code == "Throttling.User":
                self.meter.refused[action] += 1
            raise
        finally:
            self.slots.give()


@dataclass(frozen=True)
class StormQueue:
    """One worker's queue; some messages are lost to a receiver that dies with them."""

    inner: CloudQueue
    kernel: Kernel
    rng: random.Random
    meter: Meter
    late_share: float
    seed: int

    def receive(self, *, count: int, wait: float) -> tuple[Delivery, ...]:
        self.meter.queue["receive"] += 1
        end = self.kernel.now + wait
        while True:
            found = self._slow().receive(count=count, wait=max(end - self.kernel.now, 0.0))
            kept = tuple(one for one in found if not self._is_late(one))
            # What somebody else has received does not end our long poll.
            if kept or not found or self.kernel.now >= end:
                return kept

    def _is_late(self, one: Delivery) -> bool:
        digest = hashlib.sha256(f"{self.seed}/{one.message_id}".encode()).digest()
        is_lost = int.from_bytes(digest[:4], "big") < self.late_share * 2**32
        return is_lost and one.dequeue_count == 1 and not one.attributes

    def send(self, body: str, attributes: Mapping[str, str], *, delay: float = 0.0) -> str:
        self.meter.queue["send"] += 1
        return self._slow().send(body, attributes, delay=delay)

    def delete(self, handle: str) -> None:
        self.meter.queue["delete"] += 1
        self._slow().delete(handle)

    def renew(self, handle: str, seconds: float) -> Any:
        self.meter.queue["renew"] += 1
        return self._slow().renew(handle, seconds)

    def _slow(self) -> CloudQueue:
        return replace(self.inner, latency=self.rng.uniform(*QUEUE_LATENCY))


def build(storm: Storm) -> tuple[Simulation, Meter]:
    """Put cloud, sources and workers together; nothing has happened yet."""
    settings = from_data(
        {"account_id": ACCOUNT, "region": REGION}, {"ALIYUN_OPS_SIGNING_KEY": "x" * 32}
    )
    terms = build_terms(settings, until_idle=False)
    simulation = simulate(
        ecs=EcsSettings(
            image_seconds=storm.image_seconds,
            image_quota=100_000,
            spot_vcpu_quota=1_000_000,
            publish_progress=False,
            default_calls_per_minute=storm.quota,
        ),
        assumptions=Assumptions(ecs_throttle="minute" if storm.kind == "window" else "bucket"),
        policy=Policy(takeover=storm.takeover),
        seed=storm.seed,
        terms={
            name: getattr(terms, name)
            for name in ("lease", "long_poll", "batch", "held_max", "concurrency")
        },
    )
    meter = Meter()
    cloud: Any = MeteredCloud(simulation.cloud, meter)
    simulation.kernel.platform = cloud
    rng = random.Random(storm.seed)
    slots: dict[str, Slots] = {}

    def call(worker: str) -> StormCall:
        own = slots.setdefault(worker, Slots(simulation.kernel, settings.worker.concurrency))
        inner = CloudCall(cloud, REGION, simulation.kernel)
        return StormCall(inner, simulation.kernel, own, random.Random(rng.random()), meter)

    def queue(_worker: str, inner: CloudQueue) -> Any:
        plain = replace(inner, cloud=cloud)
        own = random.Random(rng.random())
        share = storm.late_share if inner.name == QUEUE else 0.0
        return StormQueue(plain, simulation.kernel, own, meter, share, storm.seed)

    simulation.seam, simulation.queue_of, simulation.crew_of = call, queue, SimulatedCrew
    return simulation, meter


def notify(
    simulation: Simulation,
    ecs: EcsService,
    meter: Meter,
    storm: Storm,
    first: float,
    sources: Iterable[str],
) -> dict[str, float]:
    """Let the platform tell of each source; returns when it will."""
    rng = random.Random(storm.seed)
    notices = sorted((first + rng.random() * storm.spread, one) for one in sources)

    def reclaim() -> None:
        for at, source in notices:
            simulation.kernel.sleep(max(at - simulation.kernel.now, 0.0))
            started = time.thread_time()
            ecs.interrupt(source, simulation.kernel.now)
            meter.cloud_seconds += time.thread_time() - started

    simulation.kernel.spawn(reclaim)
    return {source: at for at, source in notices}


def run(storm: Storm) -> Outcome:
    """Let it happen and count."""
    begun = time.monotonic()
    simulation, meter = build(storm)
    ecs = simulation.cloud.ecs[REGION]
    types = {"instance_type": "ecs.g7.large"}
    plain = {"system_disk": {"category": "cloud_essd", "size": 40}, "ram_role_name": "app", **types}
    sources = [ecs.seed_instance({"name": f"db-{n}", **plain}, START) for n in range(storm.count)]
    disks = {one["DiskId"]: one["InstanceId"] for one in ecs.dump("disks", START)}
    for number in range(storm.workers):
        simulation.start_worker(f"w{number}")
    first = START + 2 * MINUTE + storm.phase
    noticed = notify(simulation, ecs, meter, storm, first, sources)
    simulation.kernel.run(first - 1.0)
    meter.calls.clear()
    meter.queue.clear()
    meter.refused.clear()
    meter.cloud_seconds, cpu = 0.0, time.thread_time()
    last = first + storm.spread + NOTICE + 15.0
    simulation.kernel.run(last)
    while storm.whole and not _is_over(simulation) and simulation.kernel.now < last + 6 * 3_600:
        simulation.kernel.run(simulation.kernel.now + 30.0)
    cpu = time.thread_time() - cpu - meter.cloud_seconds
    outcome = _judge(storm, simulation, meter, noticed, disks, cpu)
    outcome = replace(outcome, real_seconds=round(time.monotonic() - begun, 1))
    simulation.kernel.close()
    return outcome


def _is_over(simulation: Simulation) -> bool:
    queue = simulation.cloud.queues(REGION).get_queue(QUEUE, simulation.kernel.now)
    return not queue.messages


def _judge(
    storm: Storm,
    simulation: Simulation,
    meter: Meter,
    noticed: Mapping[str, float],
    disks: Mapping[str, str],
    cpu: float,
) -> Outcome:
    created: dict[str, float] = {}
    images: Counter[str] = Counter()
    launched: Counter[str] = Counter()
    kept: dict[str, float] = {}
    for entry in simulation.cloud.ledger:
        if entry.action == "CreateImage":
            source = entry.detail["tags"][identity.TAG_SOURCE]
            images[source] += 1
            created.setdefault(source, entry.at)
        elif entry.action == "RunInstances":
            launched[entry.detail["tags"][identity.TAG_SOURCE]] += 1
        elif entry.action == "ModifyDiskAttribute":
            source = disks.get(entry.resource_id, "")
            kept.setdefault(source, entry.at)
    arrivals: dict[str, float] = {}
    for source, at in _arrivals(simulation):
        arrivals.setdefault(source, at)
    jobs = [(arrivals[s] + SHORTEST_WAY, at + NOTICE) for s, at in noticed.items()]
    bound = bound_of(jobs, storm.quota, storm.kind)
    in_time = sum(1 for s, at in created.items() if at < noticed[s] + NOTICE)
    waits = sorted(kept[s] - arrivals[s] for s in noticed if s in kept)
    accepted = meter.calls["CreateImage"] - meter.refused["CreateImage"]
    everything = sum(meter.calls.values())
    turned_down = sum(meter.refused.values())
    doubles = sum(n - 1 for n in images.values()) + sum(n - 1 for n in launched.values())
    return Outcome(
        storm=storm,
        bound=bound,
        imaged=in_time,
        share_of_bound=round(in_time / bound, 4),
        refused_per_accepted=round(meter.refused["CreateImage"] / max(accepted, 1), 3),
        refused_per_accepted_all=round(turned_down / max(everything - turned_down, 1), 3),
        retained=len(waits),
        retained_median=round(statistics.median(waits), 1) if waits else -1.0,
        retained_max=round(waits[-1], 1) if waits else -1.0,
        duplicates=doubles,
        replaced=len(launched),
        parked=len(simulation.notebook.named("parked")),
        complaints=len(simulation.cloud.complaints),
        ecs_requests=round(everything / storm.count, 1),
        smq_requests=round(sum(meter.queue.values()) / storm.count, 1),
        cpu_ms=round(cpu / storm.count * 1000, 2),
        overheads=tuple(overheads(simulation.cloud.ledger, noticed)),
        calls=dict(meter.calls),
        refused=dict(meter.refused),
        virtual_seconds=round(simulation.kernel.now - START, 1),
        real_seconds=0.0,
    )


def overheads(ledger: Iterable[LedgerEntry], noticed: Mapping[str, float]) -> Iterator[float]:
    """From the notice's arrival to RunInstances, less the image's time and that of the stop."""
    at: dict[tuple[str, str], float] = {}
    image_of: dict[str, str] = {}
    for entry in ledger:
        source = entry.resource_id
        if entry.action == "CreateImage":
            source = image_of[entry.resource_id] = entry.detail["instance_id"]
        if entry.action == "ImageAvailable":
            source = image_of.get(entry.resource_id, "")
        if entry.action == "RunInstances":
            source = image_of.get(entry.detail["image_id"], "")
        at.setdefault((entry.action, source), entry.at)
    for source, begun in noticed.items():
        launched = at.get(("RunInstances", source))
        if launched is None or ("ImageAvailable", source) not in at:
            continue
        image = at["ImageAvailable", source] - at["CreateImage", source]
        # With an early enough end it is launched beside a source that still stops.
        stopped = at.get(("Stopped", source), launched)
        stop = stopped - at.get(("StopInstance", source), stopped)
        # The event takes a second to the queue.
        yield round(launched - begun - DELIVERY - image - stop, 2)


def _arrivals(simulation: Simulation) -> Iterator[tuple[str, float]]:
    """When a worker that lives could first have received each notice."""
    for at, name, fields in simulation.notebook.lines:
        if name == "interruption_received" and fields["dequeued"]:
            yield (
                str(fields["source"]),
                at - float(str(fields["age"])) + (LEASE if fields["dequeued"] != 1 else 0.0),
            )


def bound_of(jobs: Sequence[tuple[float, float]], quota: int | None, kind: str) -> int:
    """Return how many of (earliest, latest) instants the cloud lets anyone spend a call in."""
    if quota is None:
        return len(jobs)
    return _by_minute(jobs, quota) if kind == "window" else _by_bucket(jobs, quota)


def _by_minute(jobs: Sequence[tuple[float, float]], quota: int) -> int:
    waiting: list[float] = []
    coming = sorted(jobs)
    at, done, minute = 0, 0, coming[0][0] // MINUTE
    while at < len(coming) or waiting:
        end = (minute + 1) * MINUTE
        while at < len(coming) and coming[at][0] < end:
            heapq.heappush(waiting, coming[at][1])
            at += 1
        left = quota
        while waiting and left:
            if heapq.heappop(waiting) > minute * MINUTE:
                left, done = left - 1, done + 1
        minute += 1
    return done


def _by_bucket(jobs: Sequence[tuple[float, float]], quota: int) -> int:
    waiting: list[float] = []
    coming = sorted(jobs)
    level, now, done, at = float(quota), coming[0][0], 0, 0
    rate = quota / MINUTE
    while at < len(coming) or waiting:
        if not waiting:
            later = max(coming[at][0], now)
            level, now = min(level + (later - now) * rate, quota), later
        while at < len(coming) and coming[at][0] <= now:
            heapq.heappush(waiting, coming[at][1])
            at += 1
        while waiting and waiting[0] <= now:
            heapq.heappop(waiting)
        if not waiting:
            continue
        if level >= 1.0:
            heapq.heappop(waiting)
            level, done = level - 1.0, done + 1
            continue
        step = (1.0 - level) / rate + 1e-9
        level, now = 1.0, now + step
    return done


def main() -> int:
    """Run one storm and print what came of it."""
    parser = argparse.ArgumentParser(prog="python -m bench.storm", description=__doc__)
    parser.add_argument("--count", type=int, default=100)
    parser.add_argument("--quota", type=int, default=0, help="0 is no limit")
    parser.add_argument("--kind", choices=("window", "bucket"), default="window")
    parser.add_argument("--phase", type=float, default=30.0)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--spread", type=float, default=60.0)
    parser.add_argument("--late", type=float, default=0.2)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--whole", action="store_true")
    given = parser.parse_args()
    storm = Storm(
        given.count, given.quota or None, given.kind, given.phase, given.workers, given.spread,
        given.late, seed=given.seed, whole=given.whole,
    )  # fmt: skip
    print(json.dumps(asdict(run(storm)), ensure_ascii=False))
    return 0


if __name__ == "__main__":
    sys.exit(main())
