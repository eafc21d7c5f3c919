"""User data: dropped by default, or carried so that nobody can read it on its way."""

import random
from base64 import b64encode, b85encode
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from tests.simulation.harness import REGION, Simulation
from tests.simulation.scenarios import USER_DATA, parked, replacements
from tests.simulation.schedules import QUICK, Scenario, judged, run
from worker.core.policy import Policy

AGAIN = Policy(user_data="rerun")
ENCODED = b64encode(USER_DATA.encode()).decode()


def recreate(policy: Policy, **fields: Any) -> tuple[Simulation, Mapping[str, Any]]:
    """Run a recreation that keeps every promise, and return its receipt."""
    scenario = Scenario("user data", **{"ecs": QUICK, "policy": policy, **fields})
    simulation, source = run(scenario, {})
    assert judged(scenario, simulation, source) == []
    assert parked(simulation) == 0
    (receipt,) = simulation.shelf.kept.values()
    return simulation, receipt


def given(simulation: Simulation) -> str:
    """The user data that the replacement has."""
    (replacement,) = replacements(simulation)
    region = simulation.cloud.ecs[REGION].region
    return str(region.instances[replacement["InstanceId"]].options.user_data)


def why(receipt: Mapping[str, Any]) -> dict[str, str]:
    return {one["what"]: one["why"] for one in receipt["not_kept"]}


def test_it_is_dropped_by_default() -> None:
    """What it did is in the image, and to do it again may do harm."""
    simulation, receipt = recreate(Policy())

    assert given(simulation) == ""
    assert why(receipt) == {}
    assert [one["what"] for one in receipt["dropped"]] == ["user data"]
    assert "user_data" not in {call.method for call in simulation.interposer.calls}


def test_it_is_carried_where_it_is_to_run_again() -> None:
    """The same to the byte; that it stands nowhere in between is an invariant of every run."""
    simulation, receipt = recreate(AGAIN)

    assert given(simulation) == ENCODED
    assert why(receipt) == {}
    assert list(receipt["dropped"]) == []


def test_twins_carry_the_same() -> None:
    """What is sealed twice is sealed alike, so that a token stands for one request."""
    simulation, _ = recreate(AGAIN, copies=3, workers=2)

    assert given(simulation) == ENCODED


def test_source_without_any() -> None:
    """Nothing is sealed, and nothing is missed."""
    simulation, receipt = recreate(AGAIN, seed={"user_data": ""})

    assert given(simulation) == ""
    assert why(receipt) == {}


def test_what_is_too_large_for_a_message_is_named() -> None:
    """It is left out before the first launch and never after it."""
    noise = b85encode(random.Random(1).randbytes(20_000)).decode()

    simulation, receipt = recreate(AGAIN, seed={"user_data": noise})

    assert given(simulation) == ""
    assert why(receipt) == {"user data": "it is too large for a message"}


def test_replacement_of_a_replacement_has_it_too() -> None:
    """The next generation asks its own source for it."""
    simulation, _ = recreate(replace(AGAIN, takeover="overlap"))

    assert given(simulation) == ENCODED
