"""What becomes of the promises when the cloud is not as assumed: one table, measured.

    python -m tests.simulation.assumptions --count 60       so many random schedules for each value

Each field of `emulator.assumptions` is given each of its other values alone. A row tells how many
interruptions ended in a replacement and how many were parked, and how often a promise was broken:
none may be. Exit code 1 says that one was; a line then repeats the run.
"""

import argparse
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from emulator.assumptions import FLIPS, Assumptions
from tests.simulation import pools
from tests.simulation.scenarios import parked
from tests.simulation.schedules import SCENARIOS
from tests.simulation.sim import LIMITS, Schedule, at_random

FAULTS_MAX = 3


@dataclass
class Row:
    """What the runs with one value showed.

    Attributes:
        undisturbed: Runs without a fault that ended in a replacement, and their number.
        faulty: The same with up to `FAULTS_MAX` faults.
        broken: The runs that broke a promise, each with what it broke.
    """

    field_name: str
    value: object
    undisturbed: tuple[int, int] = (0, 0)
    faulty: tuple[int, int] = (0, 0)
    broken: list[str] = field(default_factory=list)

    def count(self, schedule: Schedule) -> None:
        """Run one schedule and note its end."""
        simulation, found = schedule.run()
        if found:
            self.broken.append(f"{'; '.join(found)}\n  --replay '{schedule.line}'")
        replaced = int(bool(simulation.shelf.kept) and not parked(simulation))
        if schedule.plan:
            self.faulty = (self.faulty[0] + replaced, self.faulty[1] + 1)
        else:
            self.undisturbed = (self.undisturbed[0] + replaced, self.undisturbed[1] + 1)

    @property
    def line(self) -> str:
        """The row of the table."""
        usual = getattr(Assumptions(), self.field_name, "")
        return (
            f"| {self.field_name or 'all as assumed'} | {usual} | {self.value} |"
            f" {self.undisturbed[0]} of {self.undisturbed[1]} |"
            f" {self.faulty[0]} of {self.faulty[1]} | {len(self.broken)} |"
        )


HEAD = (
    "| assumption | here | if it is instead | replaced without faults | with faults | broken |\n"
    "|---|---|---|---|---|---|"
)
# Scenarios that end in a replacement when the cloud is as assumed.
SOUND = tuple(
    scenario.name for scenario in SCENARIOS if not (scenario.may_park or scenario.withdrawn)
)


def schedules(flip: tuple[str, int] | None, count: int) -> Iterator[Schedule]:
    """List the runs for one value: every sound scenario without a fault, and some with."""
    for name in SOUND:
        yield Schedule(name, (), 1, 1, flip)
    for seed in range(1, count + 1):
        yield replace(at_random(seed, workers=0, faults=FAULTS_MAX), flip=flip)


def row(task: tuple[str, int, int]) -> Row:
    """Make one row."""
    name, at, count = task
    flip = (name, at) if name else None
    made = Row(name, FLIPS[name][at] if name in FLIPS else "")
    for schedule in schedules(flip, count):
        made.count(schedule)
    return made


def main() -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(prog="assumptions")
    parser.add_argument("--count", type=int, default=60, help="random schedules for each value")
    parser.add_argument("--only", default="", help="this field only")
    given = parser.parse_args()
    tasks = [("", 0, given.count)]
    tasks += [
        (name, at, given.count)
        for name, values in FLIPS.items()
        for at in range(len(values))
        if given.only in {"", name}
    ]
    print(HEAD, flush=True)
    tasks += [(name, 0, given.count) for name in LIMITS if given.only in {"", name}]
    broken: list[str] = []
    with pools.fresh() as pool:
        for made in pool.imap(row, tasks):
            print(made.line, flush=True)
            broken += made.broken if made.field_name not in LIMITS else []
    for sentence in broken:
        print(f"VIOLATION {sentence}")
    print(f"{len(tasks) - 1 - len(LIMITS)} other clouds, {len(broken)} broken promises")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
