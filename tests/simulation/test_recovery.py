"""Whole recreations on virtual time, without faults."""

import pytest

from emulator.state.ecs.settings import EcsSettings
from tests.simulation.harness import REGION, simulate
from tests.simulation.invariants import violations
from tests.simulation.scenarios import add_source, interrupt, parked, recover, replacements


def test_a_reclaimed_instance_comes_back_with_its_data() -> None:
    """The plain case ends with one running replacement that holds what was durable."""
    simulation = simulate()
    source = add_source(simulation)
    simulation.start_worker("one")

    interrupt(simulation, source)
    recover(simulation)

    assert violations(simulation, source) == []
    assert [one["Status"] for one in replacements(simulation)] == ["Running"]
    (receipt,) = simulation.shelf.kept.values()
    assert receipt["outcome"] == "recovered"
    assert parked(simulation) == 0


def test_an_image_slower_than_the_notice_still_leads_to_a_replacement() -> None:
    """With its disks retained the image outlives the source."""
    simulation = simulate(ecs=EcsSettings(image_seconds=900.0))
    source = add_source(simulation)
    simulation.start_worker("one")

    interrupt(simulation, source, stop_before=None)
    recover(simulation)

    assert violations(simulation, source) == []


@pytest.mark.parametrize("count", [1, 2])
def test_data_disks_come_back(count: int) -> None:
    """Every cloud disk of the source is on the replacement, with its content."""
    simulation = simulate()
    source = add_source(simulation, data_disks=[{"size": 100}] * count)
    simulation.start_worker("one")

    interrupt(simulation, source)
    recover(simulation)

    assert len(source.disks) == count + 1
    assert violations(simulation, source) == []


def test_without_stock_of_the_type_another_of_the_same_memory_is_launched() -> None:
    """The second choice keeps the memory and has at least as many CPUs."""
    simulation = simulate()
    source = add_source(simulation)
    ecs = simulation.cloud.ecs[REGION]
    for zone in ecs.region.vpc.zones() if hasattr(ecs.region.vpc, "zones") else ():
        ecs.set_stock(zone, "ecs.g7.large", count=0)
    simulation.start_worker("one")

    interrupt(simulation, source)
    recover(simulation)

    assert violations(simulation, source) == []
