"""Every call that the worker makes x everything that can go wrong below the SDKs.

python -m tests.stack.matrix                 all cells
python -m tests.stack.matrix --sample 120    that many, spread over all of them
python -m tests.stack.matrix --cell NAME     one of them, as a failing run prints it
"""

import argparse
import contextlib
import multiprocessing
import os
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue

from typing_extensions import override

from tests.simulation import searched, trials
from tests.simulation.trials import Record
from tests.stack.cells import FEWEST, FOR_THEIR_OWN_CALLS, MATRIX, Cell, Spot, cells
from tests.stack.rig import Run, Stage, stage
from tests.stack.verdict import broken

# Emulators with a worker each in one process: while one waits for a time-out, another works.
STAGES = 4
_SHARES = (1.0, 0.9, 0.5)


@dataclass(frozen=True)
class Finding:
    """A broken promise, and the cell in which it broke; no cell for an undisturbed run."""

    cell: str
    sentence: str

    @override
    def __str__(self) -> str:
        again = f"python -m tests.stack.matrix --cell {self.cell}"
        return f"{self.sentence} | {again}"


def judge(one: Stage, cell: Cell) -> list[Finding]:
    """Run one cell and return what it broke."""
    run = reach(one, cell)
    found = broken(run, cell)
    if not run.struck:
        found.append("the fault was not reached")
    return [Finding(str(cell), sentence) for sentence in found]


def reach(one: Stage, cell: Cell) -> Run:
    """Run one cell.

    How often a call is made depends a little on the machine; when it was made less often than in
    the recorded run, the last one of its kind is struck, and in the end one in the middle.
    """
    run = one.run(MATRIX[cell.spot.scenario], cell.rule)
    for share in _SHARES:
        if run.struck:
            break
        cell = cell.nearest(run.requests, share)
        run = one.run(MATRIX[cell.spot.scenario], cell.rule)
    return run


def undisturbed() -> tuple[list[Cell], list[Finding]]:
    """Record one run of each scenario, and list the cells that follow from it."""
    listed: list[Cell] = []
    found: list[Finding] = []
    with _stages(1) as (one,):
        # The first run waits for the SDKs to load, so that its polls fall at other times.
        one.run(MATRIX["plain"])
        for name, scenario in MATRIX.items():
            run = one.run(scenario)
            known = {cell.spot.api for cell in listed} if name in FOR_THEIR_OWN_CALLS else set()
            listed += (cell for cell in cells(name, run.requests) if cell.spot.api not in known)
            found += [Finding(f"{name} undisturbed", each) for each in broken(run, None)]
    return listed, found


def spread(listed: Sequence[Cell], count: int) -> list[Cell]:
    """Take `count` cells that lie evenly over all of them; each call is among them."""
    if count >= len(listed):
        return list(listed)
    step = len(listed) / count
    taken = {listed[int(number * step)] for number in range(count)}
    missing = {cell.spot: cell for cell in listed}
    for cell in taken:
        missing.pop(cell.spot, None)
    return sorted(taken | set(missing.values()))


def run_piece(piece: Sequence[Cell]) -> list[Finding]:
    """Run some cells side by side in this process."""
    with _stages(STAGES) as made, ThreadPoolExecutor(STAGES) as threads:
        free: SimpleQueue[Stage] = SimpleQueue()
        for one in made:
            free.put(one)

        def on_a_free_stage(cell: Cell) -> list[Finding]:
            one = free.get()
            try:
                return judge(one, cell)
            finally:
                free.put(one)

        return [each for found in threads.map(on_a_free_stage, piece) for each in found]


@contextlib.contextmanager
def _stages(count: int) -> Iterator[list[Stage]]:
    with contextlib.ExitStack() as stack:
        root = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        yield [stack.enter_context(stage(root / str(number))) for number in range(count)]


def run_all(listed: Sequence[Cell]) -> list[Finding]:
    """Run cells in two processes for each processor: half of them wait for something."""
    processes = 2 * len(os.sched_getaffinity(0))
    # One after another, so that a process gets calls of every kind.
    pieces = [listed[start::processes] for start in range(processes)]
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(processes, mp_context=context) as pool:
        return [each for found in pool.map(run_piece, pieces) for each in found]


def main(arguments: Sequence[str]) -> int:
    """Run cells, print what broke and one line of figures."""
    parser = argparse.ArgumentParser(prog="python -m tests.stack.matrix")
    parser.add_argument("--sample", type=int, default=0)
    parser.add_argument("--cell")
    parser.add_argument("--list", action="store_true")
    parser.add_argument("--note", action="store_true", help="keep it for docs/promises.md")
    options = parser.parse_args(arguments)
    begun = time.monotonic()
    if options.cell:
        found = run_piece([Cell.parse(options.cell)])
        return _tell(1, {Cell.parse(options.cell).spot}, found, begun)
    commit = searched.commit() if options.note else ""
    listed, found = undisturbed()
    if options.list:
        sys.stdout.write("".join(f"{cell}\n" for cell in listed))
        return 0
    chosen = spread(listed, options.sample or len(listed))
    found += run_all(chosen)
    if len(listed) < FEWEST:
        found.append(Finding("all", f"only {len(listed)} cells"))
    if options.note:
        calls = len({cell.spot.api for cell in chosen})
        seen = f"{calls} API calls, {len(chosen)} of {len(listed)} cells"
        seconds = time.monotonic() - begun
        kind = "call x fault below the SDKs"
        trials.note(Record(kind, commit, len(chosen), len(found), seen, seconds))
    return _tell(len(chosen), {cell.spot for cell in chosen}, found, begun, of=len(listed))


def _tell(
    count: int, spots: set[Spot], found: Sequence[Finding], begun: float, *, of: int = 1
) -> int:
    for finding in found:
        sys.stdout.write(f"BROKEN {finding}\n")
    calls = len({spot.api for spot in spots})
    seconds = time.monotonic() - begun
    sys.stdout.write(
        f"stack: {count} of {of} cells (call x fault), {calls} API calls,"
        f" {len(found)} violations, {seconds:.0f} s\n"
    )
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
