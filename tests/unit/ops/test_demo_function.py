"""The platform that the demo plays is the one that deploy/ asks for, and its bill is the platform's."""

import math
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from eventbridge.deployment import FUNCTION, TIMERS
from worker.ops import demo_function, demo_original
from worker.ops.demo_control import Control
from worker.ops.demo_processes import Process, crew, starved


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


class StandingClock:
    """Always the same time."""

    def now(self) -> float:
        return 1000.0

    def real_seconds(self, seconds: float) -> float:
        return seconds

    def learn(self, told: float, *, asked_at: float) -> float:
        return told - asked_at


def test_an_instance_that_is_still_being_loaded_ends_in_any_order(tmp_path: Path) -> None:
    """Started for a second call and never called: it cannot hear the request to end yet."""
    nowhere = Control("http://127.0.0.1:9")
    with crew(tmp_path, os.environ) as members:
        functions = demo_function.Functions(members, tmp_path, nowhere, StandingClock(), 1.0)
        functions.noticed({"t0": 900.0, "event_id": "e-1"}, "i-1", copies=1)
        functions.turn(quiet=False)
        (instance,) = members.processes

        functions.stop()

        assert instance.wait(10.0) == -signal.SIGKILL


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
