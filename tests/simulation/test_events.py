"""Events of every form, and what only looks like one, through the whole machine."""

import dataclasses
import json
import random
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from emulator.state.queues import OutMessage
from tests.simulation.harness import DEAD, QUEUE, REGION, Simulation, simulate
from tests.simulation.invariants import violations
from tests.simulation.scenarios import (
    add_source,
    interrupt,
    is_quiet,
    parked,
    recover,
    replacements,
    waiting,
)
from tests.simulation.schedules import QUICK

SAMPLES = Path(__file__).parents[1] / "events"
INDEX: dict[str, dict[str, Any]] = json.loads((SAMPLES / "index.json").read_text("utf-8"))
TOLD = {name for name, entry in INDEX.items() if entry["expect"] == "interruption"}
# What a queue can hold is text.
TEXTS = {
    name: (SAMPLES / name).read_bytes().decode("utf-8")
    for name in INDEX
    if name != "malformed_invalid_utf8.json" and (SAMPLES / name).read_bytes().strip()
}
SOURCE_ID = "i-bp1source00000000001"
BODIES = 10_000


def deliver(simulation: Simulation, *bodies: str) -> None:
    """Put bodies into the queue as they are, without attributes."""
    for body in bodies:
        (sent,) = simulation.cloud.queues(REGION).send(
            QUEUE, [OutMessage(body)], simulation.kernel.now
        )
        assert hasattr(sent, "message_id"), sent


@pytest.mark.parametrize("name", sorted(TOLD))
def test_each_form_of_the_event_leads_to_one_replacement(name: str) -> None:
    """Whatever wrapped it: one event, one replacement."""
    simulation = simulate(ecs=QUICK)
    source = add_source(simulation, instance_id=SOURCE_ID)
    simulation.start_worker("one")

    interrupt(simulation, source, publish_event=False)
    deliver(simulation, TEXTS[name])
    recover(simulation)

    assert violations(simulation, source) == []
    assert [one["Status"] for one in replacements(simulation)] == ["Running"]


@pytest.mark.parametrize("name", sorted(set(TEXTS) - TOLD))
def test_what_is_no_interruption_changes_nothing(name: str) -> None:
    """A foreign event is acknowledged, a malformed one is parked as it came."""
    simulation = simulate()
    source = add_source(simulation, instance_id=SOURCE_ID)
    interrupt(simulation, source, publish_event=False)
    before = len(simulation.cloud.ledger)
    simulation.start_worker("one")

    deliver(simulation, TEXTS[name])
    recover(simulation)

    done = {entry.action for entry in simulation.cloud.ledger[before:] if entry.product == "ecs"}
    assert done == set()
    is_malformed = INDEX[name]["expect"] == "malformed"
    assert parked(simulation) == int(is_malformed)
    if is_malformed:
        (message,) = simulation.cloud.queues(REGION).receive(DEAD, 1, simulation.kernel.now)
        assert message.body.strip() == TEXTS[name].strip()


def mutated(rng: random.Random) -> str:
    """Return a body that is near to an event, or nothing like one."""
    text = TEXTS[rng.choice(sorted(TEXTS))]
    for _ in range(rng.randrange(4)):
        at, length = rng.randrange(len(text) + 1), rng.randrange(12)
        junk = "".join(rng.choice('{}[]",:\\ 0aé火i-=') for _ in range(rng.randrange(6)))
        text = text[:at] + junk + text[at + length :]
    return text or "?"


def test_ten_thousand_mutated_bodies_change_nothing_and_none_is_lost() -> None:
    """None crashes the worker, none is lost, and an instance without a lock is never touched."""
    simulation = simulate(terms={"held_max": 10_000})
    add_source(simulation, instance_id=SOURCE_ID)
    begun = len(simulation.cloud.ledger)
    rng = random.Random(20261123)
    deliver(simulation, *(mutated(rng) for _ in range(BODIES)))

    simulation.start_worker("one")
    simulation.run(7_200.0, until=lambda: is_quiet(simulation))
    simulation.run(60.0)

    done = [entry.action for entry in simulation.cloud.ledger[begun:] if entry.product == "ecs"]
    assert done == []
    assert waiting(simulation, QUEUE) == 0
    told = Counter(name for _, name, _ in simulation.notebook.lines)
    ended = told["ignored"] + told["duplicate"] + told["parked"] + told["recreation_finished"]
    assert told["bug"] == 0
    assert ended == BODIES + sum(int(line["into"]) - 1 for line in _splits(simulation))
    assert parked(simulation) == told["parked"]


def _splits(simulation: Simulation) -> list[Any]:
    return simulation.notebook.named("split")


def test_an_older_false_notice_does_not_swallow_the_true_one() -> None:
    """A forged event shortly before the real one must not decide for a false alarm over it."""
    simulation = simulate(ecs=dataclasses.replace(QUICK, lock_delay_seconds=20.0))
    source = add_source(simulation, instance_id=SOURCE_ID)
    simulation.start_worker("one")
    deliver(simulation, json.dumps({"instanceId": SOURCE_ID, "action": "delete"}))
    simulation.run(592.0)

    interrupt(simulation, source)
    recover(simulation)

    assert violations(simulation, source) == []
    assert [one["Status"] for one in replacements(simulation)] == ["Running"]
