"""Faults in a recreation: which calls there are, and one run with faults at chosen calls."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from emulator.assumptions import Assumptions
from emulator.state.ecs.catalogue import Catalogue
from emulator.state.ecs.settings import EcsSettings
from tests.simulation.faults import CHANGING, Call, Fault
from tests.simulation.harness import REGION, Simulation, simulate
from tests.simulation.invariants import violations
from tests.simulation.scenarios import Source, add_source, interrupt, recover

# A refusal for good may be parked; every other fault must end in a replacement.
MAY_PARK = {Fault.REFUSED}


@dataclass(frozen=True)
class Scenario:
    """A source, how it is interrupted, and the cloud around it."""

    name: str
    ecs: EcsSettings = field(default_factory=EcsSettings)
    seed: Mapping[str, Any] = field(default_factory=dict)
    how: Mapping[str, Any] = field(default_factory=dict)
    prepare: Callable[[Simulation], None] = lambda _simulation: None
    copies: int = 1
    workers: int = 1
    may_park: bool = False


def _vanish(simulation: Simulation) -> None:
    simulation.cloud.ecs[REGION].vanish_next(1)


def sell_out(simulation: Simulation, *zones: str) -> None:
    """Leave nothing of the source's type in these zones, or anywhere in the region."""
    catalogue = Catalogue.load()
    for zone in catalogue.region(REGION).zones:
        if zone.sells(catalogue.types[SOURCE_TYPE]) and (not zones or zone.zone_id in zones):
            simulation.cloud.ecs[REGION].set_stock(zone.zone_id, SOURCE_TYPE, count=0)


SOURCE_TYPE = "ecs.g7.large"
QUICK = EcsSettings(image_seconds=60.0)
SCENARIOS = (
    Scenario("plain", ecs=QUICK),
    Scenario("two data disks", ecs=QUICK, seed={"data_disks": [{"size": 100}, {"size": 200}]}),
    Scenario("launch vanishes once", ecs=QUICK, prepare=_vanish),
    Scenario("type sold out", ecs=QUICK, prepare=sell_out),
    Scenario("image broken by the release", ecs=EcsSettings(image_seconds=900.0), may_park=True),
    Scenario("event comes twice", ecs=QUICK, copies=2),
    Scenario("three events, two workers", ecs=QUICK, copies=3, workers=2),
)


def faults_for(call: Call) -> tuple[Fault, ...]:
    """List the faults that can happen at a call."""
    if call.method in CHANGING.get(call.port, frozenset()):
        return tuple(fault for fault in Fault if fault is not Fault.REFUSED or call.port != "queue")
    reads = {Fault.CRASH_BEFORE, Fault.CRASH_AFTER, Fault.NOT_SENT, Fault.THROTTLED}
    return tuple(fault for fault in Fault if fault in reads)


def run(scenario: Scenario, plan: Mapping[int, Fault]) -> tuple[Simulation, Source]:
    """Run one recreation with faults at the calls that `plan` names by number."""
    assumptions = replace(Assumptions(), event_copies=scenario.copies)
    simulation = simulate(ecs=scenario.ecs, plan=plan, assumptions=assumptions)
    source = add_source(simulation, **scenario.seed)
    scenario.prepare(simulation)
    for number in range(scenario.workers):
        simulation.start_worker(f"worker-{number}")
    interrupt(simulation, source, **scenario.how)
    recover(simulation)
    return simulation, source


def broken(scenario: Scenario, plan: Mapping[int, Fault]) -> list[str]:
    """Run with faults and return the broken promises, each with what repeats the run."""
    simulation, source = run(scenario, plan)
    found = violations(simulation, source)
    may_park = scenario.may_park or not MAY_PARK.isdisjoint(plan.values())
    if not may_park and not simulation.shelf.kept:
        found.append("no receipt although nothing was refused for good")
    if plan and not simulation.interposer.struck:
        found.append("the fault was not reached")
    where = ", ".join(f"{number}:{fault.value}" for number, fault in plan.items())
    return [f"{scenario.name} [{where}] {sentence}" for sentence in found]
