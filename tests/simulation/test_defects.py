"""A defect of our own: it may cost one message its worker, and never the others theirs."""

from collections.abc import Callable
from typing import Any

import pytest

from emulator.state.queues import OutMessage
from tests.simulation.harness import QUEUE, REGION, Notebook, Simulation, simulate
from tests.simulation.invariants import entries
from tests.simulation.scenarios import Source, add_source, interrupt, recover, waiting
from tests.simulation.schedules import QUICK
from worker.consumer import Consumer
from worker.core.progress import Progress
from worker.core.receipt import receipt
from worker.holding import Held
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


def _unended(simulation: Simulation) -> list[tuple[object, object]]:
    """The deliveries that the queue made and that no line tells the end of, but for those in hand."""
    ended = [
        (line["message"], line["dequeued"]) for line in simulation.notebook.named("delivery_ended")
    ]
    assert len(ended) == len(set(ended)), "two lines tell of one delivery"
    in_hand = {
        (held.delivery.message_id, held.delivery.dequeue_count)
        for worker in simulation.workers.values()
        for held in worker.consumer.held.values()
    }
    return [
        one
        for entry in entries(simulation, "Receive", "smq")
        if entry.resource_id == QUEUE
        and (one := (entry.detail["message_id"], entry.detail["dequeue_count"])) not in ended
        and one not in in_hand
    ]


def _bugs_counted(simulation: Simulation) -> float:
    labels = {"verdict": "bug"}
    return simulation.registry.get_sample_value("spot_recreation_deliveries_total", labels) or 0.0


def _two_sources() -> tuple[Simulation, Source, Source]:
    simulation = simulate(ecs=QUICK)
    return simulation, add_source(simulation), add_source(simulation)


@pytest.mark.parametrize("spoil", [_in_the_receipt, _in_a_step])
def test_a_defect_that_one_source_meets_does_not_end_the_worker(
    monkeypatch: pytest.MonkeyPatch,
    told: list[str],
    spoil: Callable[[pytest.MonkeyPatch, str], None],
) -> None:
    """Its message comes back until the queue takes it for poison; the other is recreated meanwhile."""
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
    assert _unended(simulation) == []
    assert _bugs_counted(simulation) == len(told)


@pytest.fixture(name="told")
def _told(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The defects that were told of; everywhere else a single one ends the test."""
    told: list[str] = []
    monkeypatch.setattr(
        Notebook, "failure", lambda _self, name, _error, **_fields: told.append(name)
    )
    return told


def test_a_defect_in_admitting_a_message_leaves_the_rest_of_its_batch(
    monkeypatch: pytest.MonkeyPatch, told: list[str]
) -> None:
    """What was received beside it is worked on at once, and not when its lease has ended."""
    simulation, broken, sound = _two_sources()
    join = Consumer._join

    def failing(self: Consumer, held: Held) -> None:
        if held.source == broken.instance_id:
            raise ValueError("a defect")
        join(self, held)

    monkeypatch.setattr(Consumer, "_join", failing)
    for one in (broken, sound):
        interrupt(simulation, one)
    simulation.run(30.0)
    simulation.start_worker("one")
    recover(simulation, seconds=600.0)

    assert [one["source"]["instance"] for one in simulation.shelf.kept.values()] == [
        sound.instance_id
    ]
    received = simulation.notebook.named("interruption_received")
    assert [line["dequeued"] for line in received if line["source"] == sound.instance_id] == [1]
    assert waiting(simulation, QUEUE) == 1
    assert _unended(simulation) == []
    assert _bugs_counted(simulation) == len(told) > 1


def test_a_defect_in_telling_of_the_end_leaves_the_line_of_its_delivery(
    monkeypatch: pytest.MonkeyPatch, told: list[str]
) -> None:
    """The message is parked by then, and what became of it is true."""

    def failing(*_args: Any, **_named: Any) -> Any:
        raise ValueError("a defect")

    monkeypatch.setattr("worker.consumer.notices.parking", failing)
    simulation = simulate(ecs=QUICK)
    simulation.start_worker("one")
    simulation.cloud.queues(REGION).send(QUEUE, [OutMessage("no event")], simulation.kernel.now)
    recover(simulation)

    assert told == ["bug"]
    assert [line["verdict"] for line in simulation.notebook.named("delivery_ended")] == ["parked"]
    assert _unended(simulation) == []
    assert simulation.workers["one"].is_alive
