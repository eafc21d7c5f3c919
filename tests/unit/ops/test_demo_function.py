"""The platform that the demo plays is the one that deploy/ asks for, and its bill is the platform's."""

import math
import subprocess
import sys
from pathlib import Path

import pytest

from eventbridge.deployment import FUNCTION, TIMERS
from worker.ops import demo_function, demo_original
from worker.ops.demo_processes import Process, starved


def test_the_platform_is_that_of_the_deployment() -> None:
    """Memory, cap, timeout and the pace of the timers stand in eventbridge/deployment.py."""
    seconds = sorted(int(name.rpartition("-")[2]) for name in TIMERS)

    assert FUNCTION.memory == demo_function.MEMORY_MIB
    assert FUNCTION.concurrency == demo_function.INSTANCES_MAX
    assert FUNCTION.timeout == demo_function.TIMEOUT_SECONDS
    assert [n * demo_function.TIMER_SECONDS for n in range(len(seconds))] == seconds


@pytest.mark.parametrize(
    ("image_seconds", "gb_seconds"),
    [(1.0, 3.9), (20.0, 3.9), (20.1, 6.4), (120.0, 16.4), (595.0, 75.0), (math.inf, 75.0)],
)
def test_the_original_looks_every_twenty_seconds(image_seconds: float, gb_seconds: float) -> None:
    """128 MB for its looks and its own work, and never longer than the platform lets it."""
    assert demo_original.gb_seconds(image_seconds) == pytest.approx(gb_seconds)


def test_a_process_that_is_gone_was_not_starved(tmp_path: Path) -> None:
    """Nor is it an error where the system tells nothing."""
    with subprocess.Popen([sys.executable, "-c", ""], text=True) as popen:
        popen.wait()

    assert Process("it", popen, tmp_path / "log").starved == 0.0


def test_waiting_for_a_processor_is_told(tmp_path: Path) -> None:
    """All threads count, and one that ends while it is read is left out."""
    for thread, told in (("7", "900 1500000000 4\n"), ("8", "0 500000000 1\n"), ("9", "")):
        (tmp_path / "task" / thread).mkdir(parents=True)
        (tmp_path / "task" / thread / "schedstat").write_text(told, "ascii")

    assert starved(tmp_path) == 2.0
