"""Faults below the ports, in calls that are made for many recreations at once.

    python -m tests.simulation.merged --seed 1 --count 1000
    python -m tests.simulation.merged --replay '3:lost-after,17:crash-after 5 2'

The search over the ports (`tests.simulation.sim`) lets whoever asks make the call himself. Here calls
are merged as in a real worker, and a fault strikes the merged call: all who asked hear of it, or the
one who made it dies. Everything follows from the seed, as there.
"""

import argparse
import os
import random
import re
import sys
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum
from functools import partial
from typing import Any, Final

from tests.simulation import pools
from tests.simulation.bindings import CloudCall
from tests.simulation.faults import LATE_SECONDS, PAUSE_SECONDS, TIME_OUT_SECONDS
from tests.simulation.harness import REGION, Simulation, simulate
from tests.simulation.invariants import launches, violations
from tests.simulation.kernel import Crash, SimulatedCrew
from tests.simulation.scenarios import Source, add_source, interrupt, parked, recover
from tests.simulation.schedules import QUICK
from worker.adapters.ecs.call import ApiRefusal, Body, ConnectionLost

SOURCES: Final = 5
WORKERS_MAX: Final = 3
FAULTS_MAX: Final = 4
# Later calls are made of one recreation or two, and are the other search's business.
CALLS: Final = 90
SPREAD_SECONDS: Final = 2.0
# What may pass in vain while a source still lives long enough for its image.
SPARE_SECONDS: Final = 200.0
PART: Final = 25
_REPLAY: Final = re.compile(
    r"(?P<plan>\d+:[a-z-]+(?:,\d+:[a-z-]+)*|-) (?P<seed>\d+) (?P<workers>\d)"
)


class SeamFault(str, Enum):
    """What can happen to one request."""

    LOST_BEFORE = "lost-before"  # no answer, and no effect
    LOST_AFTER = "lost-after"  # no answer, although it took effect
    LATE = "late-effect"  # no answer, and the effect a minute later
    ERROR_BEFORE = "error-before"  # 503 without an effect
    ERROR_AFTER = "error-after"  # 500 although it took effect
    THROTTLED = "throttled"  # refused for rate
    EMPTY = "empty"  # 200 with nothing in it, although it took effect
    SLOW = "slow"  # the answer comes when all leases are over
    PAUSED = "paused"  # the process stands still before the call
    CRASH_BEFORE = "crash-before"  # the process dies, and the call was never made
    CRASH_AFTER = "crash-after"  # the process dies, and nobody hears the answer


# For how long a fault can hold up what it strikes: its own time and the next look, or a lease.
DELAYS: Final[Mapping[SeamFault, float]] = {
    SeamFault.SLOW: 190.0,
    SeamFault.PAUSED: 190.0,
    SeamFault.CRASH_BEFORE: 95.0,
    SeamFault.CRASH_AFTER: 95.0,
}
DELAY_SECONDS: Final = 75.0


@dataclass
class Striker:
    """Counts the requests of all workers, and lets a planned fault strike at one."""

    simulation: Simulation
    plan: Mapping[int, SeamFault]
    count: int = 0
    shared: int = 0
    struck: list[tuple[str, SeamFault]] = field(default_factory=list)

    def seam(self, worker: str) -> "StruckCall":
        cloud, kernel = self.simulation.cloud, self.simulation.kernel
        return StruckCall(self, worker, CloudCall(cloud, REGION, kernel))


@dataclass(frozen=True)
class StruckCall:
    """The seam of one worker."""

    striker: Striker
    worker: str
    inner: CloudCall

    def __call__(self, action: str, params: Mapping[str, Any]) -> Body:
        striker = self.striker
        number, striker.count = striker.count, striker.count + 1
        striker.shared += _is_shared(params)
        fault = striker.plan.get(number)
        if fault is None:
            return self.inner(action, params)
        striker.struck.append((action, fault))
        return self._strike(fault, action, params)

    def _strike(self, fault: SeamFault, action: str, params: Mapping[str, Any]) -> Body:
        simulation, kernel = self.striker.simulation, self.striker.simulation.kernel
        match fault:
            case SeamFault.CRASH_BEFORE:
                self._crash()
            case SeamFault.PAUSED:
                simulation.pause(self.worker, PAUSE_SECONDS)
                kernel.sleep(PAUSE_SECONDS)
                return self.inner(action, params)
            case SeamFault.ERROR_BEFORE:
                raise ApiRefusal(503, "ServiceUnavailable")
            case SeamFault.THROTTLED:
                raise ApiRefusal(400, "Throttling.User")
            case SeamFault.LATE:
                kernel.spawn(lambda: self._quietly(action, params), at=kernel.now + LATE_SECONDS)
            case SeamFault.LOST_BEFORE:
                pass
            case _:
                return self._after(fault, self.inner(action, params))
        kernel.sleep(TIME_OUT_SECONDS)
        raise ConnectionLost("planned")

    def _after(self, fault: SeamFault, body: Body) -> Body:
        """Spoil what was answered; a refusal of its own has gone its way already."""
        kernel = self.striker.simulation.kernel
        match fault:
            case SeamFault.CRASH_AFTER:
                self._crash()
            case SeamFault.ERROR_AFTER:
                raise ApiRefusal(500, "InternalError")
            case SeamFault.EMPTY:
                return {}
            case SeamFault.SLOW:
                kernel.sleep(PAUSE_SECONDS)
                return body
        kernel.sleep(TIME_OUT_SECONDS)
        raise ConnectionLost("planned")

    def _quietly(self, action: str, params: Mapping[str, Any]) -> None:
        try:
            self.inner(action, params)
        except ApiRefusal:
            # Nobody hears the answer.
            return

    def _crash(self) -> None:
        self.striker.simulation.kill(self.worker)
        raise Crash


def _is_shared(params: Mapping[str, Any]) -> bool:
    """Tell whether a request is about more than one recreation; each source has one disk."""
    lists = (str(params.get("ImageId", "")), str(params.get("InstanceIds", "")))
    return any("," in one for one in lists) or len(params.get("DiskIds", ())) > 1


@dataclass(frozen=True)
class Crowd:
    """One run: how many workers, what goes wrong, and the dice."""

    plan: tuple[tuple[int, SeamFault], ...]
    seed: int
    workers: int

    @property
    def line(self) -> str:
        """The run as `--replay` takes it."""
        plan = ",".join(f"{number}:{fault.value}" for number, fault in self.plan) or "-"
        return f"{plan} {self.seed} {self.workers}"

    @staticmethod
    def parse(line: str) -> "Crowd":
        """Read `line`.

        Raises:
            ValueError: It is not of that form.
        """
        match = _REPLAY.fullmatch(line.strip())
        if match is None:
            raise ValueError(f"cannot read {line!r}")
        plan = [] if match["plan"] == "-" else match["plan"].split(",")
        pairs = (one.split(":") for one in plan)
        faults = tuple((int(number), SeamFault(name)) for number, name in pairs)
        return Crowd(faults, int(match["seed"]), int(match["workers"]))

    def run(self) -> tuple[Simulation, Striker, list[str]]:
        """Let it happen, and judge it."""
        simulation = simulate(ecs=QUICK, seed=self.seed)
        striker = Striker(simulation, dict(self.plan))
        simulation.seam, simulation.crew_of = striker.seam, SimulatedCrew
        sources = [add_source(simulation) for _ in range(SOURCES)]
        for number in range(self.workers):
            simulation.start_worker(f"worker-{number}")
        rng = random.Random(self.seed)
        for source in sources:
            at = simulation.kernel.now + rng.random() * SPREAD_SECONDS
            simulation.kernel.spawn(partial(interrupt, simulation, source), at=at)
        recover(simulation)
        simulation.kernel.close()
        return simulation, striker, judged(simulation, striker, sources)


def judged(simulation: Simulation, striker: Striker, sources: list[Source]) -> list[str]:
    """Return the promises that a run broke."""
    found = violations(simulation, *sources)
    lost = sum(DELAYS.get(fault, DELAY_SECONDS) for _, fault in striker.struck)
    if lost > SPARE_SECONDS:
        return found
    if parked(simulation):
        reasons = sorted({str(line["reason"]) for line in simulation.notebook.named("parked")})
        found.append(f"{parked(simulation)} parked: {reasons}")
    missing = [one.instance_id for one in sources if not launches(simulation, one.instance_id)]
    return [*found, f"nothing was launched for {missing}"] if missing else found


def at_random(seed: int) -> Crowd:
    """Make a run; everything about it follows from the seed."""
    rng = random.Random(seed)
    numbers = sorted(rng.sample(range(CALLS), rng.randint(1, FAULTS_MAX)))
    plan = tuple((number, rng.choice(list(SeamFault))) for number in numbers)
    return Crowd(plan, seed, rng.randint(1, WORKERS_MAX))


Told = tuple[int, Counter[str], list[tuple[str, list[str]]]]


def _part(seeds: range) -> Told:
    struck: Counter[str] = Counter()
    broken = []
    for seed in seeds:
        crowd = at_random(seed)
        try:
            _, striker, found = crowd.run()
        except Exception as error:  # noqa: BLE001 - whatever ends a run is a finding
            found = [f"the run ended: {error!r} {error.__cause__!r}"]
        else:
            struck.update(f"{action} {fault.value}" for action, fault in striker.struck)
        if found:
            broken.append((crowd.line, found))
    return len(seeds), struck, broken


def _search(seed: int, count: int, processes: int) -> Iterator[Told]:
    parts = [range(at, min(at + PART, seed + count)) for at in range(seed, seed + count, PART)]
    with pools.fresh(processes) as pool:
        yield from pool.imap_unordered(_part, parts)


def main() -> int:
    """Run what the command line asks for, and end with one line of figures."""
    parser = argparse.ArgumentParser(prog="merged", description=(__doc__ or "").split("\n\n", 1)[0])
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--count", type=int, default=500)
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--replay", metavar="LINE")
    given = parser.parse_args()
    if given.replay:
        return _replay(given.replay)
    begun, runs, cells, broken = time.monotonic(), 0, Counter[str](), 0
    for count, struck, bad in _search(given.seed, given.count, given.processes):
        runs, broken = runs + count, broken + len(bad)
        cells.update(struck)
        for line, found in bad:
            print(f"VIOLATION {'; '.join(found)}\n  --replay '{line}'", flush=True)
    seconds = time.monotonic() - begun
    print(
        f"{runs} crowds, {runs / seconds:.1f}/s; {sum(cells.values())} faults in {len(cells)} cells"
        f" (action x fault); {broken} violations"
    )
    return 1 if broken else 0


def _replay(line: str) -> int:
    simulation, striker, found = Crowd.parse(line).run()
    for action, fault in striker.struck:
        print(f"struck {action} {fault.value}")
    for at, name, fields in simulation.notebook.lines:
        told = " ".join(f"{key}={value}" for key, value in fields.items())
        print(f"{at - simulation.cloud.started_at - 120:9.2f} {name} {told}")
    for sentence in found:
        print(f"VIOLATION {sentence}")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
