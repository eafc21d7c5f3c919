"""The invariant of one identity sees what it is for: two that hold a part of it, and one that is lost."""

from typing import Any

from tests.simulation.bindings import CloudCall
from tests.simulation.harness import REGION, Simulation
from tests.simulation.holders import address_lost, held_twice
from tests.simulation.scenarios import Source, replacements
from tests.simulation.schedules import QUICK, Scenario, after, run
from worker.core.policy import Policy

SETTLED = 10.0


def eip(simulation: Simulation) -> Any:
    (found,) = simulation.cloud.ecs[REGION].region.vpc.addresses.eips.values()
    return found


def move_by_hand(simulation: Simulation, source: Source) -> None:
    """Give the replacement the address as soon as it runs, whatever the source does."""
    while not [one for one in replacements(simulation) if one["Status"] == "Running"]:
        simulation.kernel.sleep(0.5)
    (replacement,) = replacements(simulation)
    call = CloudCall(simulation.cloud, REGION, simulation.kernel)
    params = {"AllocationId": eip(simulation).allocation_id, "InstanceType": "EcsInstance"}
    call("UnassociateEipAddress", {**params, "InstanceId": source.instance_id})
    simulation.kernel.sleep(SETTLED)
    call("AssociateEipAddress", {**params, "InstanceId": replacement["InstanceId"]})


def recreation(policy: Policy, during: Any) -> tuple[Simulation, Source]:
    scenario = Scenario(
        "by hand", ecs=QUICK, seed={"eip": True}, policy=policy, during=during, lasts=500.0
    )
    return run(scenario, {})


def test_address_that_moves_from_under_a_living_source_is_seen() -> None:
    """The replacement runs beside the source, and gets what that still serves with."""
    policy = Policy(takeover="overlap", hand_over=())

    simulation, source = recreation(policy, after(1.0, move_by_hand))

    (found,) = held_twice(simulation)
    assert found.startswith("AssociateEipAddress gave")
    assert source.instance_id in found


def test_address_that_moves_after_the_stop_is_none() -> None:
    """With the default takeover the source is down before the replacement is launched."""
    simulation, _ = recreation(Policy(hand_over=()), after(1.0, move_by_hand))

    assert held_twice(simulation) == []


def test_address_that_is_lost_without_a_word_is_seen() -> None:
    """The worker has moved it and told nothing else; at the end nobody has it."""

    def lose(simulation: Simulation, _: Source) -> None:
        simulation.cloud.ecs[REGION].region.vpc.addresses.free_now(
            eip(simulation), simulation.kernel.now
        )

    simulation, source = recreation(Policy(hand_over=("eip",)), after(300.0, lose))

    assert address_lost(simulation, source) == [
        f"{eip(simulation).address} is on nothing, and nobody is told"
    ]
