"""What people are told about whole recreations, on virtual time."""

import re

from tests.simulation.harness import Simulation, simulate
from tests.simulation.scenarios import SOURCE_NAME, add_source, interrupt, recover
from tests.simulation.schedules import QUICK, sell_out
from worker.core.notices import Kind, Notice
from worker.core.policy import Policy


def told(simulation: Simulation) -> list[Notice]:
    """Let one worker see one interruption through, and return what was told."""
    source = add_source(simulation)
    simulation.start_worker("one")
    interrupt(simulation, source)
    recover(simulation)
    assert {one.source for one in simulation.bulletin.told} == {source.instance_id}
    return simulation.bulletin.told


def test_a_plain_recreation_is_told_twice() -> None:
    """When it begins, with what is saved by then, and when it has ended."""
    begun, ended = told(simulate(ecs=QUICK))

    assert begun.kind is Kind.STARTED
    assert 200.0 < begun.seconds_left <= 300.0
    assert begun.disks > 0
    assert ended.kind is Kind.RECOVERED, ended.not_kept
    assert ended.who == SOURCE_NAME
    assert ended.image.startswith("m-")
    assert ended.replacement.startswith("i-")
    assert ended.address


def test_the_same_run_tells_the_same() -> None:
    assert told(simulate(ecs=QUICK)) == told(simulate(ecs=QUICK))


def test_what_waits_for_a_person_is_told_with_what_to_do() -> None:
    simulation = simulate(ecs=QUICK, policy=Policy(epochs_max=1, same_type_only=True))
    sell_out(simulation)

    begun, stopped = told(simulation)

    assert (begun.kind, stopped.kind) == (Kind.STARTED, Kind.PARKED)
    assert re.fullmatch(
        r"none of the candidates could be had \(candidates: \d+, epochs: 1\)", stopped.why
    )
    assert "replay" in stopped.advice
    assert stopped.image.startswith("m-")
