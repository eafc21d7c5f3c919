"""A crowd of recreations on virtual time, watched: CPU, memory in flight, and what was done when.

    python -m bench.crowd --sizes 100,1000,5000
    python -m bench.crowd --count 5000 --quota 600

The worker's own consumer, engine, steps and adapters, as in `bench.storm`. Memory is what the worker's
objects take while all are in hand, counted object by object, so that neither the emulator nor the
allocator is in it.
"""

import argparse
import gc
import json
import statistics
import sys
import time
import types
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from bench.storm import (
    DELIVERY,
    MINUTE,
    NOTICE,
    SHORTEST_WAY,
    Meter,
    Slots,
    Storm,
    StormCall,
    bound_of,
    build,
    notify,
)
from emulator.state.ecs.service import EcsService
from emulator.state.world import LedgerEntry
from tests.simulation.harness import QUEUE, REGION, START, Simulation
from worker.adapters.ecs.call import EcsCall
from worker.core import identity

# Neither quota nor connections are to decide what a crowd costs.
QUOTA_FOR_ALL = 60_000
HANDS_FOR_ALL = 2_000
SOURCE = {
    "system_disk": {"category": "cloud_essd", "size": 40},
    "ram_role_name": "app",
    "instance_type": "ecs.g7.large",
}
# Within the default VPC, and larger than its own subnets.
SUBNET = "172.18.0.0/16"
# Seconds after the last notice at which the worker's objects are counted: a crowd has most when its
# sources are captured and none has ended.
LOOKS = (5.0, 30.0, 60.0, 90.0, 120.0, 150.0, 180.0, 240.0)
LONGEST_SECONDS = 6 * 3_600.0
SLICE_SECONDS = 30.0
# So many of the crowd must be in hand when memory is counted.
CROWD_SHARE = 0.9
# Shared by everything; what refers to one does not own it.
_NOT_OWNED = (
    type,
    types.ModuleType,
    types.FunctionType,
    types.BuiltinFunctionType,
    types.CodeType,
    types.FrameType,
)


@dataclass(frozen=True)
class Watched:
    """What was seen.

    Attributes:
        count: Sources that were reclaimed.
        cpu_ms: CPU of the worker for each, without the collector of garbage.
        collector_ms: CPU of that collector for each; it walks the emulator's objects, too.
        cpu_with_collector_ms: CPU of the worker for each with its part of the collector's, by its share
            of the objects that are walked when the most are in hand.
        bound: Images that anyone could have got accepted in time, were no message late.
        images_in_time: Images accepted before their source was stopped.
        kept_median: Seconds from a notice in the queue to the disks being kept; and to the last.
        kib_in_flight: Memory of the worker for each that is in hand.
        held_most: Messages in hand at a time.
        kept_at: Seconds from the first notice to the disks of each source being kept, sorted.
        imaged_at: The same to its image being accepted.
        launched_at: The same to its replacement being accepted.
    """

    count: int
    bound: int
    images_in_time: int
    share_of_bound: float
    kept_median: float
    kept_last: float
    cpu_ms: float
    collector_ms: float
    cpu_with_collector_ms: float
    kib_in_flight: float
    held_most: int
    ecs_requests: float
    smq_requests: float
    replaced: int
    duplicates: int
    real_seconds: float
    kept_at: Sequence[float] = field(repr=False)
    imaged_at: Sequence[float] = field(repr=False)
    launched_at: Sequence[float] = field(repr=False)


@dataclass
class Collector:
    """Counts the time of Python's collector of garbage."""

    seconds: float = 0.0
    _begun: float = 0.0

    def __call__(self, phase: str, _info: object) -> None:
        if phase == "start":
            self._begun = time.thread_time()
        else:
            self.seconds += time.thread_time() - self._begun


def watch(
    storm: Storm,
    begin: Callable[[Simulation], object] | None = None,
    *,
    hands: int | None = None,
) -> Watched:
    """Let a storm happen to its end.

    Args:
        storm: What happens.
        begin: Starts whoever answers the notices; the storm's workers by default.
        hands: Recreations at work at a time, and calls under way; as configured by default.
    """
    begun = time.monotonic()
    simulation, meter = build(storm)
    if hands is not None:
        _widen(simulation, hands)
    ecs = simulation.cloud.ecs[REGION]
    sources = seed(ecs, storm.count)
    disks = {one["DiskId"]: one["InstanceId"] for one in ecs.dump("disks", START)}
    first = START + 2 * MINUTE + storm.phase
    _begin(simulation, storm, begin)
    noticed = notify(simulation, ecs, meter, storm, first, sources)
    simulation.kernel.run(first - 1.0)
    meter.calls.clear()
    meter.queue.clear()
    spent = _run(simulation, meter, storm, first)
    had = done(simulation.cloud.ledger, disks)
    simulation.kernel.close()
    each = 1_000 / storm.count
    jobs = [(at + DELIVERY + SHORTEST_WAY, at + NOTICE) for at in noticed.values()]
    bound = bound_of(jobs, storm.quota, storm.kind)
    in_time = sum(at < noticed[source] + NOTICE for source, at in had.imaged.items())
    waits = sorted(had.kept[one] - at - DELIVERY for one, at in noticed.items() if one in had.kept)
    return Watched(
        count=storm.count,
        bound=bound,
        images_in_time=in_time,
        share_of_bound=round(in_time / bound, 4),
        kept_median=round(statistics.median(waits), 1) if waits else -1.0,
        kept_last=round(waits[-1], 1) if waits else -1.0,
        cpu_ms=round(spent.cpu * each, 2),
        collector_ms=round(spent.collector * each, 2),
        cpu_with_collector_ms=round((spent.cpu + spent.collector * spent.share) * each, 2),
        kib_in_flight=round(spent.kib, 2),
        held_most=spent.held,
        ecs_requests=round(sum(meter.calls.values()) / storm.count, 1),
        smq_requests=round(sum(meter.queue.values()) / storm.count, 1),
        replaced=len(had.launched),
        duplicates=had.doubles,
        real_seconds=round(time.monotonic() - begun, 1),
        kept_at=_since(first, had.kept),
        imaged_at=_since(first, had.imaged),
        launched_at=_since(first, had.launched),
    )


def _widen(simulation: Simulation, hands: int) -> None:
    """Give every worker so many hands, and as many connections."""
    simulation.terms = replace(simulation.terms, concurrency=hands)
    seam, slots = simulation.seam, Slots(simulation.kernel, hands)

    def call(worker: str) -> EcsCall:
        made = seam(worker) if seam else None
        if not isinstance(made, StormCall):
            raise TypeError(made)
        return replace(made, slots=slots)

    simulation.seam = call


def seed(ecs: EcsService, count: int) -> list[str]:
    """Put the sources into one subnet with room for them and their replacements."""
    networks, zone = ecs.region.vpc.networks, ecs.region.place.zones[0].zone_id
    subnet = networks.add_vswitch(networks.default_vpc_id, zone, SUBNET)
    plain = {**SOURCE, "vswitch_id": subnet}
    return [ecs.seed_instance({"name": f"db-{n}", **plain}, START) for n in range(count)]


def _begin(
    simulation: Simulation, storm: Storm, begin: Callable[[Simulation], object] | None
) -> None:
    if begin is not None:
        begin(simulation)
        return
    for number in range(storm.workers):
        simulation.start_worker(f"w{number}")


@dataclass(frozen=True)
class Weight:
    """The objects that only the workers hold: their bytes, and how many the collector walks."""

    size: int
    tracked: int


@dataclass
class Spent:
    """What a run took.

    Attributes:
        cpu: Seconds of the worker, without the collector of garbage.
        collector: Seconds of that.
        share: Of the objects that it walks, those of the worker.
        kib: For each that is in hand; 0 when there was no look with most of the crowd in hand.
        held: Most in hand.
    """

    cpu: float = 0.0
    collector: float = 0.0
    share: float = 0.0
    kib: float = 0.0
    held: int = 0


def _run(simulation: Simulation, meter: Meter, storm: Storm, first: float) -> Spent:
    """Run to the end and add up what it took."""
    kernel, collector, spent = simulation.kernel, Collector(), Spent()
    empty = _weight_of_workers(simulation)
    gc.collect()
    gc.callbacks.append(collector)
    meter.cloud_seconds = 0.0

    def run(until: float) -> None:
        begun = time.thread_time()
        kernel.run(until)
        spent.cpu += time.thread_time() - begun

    try:
        for look in LOOKS:
            run(first + storm.spread + look)
            held = sum(len(one.consumer.held) for one in simulation.workers.values())
            spent.held = max(spent.held, held)
            # Of a crowd that has mostly ended the worker still has what it shared.
            if held and held >= storm.count * CROWD_SHARE:
                now = _weight_of_workers(simulation)
                spent.kib = max(spent.kib, (now.size - empty.size) / held / 1024)
                spent.share = max(spent.share, now.tracked / len(gc.get_objects()))
        while not is_over(simulation) and kernel.now < first + LONGEST_SECONDS:
            run(kernel.now + SLICE_SECONDS)
    finally:
        gc.callbacks.remove(collector)
    # A collection within the emulator's time would be subtracted twice; the share is small.
    spent.cpu -= meter.cloud_seconds + collector.seconds
    spent.collector = collector.seconds
    return spent


def is_over(simulation: Simulation) -> bool:
    queue = simulation.cloud.queues(REGION).get_queue(QUEUE, simulation.kernel.now)
    return not queue.messages


def _weight_of_workers(simulation: Simulation) -> Weight:
    """Add up the objects that only the workers hold."""
    cloud = simulation.cloud
    foreign = (
        cloud, simulation.kernel, simulation.kernel.platform, simulation.notebook,
        simulation.shelf, simulation.bulletin, simulation.sent, simulation.doorbell,
        simulation.interposer, simulation.terms, simulation,
    )  # fmt: skip
    size = tracked = 0
    for one in _owned(
        [worker.consumer for worker in simulation.workers.values()],
        [*foreign, *(worker.tasks for worker in simulation.workers.values())],
    ):
        size += sys.getsizeof(one)
        tracked += gc.is_tracked(one)
    return Weight(size, tracked)


def _owned(roots: Iterable[object], foreign: Iterable[object]) -> Iterator[object]:
    """Walk all that is reached from the roots and is nobody else's."""
    seen = {id(one) for one in foreign}
    ahead: list[Any] = list(roots)
    while ahead:
        one = ahead.pop()
        if id(one) in seen or isinstance(one, _NOT_OWNED):
            continue
        seen.add(id(one))
        yield one
        ahead.extend(gc.get_referents(one))


@dataclass
class Done:
    """When the disks, the image and the replacement of each source were had first.

    Attributes:
        doubles: Images of a source, and replacements, beyond the first.
    """

    kept: dict[str, float] = field(default_factory=dict)
    imaged: dict[str, float] = field(default_factory=dict)
    launched: dict[str, float] = field(default_factory=dict)
    doubles: int = 0


def done(ledger: Iterable[LedgerEntry], disks: Mapping[str, str]) -> Done:
    """Read it off the emulator's ledger; `disks` says of each disk whose it is."""
    found, image_of = Done(), dict[str, str]()
    for entry in ledger:
        if entry.action == "ModifyDiskAttribute":
            found.kept.setdefault(disks.get(entry.resource_id, ""), entry.at)
        elif entry.action == "CreateImage":
            # One that is made of snapshots names no source but in its tags.
            source = entry.detail["instance_id"]
            image_of[entry.resource_id] = source or entry.detail["tags"].get(identity.TAG_SOURCE)
            if source:
                found.doubles += source in found.imaged
                found.imaged.setdefault(source, entry.at)
        elif entry.action == "RunInstances":
            source = image_of.get(entry.detail["image_id"], entry.resource_id)
            found.doubles += source in found.launched
            found.launched.setdefault(source, entry.at)
    return found


def _since(first: float, instants: Mapping[str, float]) -> list[float]:
    return sorted(round(at - first, 1) for at in instants.values())


def growing(count: int) -> Watched:
    """Recover so many at once, with quota and hands enough for all: cost is asked here, not speed.

    Raises:
        RuntimeError: Memory was never looked at with the crowd in hand, or not all were recovered.
    """
    storm = Storm(count, QUOTA_FOR_ALL, phase=20.0, late_share=0.0, whole=True)
    found = watch(storm, hands=HANDS_FOR_ALL)
    if not found.kib_in_flight or found.replaced != count:
        raise RuntimeError(f"{found.held_most} in hand and {found.replaced} replaced of {count}")
    return found


def figures(sizes: Sequence[int]) -> dict[str, Any]:
    """Compare crowds of several sizes; the smallest is measured again after each other."""
    rounds = [sizes[0], *(size for large in sizes[1:] for size in (large, sizes[0]))]
    found = [growing(size) for size in rounds]
    small = [one for one in found if one.count == sizes[0]]
    rows = [
        {name: one for name, one in asdict(each).items() if not name.endswith("_at")}
        for each in (_median(small), *(one for one in found if one.count != sizes[0]))
    ]
    return {
        "hands": HANDS_FOR_ALL,
        "cpu_by_smallest": _by_smallest(rows, "cpu_with_collector_ms"),
        "kib_by_smallest": _by_smallest(rows, "kib_in_flight"),
        "cpu_ms_of_smallest_range": _range([one.cpu_with_collector_ms for one in small]),
        "kib_range": _range([one.kib_in_flight for one in found]),
        "sizes": rows,
    }


def _by_smallest(rows: Sequence[Mapping[str, Any]], name: str) -> float:
    return round(float(rows[-1][name] / rows[0][name]), 3)


def _range(values: Sequence[float]) -> list[float]:
    return [min(values), max(values)]


def _median(found: Sequence[Watched]) -> Watched:
    return sorted(found, key=lambda one: one.cpu_with_collector_ms)[len(found) // 2]


def main() -> int:
    """Print what crowds took."""
    parser = argparse.ArgumentParser(prog="python -m bench.crowd")
    parser.add_argument("--sizes", default="100,300", help="several, cost only")
    parser.add_argument("--count", type=int, default=0, help="one, as it would go")
    parser.add_argument("--quota", type=int, default=600, help="calls a minute, for --count")
    parser.add_argument(
        "--late", type=float, default=0.2, help="share of the messages, for --count"
    )
    parser.add_argument("--workers", type=int, default=1, help="for --count")
    given = parser.parse_args()
    if not given.count:
        print(json.dumps(figures(list(map(int, given.sizes.split(","))))))
        return 0
    storm = Storm(
        given.count, given.quota, phase=20.0, workers=given.workers, late_share=given.late,
        whole=True,
    )  # fmt: skip
    found = asdict(watch(storm))
    print(json.dumps({name: one for name, one in found.items() if not name.endswith("_at")}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
