"""The invariants see what they are for: each is shown a run in which it alone is broken."""

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from emulator.state.queues import OutMessage
from tests.simulation.faults import Change
from tests.simulation.harness import DEAD, REGION, Simulation, simulate
from tests.simulation.invariants import violations
from tests.simulation.scenarios import SECRET, Source, add_source, interrupt, recover
from tests.simulation.schedules import QUICK
from worker.core.errors import UnknownOutcome
from worker.core.notices import Kind, Notice


def recovered() -> tuple[Simulation, Source]:
    simulation = simulate(ecs=QUICK)
    source = add_source(simulation)
    simulation.start_worker("one")
    interrupt(simulation, source)
    recover(simulation)
    assert violations(simulation, source) == []
    return simulation, source


def _in_a_parked_message(simulation: Simulation) -> None:
    message = OutMessage(f'{{"what": "{SECRET}"}}')
    simulation.cloud.queues(REGION).send(DEAD, [message], simulation.kernel.now)


def _in_an_exception(simulation: Simulation) -> None:
    def fail() -> None:
        raise UnknownOutcome(f"no answer to {SECRET}")

    with pytest.raises(UnknownOutcome):
        simulation.interposer.perform("one", "stock", "vswitches", fail)


def _in_a_receipt(simulation: Simulation) -> None:
    ((recreation, record),) = simulation.shelf.kept.items()
    simulation.shelf.keep(recreation, {**record, "reason": SECRET})


def _in_a_request(product: str, action: str, **detail: Any) -> Callable[[Simulation], None]:
    def act(simulation: Simulation) -> None:
        world = simulation.cloud.ecs[REGION].region.world
        world.record(simulation.kernel.now, product, REGION, action, "x", **detail)

    return act


PLACES: Mapping[str, Callable[[Simulation], object]] = {
    "a notification": lambda one: one.bulletin.tell(Notice(Kind.STARTED, REGION, why=SECRET)),
    "a metric": lambda one: one.telemetry._parked.labels(SECRET).inc(),
    "an exception": _in_an_exception,
    "a parked message": _in_a_parked_message,
    "the log": lambda one: one.telemetry.event("mark", what=SECRET),
    "a receipt": _in_a_receipt,
    "an attribute": lambda one: one.sent.append({"name": SECRET}),
    "a tag or request": _in_a_request("ecs", "RunCommand", instance_ids=[], content=SECRET),
    "a tag or request of a balancer": _in_a_request("slb", "AddBackendServers", note=SECRET),
}


@pytest.mark.parametrize("place", PLACES)
def test_a_secret_is_seen_wherever_it_is_written(place: str) -> None:
    """In each place alone."""
    simulation, source = recovered()

    PLACES[place](simulation)

    where = "a tag or request" if place.startswith("a tag") else place
    assert f"a secret stands in {where}" in violations(simulation, source)


def _changed(simulation: Simulation, *, token: str = "", answer: str = "") -> None:
    what = "eip-bp1nobodyknows i-bp1nobodyknows"
    now = simulation.kernel.now
    one = Change("", "addresses", "associate", now, what, token, answer)
    simulation.interposer.changes.append(one)


def test_a_change_that_nobody_asks_for_again_is_seen() -> None:
    """Its answer was lost, and the ledger does not tell that it was made."""
    simulation, source = recovered()
    _changed(simulation)

    (found,) = violations(simulation, source)
    assert found.startswith("addresses.associate of eip-bp1nobodyknows")

    _changed(simulation, answer="Accepted")
    assert violations(simulation, source) == []


def test_a_new_token_for_a_change_without_an_answer_is_seen() -> None:
    """Of every method that has one; after an answer it is right."""
    simulation, source = recovered()
    _changed(simulation, token="first", answer="NotReady")
    _changed(simulation, token="second")
    _changed(simulation, token="third", answer="Accepted")

    (found,) = violations(simulation, source)
    assert found.startswith("a new token for addresses.associate")


def test_every_changing_call_of_a_recreation_is_judged() -> None:
    """What is not written down is not judged."""
    simulation, _ = recovered()

    judged = {f"{one.port}.{one.method}" for one in simulation.interposer.changes}
    assert {"images.create", "disks.keep", "tagging.tag", "instances.launch"} <= judged
    assert all(one.answer for one in simulation.interposer.changes)
