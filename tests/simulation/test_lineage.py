"""A pool that takes back all it gives is not fed without end, and nothing is lost by it."""

from collections.abc import Mapping
from typing import Any

import pytest

from tests.simulation.harness import REGION, Simulation, simulate
from tests.simulation.invariants import entries
from tests.simulation.scenarios import (
    LATEST_SECONDS,
    Source,
    add_source,
    interrupt,
    recover,
    replacements,
)
from tests.simulation.schedules import ECONOMICAL, QUICK
from tests.simulation.test_recovery import reasons, replay
from worker.core import identity
from worker.core.policy import Policy

CAP = 3
DAY = 86_400.0
SERVING = 600.0
CAPPED = Policy(generations_per_day=CAP)


def of_lineage(simulation: Simulation, kind: str) -> dict[int, list[dict[str, Any]]]:
    """The instances or images of the one line of a cloud, by generation."""
    found: dict[int, list[dict[str, Any]]] = {}
    for one in simulation.cloud.ecs[REGION].dump(kind, simulation.kernel.now):
        lineage = one["Tags"].get(identity.TAG_LINEAGE)
        if lineage:
            found.setdefault(int(lineage.rpartition("/")[2]), []).append(one)
    return found


def alive(simulation: Simulation) -> str:
    """The one instance of the line that runs now."""
    (found,) = [
        one["InstanceId"]
        for every in of_lineage(simulation, "instances").values()
        for one in every
        if one["Status"] == "Running"
    ]
    return str(found)


def reclaim(simulation: Simulation, instance_id: str) -> None:
    """Let the cloud take an instance back after it has served for a while."""
    simulation.run(SERVING)
    simulation.cloud.ecs[REGION].interrupt(instance_id, simulation.kernel.now)
    recover(simulation)
    simulation.run(LATEST_SECONDS)


def flapping(times: int, policy: Policy = CAPPED) -> tuple[Simulation, Source]:
    """A source whose replacements are reclaimed again and again, so often in all."""
    simulation = simulate(ecs=QUICK, policy=policy)
    source = add_source(simulation)
    simulation.start_worker("one")
    interrupt(simulation, source)
    recover(simulation)
    for _ in range(times - 1):
        reclaim(simulation, alive(simulation))
    return simulation, source


def parks(simulation: Simulation) -> list[object]:
    return [line["park"] for line in simulation.notebook.named("parked")]


def launches(simulation: Simulation) -> int:
    return sum(1 for entry in simulation.cloud.ledger if entry.action == "RunInstances")


def test_as_many_generations_as_allowed_are_launched() -> None:
    """The cap is reached without anything being parked, and nobody was asked to count before it."""
    simulation, _ = flapping(CAP)

    assert parks(simulation) == []
    assert max(of_lineage(simulation, "instances")) == CAP
    assert sorted(of_lineage(simulation, "images")) == [1, 2, 3]


def test_one_generation_more_is_parked_with_everything_saved() -> None:
    """No launch is asked for; the disks outlive the source, and its image is there."""
    simulation, _ = flapping(CAP)
    source, before = alive(simulation), launches(simulation)

    reclaim(simulation, source)
    simulation.run(SERVING)

    assert parks(simulation) == ["too_many_generations"]
    assert launches(simulation) == before
    assert of_lineage(simulation, "instances") == {}
    (image,) = of_lineage(simulation, "images")[CAP + 1]
    assert image["Status"] == "Available"
    kept = [
        disk
        for disk in simulation.cloud.ecs[REGION].dump("disks", simulation.kernel.now)
        if disk["Tags"].get(identity.TAG_SOURCE) == source
    ]
    assert [disk["InstanceId"] or "" for disk in kept] == [""]


def test_replay_goes_on_and_counts_no_more() -> None:
    """A person has decided: the same recreation ends in one replacement from the kept image."""
    simulation, _ = flapping(CAP)
    reclaim(simulation, alive(simulation))

    replay(simulation)
    recover(simulation)

    assert parks(simulation) == ["too_many_generations"]
    (replacement,) = of_lineage(simulation, "instances")[CAP + 1]
    assert replacement["Status"] == "Running"


def test_a_day_later_there_is_room_again() -> None:
    """Only the last 24 hours count, from notice to image."""
    simulation, _ = flapping(CAP)
    simulation.run(DAY)

    reclaim(simulation, alive(simulation))

    assert parks(simulation) == []
    assert max(of_lineage(simulation, "instances")) == CAP + 1


def test_without_a_cap_it_goes_on() -> None:
    """0 is no cap, and the default leaves room for four in a row."""
    for policy in (Policy(generations_per_day=0), Policy()):
        simulation, _ = flapping(CAP + 1, policy)

        assert parks(simulation) == []
        assert max(of_lineage(simulation, "instances")) == CAP + 1


@pytest.mark.parametrize("copies", [2, 3])
def test_twins_of_the_notice_park_alike(copies: int) -> None:
    """However often the notice came and whoever reads it, nothing is launched beyond the cap."""
    simulation, _ = flapping(CAP)
    simulation.start_worker("two")
    source, before = alive(simulation), launches(simulation)
    simulation.run(SERVING)
    for _ in range(copies):
        simulation.cloud.ecs[REGION].interrupt(source, simulation.kernel.now)
    recover(simulation)

    assert launches(simulation) == before
    assert set(parks(simulation)) == {"too_many_generations"}


FIRST = "i-bp1first00000000000"
GONE = "i-bp1gone000000000000"


def one_too_many(beside: str, **seed: Any) -> dict[str, Any]:
    """Fields of a replacement that was marked as one too many."""
    tags = {
        identity.TAG_ID: "a" * 32,
        identity.TAG_OWNER: "default",
        identity.TAG_SOURCE: FIRST,
        identity.TAG_LINEAGE: f"{FIRST}/1",
        identity.TAG_QUARANTINED: beside,
    }
    return {"tags": tags, **seed}


@pytest.mark.parametrize("seed", [{}, ECONOMICAL], ids=["released", "economical"])
@pytest.mark.parametrize("is_recreated", [0, 1], ids=["it stays", "it was recreated"])
def test_one_too_many_that_is_reclaimed_is_not_recreated(
    seed: Mapping[str, Any], is_recreated: int
) -> None:
    """Its replacement would have no mark, and be one too many that nobody is told of."""
    simulation = simulate(ecs=QUICK)
    ecs, now = simulation.cloud.ecs[REGION], simulation.kernel.now
    heir = {"name": "heir", "tags": {identity.TAG_ID: "b" * 32, identity.TAG_SOURCE: GONE}}
    stays = ecs.seed_instance(heir if is_recreated else {"name": "stays"}, now)
    beside = GONE if is_recreated else stays
    source = add_source(simulation, **one_too_many(beside, **seed))
    simulation.start_worker("one")

    interrupt(simulation, source)
    recover(simulation, at_least=400.0)

    assert reasons(simulation) == [f"it is one too many beside {beside}"]
    done = {entry.action for entry in simulation.cloud.ledger if entry.at >= source.noticed_at}
    assert not done & {"RunInstances", "CreateImage", "StartInstance", "ModifyDiskAttribute"}


def test_one_too_many_is_parked_with_its_data_where_the_other_one_is_gone() -> None:
    """Nobody but a person knows whether it was this one that served; a replay recreates it."""
    simulation = simulate(ecs=QUICK)
    source = add_source(simulation, **one_too_many(GONE))
    simulation.start_worker("one")

    interrupt(simulation, source)
    recover(simulation, at_least=400.0)

    assert parks(simulation) == ["one_too_many"]
    assert launches(simulation) == 0
    assert len(entries(simulation, "CreateImage")) == 1
    assert source.disks["/dev/xvda"] in simulation.cloud.ecs[REGION].region.disks

    replay(simulation)
    recover(simulation)

    (replacement,) = [
        one for one in replacements(simulation) if one["Tags"][identity.TAG_ID] != "a" * 32
    ]
    assert replacement["Status"] == "Running"
    assert identity.TAG_QUARANTINED not in replacement["Tags"]
