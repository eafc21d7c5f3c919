"""A zone reclaimed within a minute, small and on virtual time: every figure here is repeatable."""

from collections import Counter
from collections.abc import Mapping
from typing import Any

import pytest

from bench.storm import Outcome, Storm, bound_of, run
from emulator.state.ecs.settings import EcsSettings
from tests.simulation.bindings import CloudCall
from tests.simulation.harness import REGION, simulate
from tests.simulation.scenarios import add_source, interrupt

# Each report that is posted in an instant turns the loop once.
TURNS_OF_AN_INSTANT_MAX = 100


def kept_promises(outcome: Outcome) -> None:
    """What holds in every storm."""
    assert outcome.duplicates == 0
    assert outcome.retained == outcome.storm.count
    assert outcome.complaints == 0


@pytest.mark.parametrize("kind", ["window", "bucket"])
@pytest.mark.parametrize("phase", [5.0, 55.0])
def test_as_many_images_as_the_cloud_allows(kind: str, phase: float) -> None:
    """More sources than six minutes of the quota hold, and the quota is not told."""
    outcome = run(Storm(count=220, quota=24, kind=kind, phase=phase))

    kept_promises(outcome)
    assert outcome.bound < outcome.storm.count
    assert outcome.share_of_bound >= 0.96


def test_two_workers_share_what_there_is() -> None:
    """Neither knows of the other."""
    outcome = run(Storm(count=120, quota=60, workers=2, phase=20.0))

    kept_promises(outcome)
    assert outcome.share_of_bound >= 0.95
    assert outcome.refused_per_accepted <= 2 * 0.3


def test_a_storm_ends_with_every_source_replaced() -> None:
    """Nothing is left in the queue, and nothing is parked, when the quotas suffice."""
    outcome = run(Storm(count=60, quota=60, phase=40.0, spread=10.0, whole=True))

    kept_promises(outcome)
    assert outcome.replaced == 60
    assert outcome.parked == 0
    assert outcome.retained_median <= 15.0
    assert outcome.retained_max <= 45.0


def test_describes_and_disk_changes_are_merged() -> None:
    """A crowd costs fewer calls for each than a lone source."""
    alone = run(Storm(count=1, quota=None, spread=0.0, late_share=0.0, whole=True))
    crowd = run(Storm(count=100, quota=None, spread=1.0, late_share=0.0, whole=True))

    kept_promises(crowd)
    assert alone.ecs_requests <= 38
    assert crowd.calls["DescribeDisks"] <= 20
    assert crowd.calls["ModifyDiskAttribute"] <= 20
    assert crowd.calls["DescribeImages"] <= 100


def test_the_bound_by_minutes() -> None:
    """Two fit into each minute; the third of the first minute waits, unless it is over by then."""
    jobs = [(0.0, 300.0)] * 3

    assert bound_of(jobs, 2, "window") == 3
    assert bound_of([(0.0, 50.0)] * 3, 2, "window") == 2


def test_the_bound_by_drops() -> None:
    """Two at once, and one more each half minute."""
    assert bound_of([(0.0, 61.0)] * 9, 2, "bucket") == 4
    assert bound_of([(0.0, 10.0)] * 9, 2, "bucket") == 2


def test_hands_that_are_nearly_full_do_not_make_the_loop_spin() -> None:
    """There is room for less than a batch while a receive is under way: the loop sleeps."""
    simulation = simulate(ecs=EcsSettings(), terms={"held_max": 20})
    for _ in range(20):
        interrupt(simulation, add_source(simulation))
    simulation.start_worker("one")
    simulation.run(0.0)
    turns = Counter[float]()
    tasks = simulation.workers["one"].tasks
    take = tasks.take

    def counted(timeout: float | None) -> list[object]:
        turns[simulation.kernel.now] += 1
        assert turns[simulation.kernel.now] < TURNS_OF_AN_INSTANT_MAX
        return take(timeout)

    tasks.take = counted  # type: ignore[method-assign]
    simulation.run(60.0)

    assert len(turns) > 20


def test_what_waits_for_images_leaves_threads_to_what_saves_data() -> None:
    """Eight recreations look at their images, which takes long; the ninth source is kept at once."""
    simulation = simulate(ecs=EcsSettings(), terms={"concurrency": 4})
    kernel = simulation.kernel
    plain = CloudCall(simulation.cloud, REGION, kernel)

    def slow(action: str, params: Mapping[str, Any]) -> Mapping[str, Any]:
        kernel.sleep(30.0 if action == "DescribeImages" else 0.0)
        return plain(action, params)

    simulation.seam = lambda _worker: slow
    sources = [add_source(simulation) for _ in range(9)]
    simulation.start_worker("one")
    for source in sources[:8]:
        interrupt(simulation, source)
    simulation.run(20.0)
    begun = kernel.now
    interrupt(simulation, sources[8])
    simulation.run(10.0)

    (system,) = sources[8].disks.values()
    kept = [one.at for one in simulation.cloud.ledger if one.action == "ModifyDiskAttribute"
            and one.resource_id == system]  # fmt: skip
    assert kept
    assert kept[0] < begun + 5.0


def test_a_crowd_waits_for_the_next_minute_to_keep_its_disks() -> None:
    """Where tags are refused it is a crowd, and its images would be refused as well."""
    quota = {"TagResources": 0, "ModifyDiskAttribute": 1, "CreateImage": 0}
    simulation = simulate(ecs=EcsSettings(calls_per_minute=quota))
    sources = [add_source(simulation) for _ in range(2)]
    # At the 25th second of a minute, so that the next one is beyond the patience of a lone one.
    simulation.run(25.0)
    simulation.start_worker("one")
    for source in sources:
        interrupt(simulation, source)
    begun = simulation.kernel.now
    simulation.run(60.0)

    kept = [one.at for one in simulation.cloud.ledger if one.action == "ModifyDiskAttribute"]
    assert len(kept) == 2
    assert begun + 30.0 < kept[1] < begun + 40.0


def test_disks_are_kept_although_tags_cannot_be_had() -> None:
    """What they were stands in a sent message before they are changed."""
    simulation = simulate(ecs=EcsSettings(calls_per_minute={"TagResources": 0}))
    source = add_source(simulation)
    simulation.start_worker("one")
    interrupt(simulation, source)
    simulation.run(30.0)

    ledger = simulation.cloud.ledger
    (kept,) = [entry.at for entry in ledger if entry.action == "ModifyDiskAttribute"]
    _event, told = [entry.at for entry in ledger if entry.action == "Send"][:2]
    assert told < kept < source.noticed_at + 10.0
    assert any(entry.action == "CreateImage" for entry in ledger)


def test_a_crowd_of_one_type_holds_its_candidates_once() -> None:
    """They are a third of what a recreation takes in memory."""
    simulation = simulate(ecs=EcsSettings())
    sources = [add_source(simulation) for _ in range(2)]
    simulation.start_worker("one")
    for source in sources:
        interrupt(simulation, source)
    simulation.run(60.0)

    held = simulation.workers["one"].consumer.held
    orders = [one.progress.specified.candidates for one in held.values()]  # type: ignore[union-attr]
    assert len(orders) == 2
    assert orders[0] is orders[1]
