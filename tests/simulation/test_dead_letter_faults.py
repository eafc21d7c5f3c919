"""Every fault at every call of the commands for dead letters: nothing is lost, nothing is doubled."""

import contextlib
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial

import pytest

from tests.simulation.faults import (
    LATE_SECONDS,
    PAUSE_SECONDS,
    Fault,
    Interposer,
    applicable,
    faults_for,
)
from tests.simulation.harness import DEAD, QUEUE, Simulation
from tests.simulation.replaying import LEASE, UNDELIVERED, Person, do, put, take_all
from tests.simulation.scenarios import Source, recover, waiting
from tests.simulation.test_candidates import sell_everything
from tests.simulation.test_replay import launched, parked_without_stock, running
from worker.core.errors import RecreationError
from worker.ops.discard import Verdict
from worker.ops.keep import Kept

# Leases that a dead process had, and requests that take effect late, are over then.
SETTLED_SECONDS = LEASE + LATE_SECONDS + PAUSE_SECONDS
GARBAGE = ("not an event", {"parked": "no_stock", "signature": "00"})
UNKNOWN: tuple[str, dict[str, str]] = (
    '{"instanceId": "i-bp1nobodyknowsit0001", "action": "delete"}',
    {},
)
# A short one: what happens in days happens in an hour.
SHORT_RETENTION = 3_600.0

Letter = tuple[str, frozenset[tuple[str, str]]]


@dataclass
class Stage:
    """Dead letters, and what each of them is, to the letter."""

    simulation: Simulation
    source: Source
    letters: Counter[Letter]

    def lying(self) -> Counter[Letter]:
        """Take out and count what is in the dead-letter queues."""
        self.simulation.run(SETTLED_SECONDS)
        taken = [*take_all(self.simulation, DEAD), *take_all(self.simulation, UNDELIVERED)]
        return Counter(letter(*one) for one in taken)


def letter(body: str, attributes: dict[str, str]) -> Letter:
    return body, frozenset(attributes.items())


def with_two_sorts() -> Stage:
    """One that goes on when it is replayed, and one that nobody can read."""
    simulation, source = parked_without_stock()
    sell_everything(simulation, None)
    ((body, attributes),) = take_all(simulation, DEAD)
    put(simulation, UNDELIVERED, *GARBAGE)
    put(simulation, DEAD, body, attributes)
    return Stage(simulation, source, Counter([letter(body, attributes), letter(*GARBAGE)]))


def old() -> Stage:
    """The same, half way to the end of their retention."""
    stage = with_two_sorts()
    stage.simulation.run(SHORT_RETENTION / 2)
    return stage


def with_a_settled_one() -> Stage:
    """A copy of what was replayed and is finished, what nobody can read, and what nobody has begun."""
    stage = with_two_sorts()
    simulation = stage.simulation
    ((body, attributes),) = take_all(simulation, DEAD)
    put(simulation, DEAD, body, attributes)
    do(simulation, Person(simulation).run)
    recover(simulation)
    simulation.run(60.0)
    put(simulation, DEAD, body, attributes)
    put(simulation, DEAD, *UNKNOWN)
    left = Counter([letter(*GARBAGE), letter(*UNKNOWN)])
    return Stage(simulation, stage.source, left)


def met_by(
    fault: Fault, build: Callable[[], Stage], work: Callable[[Person], object]
) -> Iterator[Stage]:
    """Let the fault strike at each call that it can meet, one stage for each.

    Yields:
        What is left after the command has ended, in whatever way, and everything late has happened.
    """
    _, calls = met(build, work, {})
    for number in (call.number for call in calls.calls if fault in faults_for(call)):
        stage, faults = met(build, work, {number: fault})
        assert [call.number for call, _ in faults.struck] == [number]
        yield stage


def met(
    build: Callable[[], Stage], work: Callable[[Person], object], plan: Mapping[int, Fault]
) -> tuple[Stage, Interposer]:
    """Do it once under a plan of faults, and let everything late happen."""
    stage = build()
    faults = Interposer(stage.simulation.kernel, plan)
    stage.simulation.kernel.spawn(lambda: attempt(work, Person(stage.simulation, faults=faults)))
    stage.simulation.run(SETTLED_SECONDS)
    return stage, faults


def keep(person: Person) -> list[Kept]:
    return person.keep(SHORT_RETENTION)


def attempt(work: Callable[[Person], object], person: Person) -> None:
    """Do it as the command line does, where a refusal is one sentence."""
    with contextlib.suppress(RecreationError):
        work(person)


@pytest.mark.parametrize("fault", list(Fault))
def test_a_replay_loses_nothing_and_doubles_nothing(fault: Fault) -> None:
    """Run again it ends in one replacement; what cannot be read stays where it is."""
    struck = 0
    for stage in met_by(fault, with_two_sorts, Person.run):
        struck += 1
        simulation = stage.simulation

        do(simulation, Person(simulation).run)
        recover(simulation)

        assert launched(simulation) == running(simulation) == Counter([stage.source.instance_id])
        assert waiting(simulation, QUEUE) == 0
        assert stage.lying() == Counter([letter(*GARBAGE)])
    assert struck > 0


@pytest.mark.parametrize("fault", list(Fault))
def test_keeping_loses_nothing_and_doubles_nothing(fault: Fault) -> None:
    """The next run of the timer leaves each of them there once, to the letter, and young."""
    struck = 0
    for stage in met_by(fault, old, keep):
        struck += 1
        simulation = stage.simulation

        do(simulation, partial(keep, Person(simulation)))
        simulation.run(SETTLED_SECONDS)
        again = do(simulation, partial(keep, Person(simulation)))

        assert again == []
        assert stage.lying() == stage.letters
    meets = {fault in applicable("queue", one) for one in ("receive", "send", "delete", "renew")}
    assert (struck > 0) is any(meets)


@pytest.mark.parametrize("fault", list(Fault))
def test_discarding_takes_what_is_settled_and_nothing_else(fault: Fault) -> None:
    """Whatever went wrong, what is open is there once; run again, what is settled is gone."""
    struck = 0
    for stage in met_by(fault, with_a_settled_one, Person.discard):
        struck += 1
        simulation = stage.simulation

        again = do(simulation, Person(simulation).discard)

        assert {one.verdict for one in again} <= {Verdict.SETTLED, Verdict.OPEN}
        assert stage.lying() == stage.letters
    assert struck > 0
