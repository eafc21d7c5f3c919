"""Searches for a schedule of faults that breaks a promise: at random, or all pairs of a scenario.

    python -m tests.simulation.sim --seed 1 --count 10000      random schedules, up to 8 faults
    ... --note                                                   and a line of it in docs/promises.md
    ... --faults 3 --exactly                     always three: their p99 of calls has a bar as well
    python -m tests.simulation.sim --cells --seed 1              every pair of cells, once
    ... --both-orders                         each that can come in two orders, twice
    python -m tests.simulation.sim --pairs plain --sample 5000   two faults, all or a sample
    python -m tests.simulation.sim --replay 'plain 12:crash-after,40:answer-lost 7 2'

Everything follows from the seed, so that each violation is one line that repeats it: the scenario,
the faults by the number of the call, the seed of the cloud and the number of workers. Ends with one
line of figures; exit code 1 says that a promise was broken.
"""

import argparse
import gc
import itertools
import os
import random
import re
import sys
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from multiprocessing.pool import Pool
from typing import Any, NamedTuple, TypeVar, get_type_hints

from emulator.assumptions import FLIPS
from tests.simulation import pools, searched
from tests.simulation.faults import Cell, Fault, applicable, cells, faults_for
from tests.simulation.harness import Simulation
from tests.simulation.schedules import Scenario, judged, run
from tests.simulation.searched import Search
from tests.simulation.situations import ALL
from worker.ports import Queue
from worker.steps import CloudPorts

T = TypeVar("T")

FAULTS_MAX = 8
WORKERS_MAX = 3
# After a fault comes the code that nobody tests: half of the further ones strike close behind.
CLOSE_CALLS = 12
PART = 50
TELL_EVERY_SECONDS = 60.0
RANDOM_PART = 100
# A pair of cells strikes once, wherever it can: in a short scenario rather than by its chance alone.
PAIRS_FAVOUR = 3
# In a sample of pairs, one of so many second faults is taken behind each first one.
SECONDS_PER_FIRST = 20.0
# More calls than this many times the undisturbed run's, and this many beside, is a busy loop.
CALLS_FACTOR = 6.0
CALLS_SPARE = 400
# Under exactly so many faults, 99 of 100 runs make at most so many times the undisturbed one's calls.
P99_FAULTS = 3
P99_MAX = 2.5
# Where only some ports are struck: so many calls of a method, and then one of so many.
STRUCK_EACH = 2
STRUCK_THEN_ONE_OF = 5
_REPLAY = re.compile(
    r"(?P<name>.+?) (?P<plan>-|\d+:[a-z-]+(?:,\d+:[a-z-]+)*) (?P<seed>\d+)(?: (?P<workers>\d))?"
    r"(?: (?P<field>[a-z0-9_]+)=(?P<value>\d))?"
)


ALL_CELLS = cells(
    {**get_type_hints(CloudPorts), "queue": Queue, "dead_letters": Queue},
)


# Clouds in which a promise cannot be kept, so that it is known what it rests on.
LIMITS: Mapping[str, Mapping[str, Any]] = {
    "tokens_forgotten_before_tags_show": {
        "client_token_seconds": 5.0,
        "describe_lag_seconds": 90.0,
    },
}


@dataclass(frozen=True)
class Schedule:
    """One run: what happens, what goes wrong, and the dice of the cloud.

    Attributes:
        flip: A field of `Assumptions` and which of its other values it has, or one of `LIMITS`.
    """

    scenario: str
    plan: tuple[tuple[int, Fault], ...]
    seed: int
    workers: int
    flip: tuple[str, int] | None = None

    @property
    def line(self) -> str:
        """The schedule as `--replay` takes it."""
        plan = ",".join(f"{number}:{fault.value}" for number, fault in self.plan) or "-"
        flip = f" {self.flip[0]}={self.flip[1]}" if self.flip else ""
        return f"{self.scenario} {plan} {self.seed} {self.workers}{flip}"

    @property
    def flips(self) -> dict[str, Any]:
        """The field that differs with its value."""
        if self.flip is None:
            return {}
        name, at = self.flip
        return dict(LIMITS[name]) if name in LIMITS else {name: FLIPS[name][at]}

    @staticmethod
    def parse(line: str) -> "Schedule":
        """Read `line`.

        Raises:
            ValueError: It is not of that form.
        """
        match = _REPLAY.fullmatch(line.strip())
        if match is None or match["name"] not in ALL:
            raise ValueError(f"cannot read {line!r}; scenarios: {', '.join(sorted(ALL))}")
        plan = [] if match["plan"] == "-" else match["plan"].split(",")
        faults = [(int(number), Fault(name)) for number, name in (one.split(":") for one in plan)]
        workers = int(match["workers"] or ALL[match["name"]].workers)
        flip = (match["field"], int(match["value"])) if match["field"] else None
        return Schedule(match["name"], tuple(faults), int(match["seed"]), workers, flip)

    def run(self) -> tuple[Simulation, list[str]]:
        """Run it and judge it; a defect that ends the run is a violation too."""
        scenario = ALL[self.scenario]
        simulation, source = run(
            scenario, dict(self.plan), seed=self.seed, workers=self.workers, flips=self.flips
        )
        # Where the cloud can do less, parking with a reason is all that can be done.
        lenient = replace(scenario, may_park=True) if self.flip else scenario
        found = judged(lenient, simulation, source)
        calls, usual = requests(simulation), usual_calls(self.scenario, self.workers)
        if calls > usual * CALLS_FACTOR + CALLS_SPARE:
            found.append(f"{calls} calls, {usual} without faults")
        return simulation, found


class Follower(NamedTuple):
    """A call that is made behind a fault.

    Attributes:
        before: The cell that strikes first.
        first: How it is brought about in `scenario`.
        number: Of the call.
    """

    before: Cell
    port: str
    method: str
    scenario: str
    first: tuple[int, Fault]
    number: int


@dataclass
class Figures:
    """What the closing line tells."""

    schedules: int = 0
    struck: Counter[str] = field(default_factory=Counter)
    cells: set[Cell] = field(default_factory=set)
    ratios: list[float] = field(default_factory=list)
    broken: list[tuple[Schedule, list[str]]] = field(default_factory=list)
    slowest: tuple[float, str] = (0.0, "")
    busiest: tuple[float, str] = (0.0, "")

    def add(self, other: "Figures") -> None:
        self.schedules += other.schedules
        self.struck += other.struck
        self.cells |= other.cells
        self.ratios += other.ratios
        self.broken += other.broken
        self.slowest = max(self.slowest, other.slowest)
        self.busiest = max(self.busiest, other.busiest)

    def count(self, schedule: Schedule) -> None:
        """Run one schedule and note what it showed."""
        begun = time.perf_counter()
        try:
            simulation, found = schedule.run()
        except Exception as error:  # noqa: BLE001 - whatever ends a run is a finding
            self.broken.append((schedule, [f"the run ended: {error!r} {error.__cause__!r}"]))
        else:
            for call, fault in simulation.interposer.struck:
                self.struck[fault.value] += 1
                self.cells.add((call.port, call.method, fault))
            usual = usual_calls(schedule.scenario, schedule.workers)
            self.ratios.append(requests(simulation) / usual)
            self.busiest = max(self.busiest, (self.ratios[-1], schedule.line))
            if found:
                self.broken.append((schedule, found))
        self.schedules += 1
        self.slowest = max(self.slowest, (time.perf_counter() - begun, schedule.line))


def requests(simulation: Simulation) -> int:
    """Count calls; a long poll of an idle worker is nobody's."""
    return sum(call.method != "receive" for call in simulation.interposer.calls)


@cache
def usual_calls(scenario: str, workers: int) -> int:
    """Count the calls of the undisturbed run."""
    simulation, _ = run(ALL[scenario], {}, workers=workers)
    return requests(simulation)


@cache
def usual_length(scenario: str, workers: int) -> int:
    """Count the calls of the undisturbed run, polls of the queue included."""
    simulation, _ = run(ALL[scenario], {}, workers=workers)
    return len(simulation.interposer.calls)


@cache
def chances() -> Mapping[str, float]:
    """Weigh the scenarios: one is the likelier the fewer calls it makes.

    What faults do to each other shows in a short one as well, and is searched for more often so.
    """
    return {name: 1 / usual_length(name, ALL[name].workers) for name in sorted(ALL)}


def at_random(seed: int, *, workers: int, faults: int, least: int = 1) -> Schedule:
    """Make a schedule; everything about it follows from the seed.

    Args:
        seed: Of the schedule and of the cloud in it.
        workers: How many there are; 0 draws up to `WORKERS_MAX`.
        faults: How many there are at most.
        least: How many there are at least.
    """
    rng = random.Random(seed)
    (name,) = rng.choices(tuple(chances()), tuple(chances().values()))
    hands = workers or rng.randint(1, WORKERS_MAX)
    last = min(int(usual_length(name, hands) * 1.5), 400)
    numbers: set[int] = set()
    wanted = rng.randint(least, faults)
    while len(numbers) < wanted:
        if numbers and rng.random() < 0.5:
            numbers.add(rng.choice(sorted(numbers)) + rng.randint(1, CLOSE_CALLS))
        else:
            numbers.add(rng.randrange(last))
    plan = tuple((number, rng.choice(list(Fault))) for number in sorted(numbers))
    return Schedule(name, plan, seed, hands)


def pairs(name: str, first: tuple[int, Fault], seed: int = 1) -> Iterator[Schedule]:
    """List every second fault over the calls that a run with the first one makes."""
    scenario = ALL[name]
    simulation, _ = run(scenario, dict([first]), seed=seed)
    for call in simulation.interposer.calls[first[0] + 1 :]:
        for fault in faults_for(call):
            yield Schedule(name, (first, (call.number, fault)), seed, scenario.workers)


def followers(name: str, first: tuple[int, Fault], rng: random.Random) -> list[Follower]:
    """List which methods are called behind a first fault, and one call of each."""
    simulation, _ = run(ALL[name], dict([first]))
    calls: dict[tuple[str, str], list[int]] = {}
    for call in simulation.interposer.calls[first[0] + 1 :]:
        calls.setdefault((call.port, call.method), []).append(call.number)
    return [
        Follower(
            (struck.port, struck.method, fault), port, method, name, first, rng.choice(numbers)
        )
        for struck, fault in simulation.interposer.struck
        for (port, method), numbers in calls.items()
    ]


def pairs_of_cells(
    found: Iterable[Follower], seed: int, *, both_orders: bool = False
) -> list[Schedule]:
    """Let each pair of cells strike once; where, when and in which order the dice decide.

    Args:
        found: Which calls there are behind which faults.
        seed: Of the dice, and of the cloud.
        both_orders: A pair that can come in both orders strikes in both.
    """
    places: dict[tuple[Cell, Cell], list[tuple[Follower, Fault]]] = {}
    for one in found:
        for fault in applicable(one.port, one.method):
            pair = (one.before, (one.port, one.method, fault))
            known = pair if both_orders or pair[0] <= pair[1] else (pair[1], pair[0])
            places.setdefault(known, []).append((one, fault))
    rng = random.Random(seed)
    listed = []
    for pair in sorted(places):
        weights = [chances()[one.scenario] ** PAIRS_FAVOUR for one, _ in places[pair]]
        ((one, fault),) = rng.choices(places[pair], weights)
        plan = (one.first, (one.number, fault))
        listed.append(Schedule(one.scenario, plan, seed, ALL[one.scenario].workers))
    # So that the parts take about the same time each.
    rng.shuffle(listed)
    return listed


def some_firsts(seed: int) -> list[tuple[str, tuple[int, Fault]]]:
    """Choose for each scenario one call for each cell that it reaches."""
    rng = random.Random(seed)
    chosen = []
    for name in sorted(ALL):
        simulation, _ = run(ALL[name], {})
        at: dict[Cell, list[int]] = {}
        for call in simulation.interposer.calls:
            for fault in faults_for(call):
                at.setdefault((call.port, call.method, fault), []).append(call.number)
        chosen += [(name, (rng.choice(numbers), cell[2])) for cell, numbers in at.items()]
    return chosen


def firsts(scenario: Scenario) -> list[tuple[int, Fault]]:
    """List every single fault.

    Raises:
        ValueError: The scenario makes no call of those from which its faults are to strike.
    """
    simulation, _ = run(scenario, {})
    calls = simulation.interposer.calls
    names = [f"{call.port}.{call.method}" for call in calls]
    begin = names.index(scenario.strikes_from) if scenario.strikes_from else 0
    return [
        (call.number, fault)
        for call in calls[begin:]
        for fault in faults_for(call)
        if not scenario.ports or call.port in scenario.ports
    ]


def singles(names: Iterable[str]) -> Iterator[Schedule]:
    """List every single fault of some scenarios, and each without any.

    A scenario in which only some ports are struck goes on like another one in its polls.
    """
    for name in names:
        scenario = ALL[name]
        found = firsts(scenario)
        if scenario.ports:
            telling = telling_calls(scenario)
            found = [first for first in found if first[0] in telling]
        for plan in ((), *((first,) for first in found)):
            yield Schedule(name, plan, 1, scenario.workers)


def telling_calls(scenario: Scenario) -> set[int]:
    """Number the first calls of each method, the last one, and some of the polls in between."""
    simulation, _ = run(scenario, {})
    numbers: dict[tuple[str, str], list[int]] = {}
    for call in simulation.interposer.calls:
        numbers.setdefault((call.port, call.method), []).append(call.number)
    return {
        number
        for made in numbers.values()
        for at, number in enumerate(made, start=1)
        if at <= STRUCK_EACH or at % STRUCK_THEN_ONE_OF == 0 or at == len(made)
    }


def search(schedules: Iterable[Schedule], *, processes: int) -> Figures:
    """Run schedules side by side and join what they show; a fresh process each, nothing shared.

    The first part in which a promise is broken ends the search.
    """
    listed = list(schedules)
    # Each part has something of everything, so that a defect shows in one of the first.
    count = -(-len(listed) // PART)
    parts = [listed[at::count] for at in range(count)]
    with pools.fresh(processes) as pool:
        figures = Figures()
        for part in pool.imap_unordered(_counted, parts):
            figures.add(part)
            if figures.broken:
                return figures
        # Leaving the block kills what is still at work; closing first lets it end.
        pool.close()
        pool.join()
    return figures


def shrunk(schedule: Schedule, found: list[str]) -> tuple[Schedule, list[str]]:
    """Leave out every fault and worker that the violation does not need."""
    plan = schedule.plan
    smaller = [replace(schedule, plan=plan[:at] + plan[at + 1 :]) for at in range(len(plan))]
    if schedule.workers > 1:
        smaller.append(replace(schedule, workers=schedule.workers - 1))
    for candidate in smaller:
        figures = Figures()
        figures.count(candidate)
        if figures.broken:
            return shrunk(candidate, figures.broken[0][1])
    return schedule, found


def _random_part(task: tuple[range, int, int, int]) -> Figures:
    seeds, workers, faults, least = task
    return _counted(at_random(seed, workers=workers, faults=faults, least=least) for seed in seeds)


def _pairs_part(task: tuple[str, tuple[int, Fault], float]) -> Figures:
    name, first, share = task
    rng = random.Random(f"{name} {first}")
    return _counted(one for one in pairs(name, first) if share >= 1 or rng.random() < share)


def _followers_part(task: tuple[int, list[tuple[str, tuple[int, Fault]]]]) -> list[Follower]:
    seed, listed = task
    found: list[Follower] = []
    for name, first in _tidily(listed):
        found += followers(name, first, random.Random(f"{seed} {name} {first}"))
    return found


def _counted(schedules: Iterable[Schedule]) -> Figures:
    figures = Figures()
    for schedule in _tidily(schedules):
        figures.count(schedule)
    return figures


def _tidily(runs: Iterable[T]) -> Iterator[T]:
    """Yield them; what a finished run leaves is freed before the next, which finds its memory warm.

    What was there before the first one is never looked at.
    """
    gc.collect()
    gc.freeze()
    gc.disable()
    for one in runs:
        yield one
        gc.collect()


def _collect(work: Iterator[Figures], seconds: float) -> Figures:
    """Join the parts as they come, telling each violation at once, and now and then how far it is."""
    figures, begun = Figures(), time.monotonic()
    told = begun
    for part in work:
        figures.add(_told(part))
        now = time.monotonic()
        if now > begun + seconds:
            break
        if now > told + TELL_EVERY_SECONDS:
            told = now
            rate = figures.schedules / (now - begun)
            print(
                f"{figures.schedules} so far, {rate:.0f}/s, {len(figures.broken)} violations",
                file=sys.stderr,
                flush=True,
            )
    return figures


def _told(part: Figures) -> Figures:
    for schedule, found in part.broken:
        least, why = shrunk(schedule, found)
        print(f"VIOLATION {'; '.join(why)}\n  --replay '{least.line}'", flush=True)
    return part


def _p99(figures: Figures) -> float:
    ratios = sorted(figures.ratios) or [0.0]
    return ratios[min(int(len(ratios) * 0.99), len(ratios) - 1)]


def is_of_three(given: argparse.Namespace) -> bool:
    """Tell whether a search is one by which the bar of `P99_MAX` is judged."""
    is_at_random = not given.cells and not given.pairs
    return is_at_random and given.exactly and given.faults == P99_FAULTS


def _kind(given: argparse.Namespace) -> str:
    if is_of_three(given):
        return "three faults"
    if given.cells:
        return "ordered pairs of cells" if given.both_orders else "pairs of cells"
    return "random"


def is_too_busy(given: argparse.Namespace, figures: Figures) -> bool:
    """Tell whether a search under three faults made more calls than are promised."""
    return is_of_three(given) and _p99(figures) > P99_MAX


def _noted(given: argparse.Namespace, figures: Figures, commit: str, seconds: float) -> Search:
    last = given.seed if given.cells else given.seed + figures.schedules - 1
    return Search(
        kind=_kind(given),
        commit=commit,
        seeds=(given.seed, last),
        schedules=figures.schedules,
        cells=len(figures.cells & ALL_CELLS),
        cells_of=len(ALL_CELLS),
        broken=len(figures.broken),
        calls_p99=round(_p99(figures), 2),
        seconds=round(seconds),
    )


def _tell(figures: Figures, seconds: float, processes: int) -> int:
    struck = " ".join(f"{name}={count}" for name, count in sorted(figures.struck.items()))
    reached = len(figures.cells & ALL_CELLS)
    print(
        f"{figures.schedules} schedules, {figures.schedules / seconds:.0f}/s in {processes}"
        f" processes; {reached} of {len(ALL_CELLS)} cells (port method x fault) reached;"
        f" faults {struck}; calls at most {figures.busiest[0]:.1f} times the usual"
        f" ({figures.busiest[1]}), p99 {_p99(figures):.1f}; slowest {figures.slowest[0]:.2f} s ({figures.slowest[1]});"
        f" {len(figures.broken)} violations"
    )
    return 1 if figures.broken else 0


def _replay(line: str) -> int:
    simulation, found = Schedule.parse(line).run()
    for call, fault in simulation.interposer.struck:
        print(f"struck {call.number} {call.worker} {call.port}.{call.method} {fault.value}")
    for at, name, fields in simulation.notebook.lines:
        told = " ".join(f"{key}={value}" for key, value in fields.items())
        print(f"{at - simulation.cloud.started_at - 120:9.2f} {name} {told}")
    for sentence in found:
        print(f"VIOLATION {sentence}")
    return 1 if found else 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="sim", description=(__doc__ or "").split("\n\n", 1)[0])
    parser.add_argument("--seed", type=int, default=1, help="the first seed")
    parser.add_argument("--count", type=int, default=2_000, help="how many random schedules")
    parser.add_argument("--workers", type=int, default=0, help="always so many workers")
    parser.add_argument("--faults", type=int, default=FAULTS_MAX, help="faults at most")
    parser.add_argument("--exactly", action="store_true", help="always so many faults")
    parser.add_argument("--seconds", type=float, default=1e9, help="stop after about so long")
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--cells", action="store_true", help="every pair of cells, each once")
    parser.add_argument("--both-orders", action="store_true", help="each pair in both its orders")
    parser.add_argument("--pairs", metavar="SCENARIO", help="two faults; `all` takes every one")
    parser.add_argument("--sample", type=int, default=0, help="about so many of the pairs")
    parser.add_argument("--note", action="store_true", help="keep it for docs/promises.md")
    parser.add_argument("--replay", metavar="LINE", help="repeat one schedule and tell its story")
    return parser.parse_args()


def _tasks_of_pairs(name: str, sample: float) -> list[tuple[str, tuple[int, Fault], float]]:
    """List first faults with the share of the second ones to take; `sample` 0 takes them all."""
    found = firsts(ALL[name])
    # A run with one fault makes about as many calls as one without.
    share = min(sample / (len(found) ** 2 / 2), 1.0) if sample else 1.0
    # The calls behind a first fault cost a run to learn, so a few firsts get many seconds.
    some = min(share * SECONDS_PER_FIRST, 1.0)
    rng = random.Random(name)
    return [(name, first, share / some) for first in found if rng.random() < some]


def _cells_work(given: argparse.Namespace, pool: Pool) -> Iterator[Figures]:
    """Plan one schedule for each pair of cells, and run them."""
    chosen = some_firsts(given.seed)
    pieces = [(given.seed, chosen[at : at + PART]) for at in range(0, len(chosen), PART)]
    reached = itertools.chain.from_iterable(pool.imap(_followers_part, pieces))
    planned = pairs_of_cells(reached, given.seed, both_orders=given.both_orders)
    print(f"{len(planned)} {_kind(given)}, one schedule each", flush=True)
    return pool.imap_unordered(
        _counted, [planned[at : at + PART] for at in range(0, len(planned), PART)]
    )


def _pairs_work(given: argparse.Namespace, pool: Pool) -> Iterator[Figures]:
    names = sorted(ALL) if given.pairs == "all" else [given.pairs]
    each = given.sample / len(names)
    tasks = [task for name in names for task in _tasks_of_pairs(name, each)]
    return pool.imap_unordered(_pairs_part, tasks)


def _random_work(given: argparse.Namespace, pool: Pool) -> Iterator[Figures]:
    end = given.seed + given.count
    least = given.faults if given.exactly else 1
    tasks = [
        (range(at, min(at + RANDOM_PART, end)), given.workers, given.faults, least)
        for at in range(given.seed, end, RANDOM_PART)
    ]
    return pool.imap(_random_part, tasks)


def main() -> int:
    """Run what the command line asks for."""
    given = _arguments()
    if given.replay:
        return _replay(given.replay)
    commit = searched.commit() if given.note else ""
    work = _cells_work if given.cells else _pairs_work if given.pairs else _random_work
    begun = time.monotonic()
    with pools.fresh(given.processes, tasks_each=200) as pool:
        figures = _collect(work(given, pool), given.seconds)
        seconds = time.monotonic() - begun
    if given.note:
        searched.note(_noted(given, figures, commit, seconds))
    code = _tell(figures, seconds, given.processes)
    if is_too_busy(given, figures):
        print(f"calls p99 {_p99(figures):.2f} under three faults, {P99_MAX} at most")
        return 1
    return code


if __name__ == "__main__":
    sys.exit(main())
