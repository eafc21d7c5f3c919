"""The matrix of calls and faults below the SDKs, spread over all of its cells."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.e2e.surroundings import environment
from tests.stack.cells import FEWEST, MATRIX, Cell, Spot, cells
from tests.stack.matrix import Finding, judge, main, spread
from tests.stack.rig import stage
from tests.stack.verdict import broken

TIMEOUT_SECONDS = 300
# As many as are promised; one cell for each kind of call that is not among them is added.
SAMPLE = 400


def test_no_fault_below_the_sdks_breaks_a_promise(capsys: pytest.CaptureFixture[str]) -> None:
    """At least 400 cells; a broken one is printed with the line that runs it again."""
    done = subprocess.run(  # noqa: S603 - our own interpreter
        [sys.executable, "-m", "tests.stack.matrix", "--sample", str(SAMPLE)],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        env=environment(),
        encoding="utf-8",
        timeout=TIMEOUT_SECONDS,
        check=False,
    )

    figures = done.stdout.splitlines()[-1:]
    assert done.returncode == 0, done.stdout + done.stderr
    (count,) = re.findall(r"^stack: (\d+) of", figures[0])
    assert int(count) >= FEWEST
    with capsys.disabled():
        sys.stdout.write(f"\n{figures[0]}\n")


def test_sample_has_every_call(tmp_path: Path) -> None:
    """Even a small one; and a cell reads back from what is printed of it."""
    with stage(tmp_path) as one:
        run = one.run(MATRIX["plain"])
    listed = list(cells("plain", run.requests))
    taken = spread(listed, 20)

    assert {cell.spot for cell in taken} == {cell.spot for cell in listed}
    assert len(taken) < len(listed) / 4
    assert [Cell.parse(str(cell)) for cell in listed] == listed
    assert len(set(listed)) == len(listed)


def test_a_promise_that_breaks_is_found_and_named(tmp_path: Path) -> None:
    """A refusal for good that is passed off as another fault ends where it must not end."""
    spot = Spot("plain", "ecs", "DescribeInstances", "")
    with stage(tmp_path) as one:
        run = one.run(MATRIX["plain"], Cell(spot, 1, "refused").rule)
        found = broken(run, Cell(spot, 1, "drop"))

    assert "parked although nothing was refused for good" in found


def test_a_fault_that_strikes_nothing_is_found(tmp_path: Path) -> None:
    """A cell that proves nothing must not pass."""
    cell = Cell(Spot("plain", "ecs", "DescribeUserData", ""), 1, "drop")
    with stage(tmp_path) as one:
        found = judge(one, cell)

    assert found == [Finding(str(cell), "the fault was not reached")]


def test_one_cell_can_be_run_again() -> None:
    """With the line that a broken one prints."""
    assert main(["--cell", "plain/ecs.RunInstances/1/drop-done"]) == 0
