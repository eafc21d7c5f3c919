"""A defect of our own: it may cost one message its worker, and never the others theirs."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.simulation.harness import QUEUE, Notebook, Simulation, simulate
from tests.simulation.scenarios import Source, add_source, interrupt, recover, waiting
from tests.simulation.schedules import QUICK
from worker.core.progress import Progress
from worker.core.receipt import receipt
from worker.steps.launch import Launch


def _in_the_receipt(monkeypatch: pytest.MonkeyPatch, broken: str) -> None:
    def failing(progress: Progress, *args: Any, **named: Any) -> Any:
        if progress.instance_id == broken:
            raise ValueError("a defect")
        return receipt(progress, *args, **named)

    monkeypatch.setattr("worker.consumer.receipt", failing)


def _in_a_step(monkeypatch: pytest.MonkeyPatch, broken: str) -> None:
    is_done = Launch.is_done

    def failing(self: Launch, progress: Progress) -> bool:
        if progress.instance_id == broken:
            raise ValueError("a defect")
        return is_done(self, progress)

    monkeypatch.setattr(Launch, "is_done", failing)


def _two_sources() -> tuple[Simulation, Source, Source]:
    simulation = simulate(ecs=QUICK)
    return simulation, add_source(simulation), add_source(simulation)


@pytest.mark.parametrize("spoil", [_in_the_receipt, _in_a_step])
def test_a_defect_that_one_source_meets_does_not_end_the_worker(
    monkeypatch: pytest.MonkeyPatch, spoil: Callable[[pytest.MonkeyPatch, str], None]
) -> None:
    """Its message comes back until the queue takes it for poison; the other is recreated meanwhile."""
    told: list[str] = []
    monkeypatch.setattr(
        Notebook, "failure", lambda _self, name, _error, **_fields: told.append(name)
    )
    simulation, broken, sound = _two_sources()
    simulation.start_worker("one")

    interrupt(simulation, broken)
    simulation.run(50.0)
    spoil(monkeypatch, broken.instance_id)
    interrupt(simulation, sound)
    recover(simulation, seconds=600.0)

    assert simulation.workers["one"].is_alive
    assert [one["source"]["instance"] for one in simulation.shelf.kept.values()] == [
        sound.instance_id
    ]
    assert waiting(simulation, QUEUE) == 1
    assert set(told) == {"bug"}
    assert len(told) < 60
