"""The replacement is checked before anything brings traffic to it, and no thread waits for it."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from emulator.state.ecs.settings import EcsSettings
from tests.simulation.harness import REGION, Simulation, simulate
from tests.simulation.invariants import entries, violations
from tests.simulation.scenarios import (
    Source,
    add_source,
    interrupt,
    parked,
    recover,
    replacements,
)
from tests.simulation.schedules import QUICK, Scenario, after, judged, run
from tests.simulation.test_recovery import replay
from worker.core.model import Script
from worker.core.policy import HealthCheck, Policy

SEED: Mapping[str, Any] = {"eip": True}
TCP = HealthCheck("tcp", port=80, within=60.0)
COMMAND = HealthCheck("command", script=Script("systemctl is-active app"), within=60.0)
SLOW = replace(QUICK, serving_seconds=30.0)
NEVER = replace(QUICK, serving_seconds=None)
WHAT = "the health check of the replacement"


def checking(check: HealthCheck) -> Policy:
    return Policy(hand_over=("eip",), health=check)


def recreate(
    check: HealthCheck, ecs: EcsSettings = SLOW, **fields: Any
) -> tuple[Simulation, Source, Mapping[str, Any]]:
    """Run a recreation that ends with a replacement, and return its receipt."""
    plain: dict[str, Any] = {"ecs": ecs, "seed": SEED, "policy": checking(check), "lasts": 500.0}
    scenario = Scenario("health", **{**plain, **fields})
    simulation, source = run(scenario, {})
    assert judged(scenario, simulation, source) == []
    assert parked(simulation) == 0
    (receipt,) = simulation.shelf.kept.values()
    return simulation, source, receipt


def times(receipt: Mapping[str, Any]) -> dict[str, float]:
    return {line["what"]: line["seconds_after_t0"] for line in receipt["timeline"]}


def why(receipt: Mapping[str, Any]) -> dict[str, str]:
    return {one["what"]: one["why"] for one in receipt["not_kept"]}


def address(simulation: Simulation) -> Any:
    (found,) = simulation.cloud.ecs[REGION].region.vpc.addresses.eips.values()
    return found


@pytest.mark.parametrize("kind", ["tcp", "http"])
def test_address_moves_when_the_service_answers(kind: Any) -> None:
    """Running is not yet serving."""
    _, _, receipt = recreate(replace(TCP, kind=kind))

    at = times(receipt)
    assert at["replacement running"] + 15.0 < at["replacement healthy"]
    assert at["replacement healthy"] <= at["elastic address moved"]
    assert receipt["health"]["passed"]
    assert why(receipt) == {}


def test_elastic_address_is_asked_when_it_has_arrived() -> None:
    """It moves first, and the rest waits for the check."""
    _, _, receipt = recreate(replace(TCP, address="elastic"))

    at = times(receipt)
    assert at["elastic address moved"] < at["replacement healthy"]
    assert why(receipt) == {}


def test_without_an_elastic_address_the_private_one_is_asked() -> None:
    """A check that could never be made would hold every handover."""
    _, _, receipt = recreate(replace(TCP, address="elastic"), seed={})

    assert receipt["health"]["passed"]


def test_command_is_asked_again_until_it_ends_well() -> None:
    """Each try is a run of its own."""

    def mend(simulation: Simulation, _source: Source) -> None:
        region = simulation.cloud.ecs[REGION].region
        region.settings = replace(region.settings, command_outcome="Success")

    simulation, _, receipt = recreate(
        COMMAND, replace(QUICK, command_outcome="Failed"), during=after(75.0, mend)
    )

    assert len(entries(simulation, "RunCommand")) > 1
    assert receipt["health"]["passed"]
    assert receipt["health"]["tries"] == len(entries(simulation, "RunCommand"))


@pytest.mark.parametrize(
    ("check", "ecs"),
    [(TCP, NEVER), (COMMAND, replace(QUICK, command_outcome="Failed"))],
)
def test_what_never_passes_proceeds_where_it_may(check: HealthCheck, ecs: EcsSettings) -> None:
    """The receipt tells that the check never passed."""
    simulation, _, receipt = recreate(replace(check, otherwise="proceed"), ecs)

    assert address(simulation).target_id == replacements(simulation)[0]["InstanceId"]
    assert WHAT in why(receipt)
    assert not receipt["health"]["passed"]


def held() -> tuple[Simulation, Source]:
    """Run a recreation whose replacement does not become healthy."""
    simulation = simulate(ecs=NEVER, policy=checking(TCP))
    source = add_source(simulation, **SEED)
    simulation.start_worker("one")
    interrupt(simulation, source)
    recover(simulation)
    return simulation, source


def test_what_never_passes_holds_the_handover() -> None:
    """Traffic is not led to a server that does not serve; a person decides."""
    simulation, source = held()

    assert violations(simulation, source) == []
    (line,) = simulation.notebook.named("parked")
    assert line["park"] == "replacement_not_healthy"
    assert entries(simulation, "AssociateEipAddress", "vpc") == []
    assert len(replacements(simulation)) == 1


def test_a_replay_checks_again_and_goes_on() -> None:
    """The parked progress has the replacement in it, and the check begins anew."""
    simulation, source = held()
    region = simulation.cloud.ecs[REGION].region
    region.settings = replace(region.settings, serving_seconds=1.0)

    replay(simulation)
    recover(simulation)

    assert violations(simulation, source) == []
    assert address(simulation).target_id == replacements(simulation)[0]["InstanceId"]


def test_replacement_that_is_reclaimed_meanwhile_is_its_own_events_business() -> None:
    """The first recreation is not parked for a server that goes anyway; the second one is."""
    simulation = simulate(ecs=NEVER, policy=Policy(health=TCP))
    source = add_source(simulation)
    simulation.start_worker("one")
    interrupt(simulation, source)
    simulation.run(60.0)
    (first,) = replacements(simulation)
    simulation.cloud.ecs[REGION].interrupt(first["InstanceId"], simulation.kernel.now)
    recover(simulation)

    (line,) = simulation.notebook.named("parked")
    assert line["source"] == first["InstanceId"]
    (receipt,) = simulation.shelf.kept.values()
    assert why(receipt)[WHAT] == "the replacement is gone or being reclaimed"
