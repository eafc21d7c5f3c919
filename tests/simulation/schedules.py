"""Faults in a recreation: which calls there are, and one run with faults at chosen calls."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from emulator.assumptions import Assumptions
from emulator.state.ecs.catalogue import Catalogue
from emulator.state.ecs.settings import EcsSettings
from tests.simulation.faults import Fault
from tests.simulation.harness import REGION, Simulation, simulate
from tests.simulation.invariants import entries, violations
from tests.simulation.scenarios import Source, add_source, interrupt, recover
from worker.core.outcomes import Park
from worker.core.policy import Policy

# A refusal for good may be parked; every other fault must end in a replacement.
MAY_PARK = {Fault.REFUSED}
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
        duplicates: Share of the leases that end early.
        may_park: Whether it may end in the dead-letter queue even without a fault.
        withdrawn: Whether the notice is taken back, so that nothing is to be launched.
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
    duplicates: float = 0.0
    copies: int = 1
    workers: int = 1
    may_park: bool = False
    withdrawn: bool = False
    lasts: float = 30.0


def _vanish(simulation: Simulation) -> None:
    simulation.cloud.ecs[REGION].vanish_next(1)


def sell_out(simulation: Simulation, *zones: str) -> None:
    """Leave nothing of the source's type in these zones, or anywhere in the region."""
    catalogue = Catalogue.load()
    for zone in catalogue.region(REGION).zones:
        if zone.sells(catalogue.types[SOURCE_TYPE]) and (not zones or zone.zone_id in zones):
            simulation.cloud.ecs[REGION].set_stock(zone.zone_id, SOURCE_TYPE, count=0)


SOURCE_TYPE = "ecs.g7.large"
# Waiting longer adds looks that find what the one before found; `plain` has the usual times.
QUICK = EcsSettings(
    pending_seconds=1.0,
    starting_seconds=4.0,
    stopping_seconds=4.0,
    image_seconds=30.0,
    image_finish_seconds=3.0,
)
USUAL = EcsSettings(image_seconds=60.0)
SCENARIOS = (
    Scenario("plain", ecs=USUAL),
    Scenario("two data disks", ecs=QUICK, seed={"data_disks": [{"size": 100}, {"size": 200}]}),
    Scenario("launch vanishes once", ecs=QUICK, prepare=_vanish),
    Scenario("type sold out", ecs=QUICK, prepare=sell_out),
    Scenario("image broken by the release", ecs=EcsSettings(image_seconds=900.0), may_park=True),
    Scenario("event comes twice", ecs=QUICK, copies=2),
    Scenario("three events, two workers", ecs=QUICK, copies=3, workers=2),
)


def run(
    scenario: Scenario, plan: Mapping[int, Fault], *, seed: int = 1, workers: int = 0
) -> tuple[Simulation, Source]:
    """Run one recreation with faults at the calls that `plan` names by number.

    Args:
        scenario: What happens.
        plan: What goes wrong.
        seed: Of everything that the cloud does at random.
        workers: How many there are; 0 takes the scenario's.
    """
    assumptions = replace(Assumptions(), event_copies=scenario.copies, **scenario.flips)
    simulation = simulate(
        policy=scenario.policy, ecs=scenario.ecs, plan=plan, assumptions=assumptions, seed=seed
    )
    simulation.cloud.queues(REGION).duplicate_probability = scenario.duplicates
    source = add_source(simulation, **scenario.seed)
    scenario.prepare(simulation)
    for number in range(workers or scenario.workers):
        skew = scenario.skews[number % len(scenario.skews)]
        simulation.start_worker(f"worker-{number}", skew=skew)
    interrupt(simulation, source, **scenario.how)
    scenario.during(simulation, source)
    recover(simulation, scenario.lasts + 7_200.0, at_least=scenario.lasts)
    simulation.kernel.close()
    return simulation, source


def _came_too_late(simulation: Simulation) -> bool:
    """Whether the cloud broke the image, or the source went before all of it was written down."""
    parks = {str(line["park"]) for line in simulation.notebook.named("parked")}
    broken_images = entries(simulation, "ImageFailed", "platform")
    return (Park.IMAGE_FAILED.value in parks and bool(broken_images)) or (
        Park.SOURCE_GONE.value in parks
    )


def judged(scenario: Scenario, simulation: Simulation, source: Source) -> list[str]:
    """Return the promises that a run broke."""
    found = violations(simulation, source, withdrawn=scenario.withdrawn)
    faults = {fault for _, fault in simulation.interposer.struck}
    may_park = scenario.may_park or scenario.withdrawn or not MAY_PARK.isdisjoint(faults)
    may_park = may_park or _came_too_late(simulation)
    if not may_park and not simulation.shelf.kept:
        found.append("no receipt although nothing was refused for good")
    last = max((call.at for call, _ in simulation.interposer.struck), default=source.noticed_at)
    if simulation.kernel.now > last + scenario.lasts + LIVENESS_SECONDS:
        found.append(f"took {simulation.kernel.now - last:.0f} s after the last fault")
    return found


def broken(scenario: Scenario, plan: Mapping[int, Fault]) -> list[str]:
    """Run with faults and return the broken promises, each with what repeats the run."""
    simulation, source = run(scenario, plan)
    found = judged(scenario, simulation, source)
    if plan and not simulation.interposer.struck:
        found.append("the fault was not reached")
    where = ", ".join(f"{number}:{fault.value}" for number, fault in plan.items())
    return [f"{scenario.name} [{where}] {sentence}" for sentence in found]
