"""Keys that the cloud does not know for a while: they are being changed, or have just run out."""

from collections.abc import Mapping
from typing import Any

import pytest

from tests.simulation.bindings import CloudCall, CloudQueue
from tests.simulation.harness import Simulation, simulate
from tests.simulation.invariants import entries, violations
from tests.simulation.scenarios import NOTICE_AT, add_source, interrupt, recover, replacements
from tests.simulation.schedules import QUICK
from worker.adapters.ecs.call import ApiRefusal
from worker.core.errors import Unauthenticated

SECONDS = 50.0


def _is_refused(simulation: Simulation, since: float) -> bool:
    return since <= simulation.kernel.now - NOTICE_AT < since + SECONDS


@pytest.mark.parametrize("since", [0.0, 1.0, 20.0, 45.0])
def test_calls_that_are_refused_for_the_key_are_made_again(
    monkeypatch: pytest.MonkeyPatch, since: float
) -> None:
    """A person who is told has changed the key long before, and nothing of the notice is lost."""
    simulation = simulate(ecs=QUICK)
    source = add_source(simulation)
    send = CloudCall.__call__

    def refused(self: CloudCall, action: str, params: Mapping[str, Any]) -> Mapping[str, Any]:
        if _is_refused(simulation, since):
            raise ApiRefusal(404, "InvalidAccessKeyId.NotFound")
        return send(self, action, params)

    monkeypatch.setattr(CloudCall, "__call__", refused)
    simulation.start_worker("one")
    interrupt(simulation, source)
    recover(simulation)

    assert violations(simulation, source) == []
    assert simulation.notebook.named("parked") == []
    assert len(replacements(simulation)) == 1


@pytest.mark.parametrize("since", [0.5, 20.0, 43.0])
def test_progress_that_is_refused_for_the_key_is_sent_again(
    monkeypatch: pytest.MonkeyPatch, since: float
) -> None:
    """The queue says nothing about this message by it, so that it is not parked."""
    simulation = simulate(ecs=QUICK)
    source = add_source(simulation)
    send = CloudQueue.send

    def refused(
        self: CloudQueue, body: str, attributes: Mapping[str, str], *, delay: float = 0.0
    ) -> str:
        if _is_refused(simulation, since):
            raise Unauthenticated("refused", code="InvalidAccessKeyId")
        return send(self, body, attributes, delay=delay)

    monkeypatch.setattr(CloudQueue, "send", refused)
    simulation.start_worker("one")
    interrupt(simulation, source)
    recover(simulation)

    assert violations(simulation, source) == []
    assert simulation.notebook.named("parked") == []
    assert len(entries(simulation, "RunInstances")) == 1


@pytest.mark.parametrize("action", ["CreateImage", "RunInstances"])
def test_request_that_came_twice_is_not_taken_for_an_unknown_caller(
    monkeypatch: pytest.MonkeyPatch, action: str
) -> None:
    """What stands between has repeated it: it has an effect, and its answer is not ours to see."""
    simulation = simulate(ecs=QUICK)
    source = add_source(simulation)
    send, seen = CloudCall.__call__, set[str]()

    def doubled(self: CloudCall, asked: str, params: Mapping[str, Any]) -> Mapping[str, Any]:
        answer = send(self, asked, params)
        if asked == action and asked not in seen:
            seen.add(asked)
            raise ApiRefusal(400, "SignatureNonceUsed")
        return answer

    monkeypatch.setattr(CloudCall, "__call__", doubled)
    simulation.start_worker("one")
    interrupt(simulation, source)
    recover(simulation)

    assert violations(simulation, source) == []
    assert simulation.notebook.named("parked") == []
    assert len(entries(simulation, "RunInstances")) == 1
