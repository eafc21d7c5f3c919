"""Faults in a recreation: which calls there are, and one run with faults at chosen calls."""

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from typing_extensions import override

from emulator.assumptions import Assumptions
from emulator.state.ecs.catalogue import Catalogue
from emulator.state.ecs.settings import EcsSettings
from tests.ports import ports_over
from tests.simulation.bindings import CloudCall
from tests.simulation.faults import Fault
from tests.simulation.harness import ACCOUNT, KEY, REGION, Release, Simulation, simulate
from tests.simulation.invariants import entries, violations
from tests.simulation.kernel import SimulatedClock
from tests.simulation.scenarios import (
    SOURCE_NAME,
    Source,
    add_source,
    interrupt,
    recover,
    replacements,
)
from worker import ports
from worker.adapters.ecs.endpoint import Endpoint
from worker.adapters.limiter import QuotaLimiter
from worker.core import identity
from worker.core.capture import write_capture
from worker.core.model import (
    Candidate,
    Instance,
    LaunchAnswer,
    LaunchSpec,
    Script,
    StartAnswer,
    StopAnswer,
)
from worker.core.outcomes import Park
from worker.core.policy import HealthCheck, Policy
from worker.core.progress import Captured

# A refusal for good may be parked; every other fault must end in a replacement.
MAY_PARK = {Fault.REFUSED}
# For how long a fault can hold up a recreation: a lease and the time to its next look, or its own.
DELAYS = {
    Fault.CRASH_BEFORE: 95.0,
    Fault.CRASH_AFTER: 95.0,
    Fault.PAUSED: 190.0,
    Fault.SLOW: 190.0,
    Fault.THROTTLED: 65.0,
    Fault.ANSWER_LOST: 75.0,
    Fault.NOT_SENT: 75.0,
    Fault.SERVER_ERROR: 65.0,
    Fault.ERROR_AFTER: 65.0,
    Fault.LATE: 75.0,
    Fault.DEAD_HANDLE: 95.0,
    Fault.LOST_DELETE: 65.0,
    Fault.STALE: 65.0,
}
WORK_SECONDS = 15.0
# Everything ends within this time after the last fault.
LIVENESS_SECONDS = 3_600.0


@dataclass(frozen=True)
class Scenario:
    """A source, how it is interrupted, and the cloud around it.

    Attributes:
        seed: Fields of the source that differ from the usual one.
        how: How it is interrupted.
        flips: Fields of `Assumptions` that differ.
        prepare: Called before the workers start.
        during: Called right after the notice; spawns actors that act in the meantime.
        skews: By how much the clocks of the workers are wrong, in turn.
        releases: Versions of the code; a worker that is started again runs the next one.
        duplicates: Share of the leases that end early.
        may_park: Whether it may end in the dead-letter queue even without a fault.
        withdrawn: Whether the notice is taken back, so that nothing is to be launched.
        ports: The ports at which single faults strike; empty for all. What stands before the
            first of them is struck in the other scenarios.
        strikes_from: The call, `port.method`, whose first one begins the single faults; empty for
            the first of all. What comes before goes as in another scenario, and is struck there.
        lasts: Longest time in which something of the scenario itself goes on, seconds.
    """

    name: str
    ecs: EcsSettings = field(default_factory=EcsSettings)
    seed: Mapping[str, Any] = field(default_factory=dict)
    how: Mapping[str, Any] = field(default_factory=dict)
    policy: Policy = field(default_factory=Policy)
    flips: Mapping[str, Any] = field(default_factory=dict)
    prepare: Callable[[Simulation], None] = lambda _simulation: None
    during: Callable[[Simulation, Source], None] = lambda _simulation, _source: None
    skews: tuple[float, ...] = (0.0,)
    releases: tuple[Release, ...] = (Release(),)
    duplicates: float = 0.0
    copies: int = 1
    workers: int = 1
    may_park: bool = False
    withdrawn: bool = False
    ports: frozenset[str] = frozenset()
    strikes_from: str = ""
    lasts: float = 30.0


def _vanish(simulation: Simulation) -> None:
    simulation.cloud.ecs[REGION].vanish_next(1)


def sell_out(simulation: Simulation, *zones: str) -> None:
    """Leave nothing of the source's type in these zones, or anywhere in the region."""
    catalogue = Catalogue.load()
    for zone in catalogue.region(REGION).zones:
        if zone.sells(catalogue.types[SOURCE_TYPE]) and (not zones or zone.zone_id in zones):
            simulation.cloud.ecs[REGION].set_stock(zone.zone_id, SOURCE_TYPE, count=0)


def sell_out_when_stopped(simulation: Simulation, source: Source) -> None:
    """Leave nothing of the source's type once the platform has stopped it."""

    def watch() -> None:
        for _ in range(2_000):
            instance = simulation.cloud.ecs[REGION].region.instances.get(source.instance_id)
            if instance is None or instance.status.now == "Stopped":
                break
            simulation.kernel.sleep(0.5)
        sell_out(simulation)

    simulation.kernel.spawn(watch)


def fail_the_image(simulation: Simulation, _source: Source) -> None:
    """Let the first image fail when its snapshots are finished."""

    def watch() -> None:
        service = simulation.cloud.ecs[REGION]
        for _ in range(2_000):
            for image in tuple(service.region.images.values()):
                parts = [service.region.snapshots.get(one.snapshot_id) for one in image.mappings]
                good = all(one is not None and one.status == "accomplished" for one in parts)
                if image.status.now == "Creating" and parts and good:
                    service.end_image(image.image_id, simulation.kernel.now, available=False)
                    return
            simulation.kernel.sleep(0.5)

    simulation.kernel.spawn(watch)


def restock(simulation: Simulation, _source: Source) -> None:
    """Let the source's type be had again in every zone."""
    catalogue = Catalogue.load()
    for zone in catalogue.region(REGION).zones:
        if zone.sells(catalogue.types[SOURCE_TYPE]):
            simulation.cloud.ecs[REGION].set_stock(zone.zone_id, SOURCE_TYPE, count=None)


def after(seconds: float, act: Callable[[Simulation, Source], None]) -> Callable[..., None]:
    """Let something happen a while after the notice."""

    def during(simulation: Simulation, source: Source) -> None:
        simulation.kernel.spawn(lambda: act(simulation, source), at=simulation.kernel.now + seconds)

    return during


def withdraw(simulation: Simulation, source: Source) -> None:
    """Take the notice back."""
    simulation.cloud.ecs[REGION].cancel_interruption(source.instance_id, simulation.kernel.now)


SOURCE_TYPE = "ecs.g7.large"
# Waiting longer adds looks that find what the one before found; `plain` has the usual times.
QUICK = EcsSettings(
    pending_seconds=1.0,
    starting_seconds=4.0,
    stopping_seconds=4.0,
    image_seconds=30.0,
    image_finish_seconds=3.0,
)
ECONOMICAL = {"spot_interruption_behavior": "Stop", "data_disks": [{"size": 20}]}
USUAL = EcsSettings(image_seconds=60.0)


@dataclass(frozen=True)
class NextInstances(ports.Instances):
    """The port of a later release, which words a request for a replacement in another way."""

    today: ports.Instances

    @override
    def find_tagged(self, recreation: str) -> tuple[Instance, ...]:
        return self.today.find_tagged(recreation)

    @override
    def find_replacements(self, source: str) -> tuple[Instance, ...]:
        return self.today.find_replacements(source)

    @override
    def find(self, instance_id: str) -> Instance | None:
        return self.today.find(instance_id)

    @override
    def pay_as_you_go(self, owner: str, *, besides: str) -> int:
        return self.today.pay_as_you_go(owner, besides=besides)

    @override
    def launch(self, spec: LaunchSpec, candidate: Candidate, **how: Any) -> LaunchAnswer:
        return self.today.launch(replace(spec, description="in other words"), candidate, **how)

    @override
    def stop(self, instance_id: str) -> StopAnswer:
        return self.today.stop(instance_id)

    @override
    def start(self, instance_id: str) -> StartAnswer:
        return self.today.start(instance_id)


NETWORK = frozenset({"addresses", "balancers", "interfaces", "disk_moves"})
LAUNCHING = frozenset({"images", "instances"})
# Snapshots that take as long as their disk is large: 40 GiB are done long before the notice ends.
BY_SIZE = replace(
    QUICK, image_seconds=None, snapshot_base_seconds=10.0, snapshot_seconds_per_gib=0.5
)
TOO_SLOW = replace(QUICK, image_seconds=900.0)
LARGE: Mapping[str, Any] = {"data_disks": [{"size": 1_000}]}
AGED: Mapping[str, Any] = {
    "system_disk": {"snapshot_age_seconds": 21_600.0},
    "data_disks": [{"size": 20}],
}
HANDED_OVER: Mapping[str, Any] = {
    "eip": True,
    "secondary_interfaces": 1,
}
EVERYTHING = Policy(
    hand_over=("eip", "load_balancers", "interfaces", "tags"),
    convert_public_ip=True,
    # An interface can only follow within its zone.
    reclaimed_pool="first",
)


def add_members(simulation: Simulation) -> None:
    """Put the source into a CLB group and an ALB group, beside a server that is not ours."""
    cloud, now = simulation.cloud, simulation.kernel.now
    cloud.ecs[REGION].seed_instance({"name": "neighbour"}, now)
    both = [{"server": SOURCE_NAME, "port": 8080, "weight": 30}, {"server": "neighbour"}]
    balancers = cloud.balancers[REGION]
    balancers.seed({"kind": "clb", "vserver_groups": [{"servers": both}]}, now)
    balancers.seed({"kind": "alb", "servers": both}, now)


def reclaim_in_its_handover(simulation: Simulation, source: Source) -> None:
    """Reclaim the replacement when the address is on its way to it."""
    ledger = simulation.cloud.ledger
    end = simulation.kernel.now + 600.0
    while simulation.kernel.now < end and not any(
        one.action == "AssociateEipAddress" and one.at > source.noticed_at for one in ledger
    ):
        simulation.kernel.sleep(0.1)
    for one in replacements(simulation):
        if one["Status"] == "Running":
            simulation.cloud.ecs[REGION].interrupt(one["InstanceId"], simulation.kernel.now)
            return


def add_pair(simulation: Simulation) -> None:
    """Make the source the primary server behind two listeners; the secondary is not ours."""
    cloud, now = simulation.cloud, simulation.kernel.now
    cloud.ecs[REGION].seed_instance({"name": "neighbour"}, now)
    both = [{"server": SOURCE_NAME, "port": 8080, "weight": 30}, {"server": "neighbour"}]
    pair = {"name": "db", "servers": both, "listeners": [3306, 3307]}
    cloud.balancers[REGION].seed({"kind": "clb", "pairs": [pair]}, now)


def record_capture(simulation: Simulation, **differing: Any) -> None:
    """Write every source down as `audit --record` does."""
    call = CloudCall(simulation.cloud, REGION, simulation.kernel, lambda: 0.0)
    limiter = QuotaLimiter(random.Random(7))
    clock = SimulatedClock(simulation.kernel)
    sources = ports_over(Endpoint(call, REGION, limiter, clock, simulation.notebook)).sources
    place = {"account": ACCOUNT, "region": REGION, "key": KEY, **differing}
    for instance_id in simulation.cloud.ecs[REGION].region.instances:
        look = sources.look(instance_id)
        if look.instance is not None:
            role, details = sources.ram_role(instance_id), sources.details(instance_id)
            captured = Captured(look.instance, look.disks, role, details)
            simulation.captures[instance_id] = write_capture(
                captured, at=simulation.kernel.now, **place
            )


def _sleep_after_the_image(simulation: Simulation, _source: Source) -> None:
    """Let the first worker stand still from the image's beginning until the release is over."""

    def watch() -> None:
        while not entries(simulation, "CreateImage"):
            simulation.kernel.sleep(0.01)
        simulation.pause("worker-0", 400.0)

    simulation.kernel.spawn(watch)


SCENARIOS = (
    Scenario("plain", ecs=USUAL),
    Scenario(
        "two data disks",
        ecs=QUICK,
        seed={"data_disks": [{"size": 100}, {"size": 200}]},
        ports=frozenset({"disks", "tagging", "images"}),
    ),
    Scenario("launch vanishes once", ecs=QUICK, prepare=_vanish, ports=LAUNCHING),
    Scenario(
        "type sold out",
        ecs=QUICK,
        prepare=sell_out,
        ports=frozenset({"instances", "stock", "dead_letters"}),
    ),
    Scenario(
        "image broken by the release",
        ecs=EcsSettings(image_seconds=900.0),
        may_park=True,
        ports=frozenset({"images", "sources", "dead_letters"}),
    ),
    Scenario("event comes twice", ecs=QUICK, copies=2),
    Scenario(
        "three events, two workers",
        ecs=QUICK,
        copies=3,
        workers=2,
        ports=frozenset({"queue", "disks", "images", "instances"}),
    ),
    Scenario("image fails", ecs=replace(QUICK, image_failure_share=1.0), may_park=True),
    Scenario(
        "two releases",
        ecs=QUICK,
        workers=2,
        copies=2,
        releases=(Release(), Release(instances=NextInstances)),
        ports=LAUNCHING,
    ),
    Scenario(
        "two configurations",
        ecs=QUICK,
        prepare=sell_out,
        releases=(Release(), Release(Policy(prefer_types=("ecs.c7.xlarge",), other_zones=False))),
        ports=LAUNCHING,
    ),
    Scenario(
        "dearer than allowed",
        ecs=QUICK,
        policy=Policy(
            max_price_percent=1, pay_as_you_go_max=1, same_type_only=True, other_zones=False
        ),
        ports=frozenset({"stock", "instances"}),
    ),
    Scenario(
        "sold out for a while",
        ecs=QUICK,
        policy=Policy(same_type_only=True, other_zones=False, epoch_pause=600.0),
        prepare=sell_out,
        during=after(400.0, restock),
        lasts=700.0,
        ports=frozenset({"instances"}),
    ),
    Scenario(
        "many generations",
        ecs=QUICK,
        seed={"tags": {identity.TAG_LINEAGE: "i-bp1root0000000000001/20"}},
        ports=frozenset({"images"}),
    ),
    Scenario(
        "with an address and members",
        ecs=QUICK,
        seed=HANDED_OVER,
        policy=EVERYTHING,
        prepare=add_members,
        ports=NETWORK,
    ),
    Scenario(
        "primary of a pair",
        ecs=QUICK,
        policy=Policy(hand_over=("load_balancers",)),
        prepare=add_pair,
        ports=frozenset({"balancers"}),
    ),
    Scenario(
        "reclaimed in its handover",
        ecs=QUICK,
        seed={"eip": True},
        policy=Policy(hand_over=("eip", "load_balancers")),
        prepare=add_members,
        during=after(1.0, reclaim_in_its_handover),
        lasts=900.0,
        ports=frozenset({"addresses"}),
    ),
    Scenario(
        "with a public address",
        ecs=QUICK,
        seed={"bandwidth_out": 5},
        policy=Policy(hand_over=("eip",), convert_public_ip=True),
        ports=NETWORK,
    ),
    Scenario(
        "quiesced",
        ecs=QUICK,
        policy=Policy(quiesce=Script("sync")),
        ports=frozenset({"commands"}),
    ),
    Scenario(
        "healthy",
        ecs=replace(QUICK, serving_seconds=12.0),
        seed=HANDED_OVER,
        policy=Policy(hand_over=("eip",), health=HealthCheck("tcp", port=80)),
        ports=frozenset({"probes"}),
    ),
    Scenario(
        "healthy by http",
        ecs=QUICK,
        policy=Policy(health=HealthCheck("http", port=80)),
        ports=frozenset({"probes"}),
    ),
    Scenario(
        "user data again",
        ecs=QUICK,
        policy=Policy(user_data="rerun"),
        ports=frozenset({"sources"}),
    ),
    Scenario(
        "asleep, and recorded before",
        ecs=QUICK,
        prepare=record_capture,
        during=_sleep_after_the_image,
        may_park=True,
        ports=frozenset({"captures"}),
        lasts=500.0,
    ),
    Scenario(
        "event too late, recorded before",
        ecs=QUICK,
        prepare=record_capture,
        how={"event_delay": 400.0},
        may_park=True,
        ports=frozenset({"captures", "sources"}),
        lasts=700.0,
    ),
    Scenario(
        "event too late, rescued",
        ecs=QUICK,
        seed={"system_disk": {"delete_with_instance": False}},
        policy=Policy(fallbacks=("rescue",)),
        prepare=record_capture,
        how={"event_delay": 400.0},
        ports=frozenset({"captures"}),
        lasts=700.0,
    ),
    Scenario(
        "notice withdrawn",
        ecs=QUICK,
        during=after(20.0, withdraw),
        policy=Policy(takeover="wait"),
        withdrawn=True,
        lasts=700.0,
        ports=frozenset({"sources", "disks", "images"}),
    ),
    Scenario(
        "notice withdrawn, interfaces kept",
        ecs=QUICK,
        seed={"secondary_interfaces": 1},
        during=after(40.0, withdraw),
        policy=Policy(takeover="wait", hand_over=("interfaces",)),
        withdrawn=True,
        ports=frozenset({"interfaces"}),
        lasts=700.0,
    ),
    Scenario(
        "image fails, snapshots finished",
        ecs=QUICK,
        seed={"data_disks": [{"size": 20}]},
        during=fail_the_image,
        lasts=90.0,
        ports=frozenset({"images"}),
        strikes_from="images.snapshots",
    ),
    Scenario(
        "image fails, system snapshot finished",
        ecs=BY_SIZE,
        seed=LARGE,
        lasts=330.0,
        ports=frozenset({"images", "disk_moves"}),
        strikes_from="images.snapshots",
    ),
    Scenario(
        "data disks re-attached",
        ecs=BY_SIZE,
        seed=LARGE,
        policy=Policy(data_disks="reattach"),
        copies=2,
        ports=frozenset({"images", "disk_moves"}),
    ),
    Scenario(
        "rescue",
        ecs=TOO_SLOW,
        seed={"data_disks": [{"size": 20}]},
        policy=Policy(fallbacks=("rescue",)),
        lasts=330.0,
        ports=frozenset({"images", "disk_moves"}),
        strikes_from="images.snapshots",
    ),
    Scenario(
        "stale snapshot",
        ecs=TOO_SLOW,
        seed=AGED,
        policy=Policy(fallbacks=("stale-snapshot",)),
        lasts=330.0,
        ports=frozenset({"images", "disk_moves"}),
        strikes_from="images.snapshots",
    ),
    Scenario(
        "economical",
        ecs=QUICK,
        seed=ECONOMICAL,
        lasts=330.0,
    ),
    Scenario(
        "economical, sold out",
        ecs=QUICK,
        seed=ECONOMICAL,
        during=sell_out_when_stopped,
        lasts=330.0,
        ports=frozenset({"instances", "images"}),
        strikes_from="instances.start",
    ),
)


def run(
    scenario: Scenario,
    plan: Mapping[int, Fault],
    *,
    seed: int = 1,
    workers: int = 0,
    flips: Mapping[str, Any] | None = None,
) -> tuple[Simulation, Source]:
    """Run one recreation with faults at the calls that `plan` names by number.

    Args:
        scenario: What happens.
        plan: What goes wrong.
        seed: Of everything that the cloud does at random.
        workers: How many there are; 0 takes the scenario's.
        flips: Further fields of `Assumptions` that differ.
    """
    differing = {"event_copies": scenario.copies, **scenario.flips, **(flips or {})}
    assumptions = replace(Assumptions(), **differing)
    simulation = simulate(
        policy=scenario.policy,
        ecs=scenario.ecs,
        plan=plan,
        assumptions=assumptions,
        seed=seed,
        releases=scenario.releases,
    )
    simulation.cloud.queues(REGION).duplicate_probability = scenario.duplicates
    source = add_source(simulation, **scenario.seed)
    scenario.prepare(simulation)
    for number in range(workers or scenario.workers):
        skew = scenario.skews[number % len(scenario.skews)]
        release = number % len(scenario.releases)
        simulation.start_worker(f"worker-{number}", skew=skew, release=release)
    interrupt(simulation, source, **scenario.how)
    scenario.during(simulation, source)
    recover(simulation, scenario.lasts + 7_200.0, at_least=scenario.lasts)
    simulation.kernel.close()
    return simulation, source


def _came_too_late(simulation: Simulation, source: Source) -> bool:
    """Whether the cloud broke the image, or the source went before all of it was written down.

    It went too early only if what stands before the capture was held up for about as long as the
    notice lasts; nothing else excuses a source that is gone.
    """
    parks = {str(line["park"]) for line in simulation.notebook.named("parked")}
    broken_images = entries(simulation, "ImageFailed", "platform")
    if Park.IMAGE_FAILED.value in parks and broken_images:
        return True
    released = [
        entry.at
        for action in ("Release", "PlatformStop")
        for entry in entries(simulation, action, "platform")
        if entry.resource_id == source.instance_id
        and (action == "Release" or entry.detail.get("economical"))
    ]
    # A source may have been noticed before, and that notice been taken back.
    told = [
        entry.at
        for entry in entries(simulation, "Interrupt", "platform")
        if entry.resource_id == source.instance_id and released and entry.at < released[0]
    ]
    calls = [call.at for call in simulation.interposer.calls if call.port != "queue"]
    begun = [at for at in calls if at >= max(told, default=0.0)]
    lost = sum(DELAYS.get(fault, 0.0) for _, fault in simulation.interposer.struck)
    late = bool(released) and min(begun, default=0.0) + lost + WORK_SECONDS > released[0]
    return not parks.isdisjoint({Park.SOURCE_GONE.value, Park.SOURCE_STOPPED.value}) and late


def judged(scenario: Scenario, simulation: Simulation, source: Source) -> list[str]:
    """Return the promises that a run broke."""
    found = violations(simulation, source, withdrawn=scenario.withdrawn)
    # What hangs on a source may be refused for good, and the recreation goes on without it.
    spared = NETWORK | {"commands", "probes"}
    faults = {fault for call, fault in simulation.interposer.struck if call.port not in spared}
    may_park = scenario.may_park or scenario.withdrawn or not MAY_PARK.isdisjoint(faults)
    may_park = may_park or _came_too_late(simulation, source)
    if not may_park and not simulation.shelf.kept:
        found.append("no receipt although nothing was refused for good")
    last = max((call.at for call, _ in simulation.interposer.struck), default=source.noticed_at)
    if simulation.kernel.now > last + scenario.lasts + LIVENESS_SECONDS:
        found.append(f"took {simulation.kernel.now - last:.0f} s after the last fault")
    return found
