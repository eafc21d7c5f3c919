"""Every scenario of the demo by the local function server: recovered, in time, and for less than the original.

Both demos are real processes. The same scenarios on virtual time tell the figures without what this machine adds.
"""

import json
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import pytest

from tests.e2e.conftest import environment
from tests.simulation.functions import compare, of_demo
from worker.ops.demo_scenarios import SCENARIOS, Scenario

TIMEOUT_SECONDS = 240
SLOWER_MAX_SECONDS = 15.0
# A loaded machine computes more slowly even where it has a processor to spare; the figures beside have none of it.
MACHINE_SHARE = 1.25
# `image.poll_max`: two looks at an image that has far to go are so far apart, and one that is lost is noticed at the next. Which
# of the two demos looks sooner is chance.
LOOK_SECONDS = 30.0
LOST = {"snapshots", "rescue", "stale-snapshot"}
AT_A_TIME = 2
_WORKER = ("--speed", "10")


def _begun(scenario: Scenario, *arguments: str) -> "subprocess.Popen[str]":
    command = [sys.executable, "-m", "worker", "demo", "--scenario", scenario.name, "--steady"]
    return subprocess.Popen(  # noqa: S603 - our own interpreter
        [*command, "--json", *arguments],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment(),
        encoding="utf-8",
    )


def _ended(process: "subprocess.Popen[str]") -> dict[str, Any]:
    said, complained = process.communicate(timeout=TIMEOUT_SECONDS)
    assert process.returncode == 0, said + complained
    found: dict[str, Any] = json.loads(said)
    return found


def demos(scenario: Scenario) -> tuple[dict[str, Any], dict[str, Any]]:
    """Perform a scenario by the function and, beside it, by a worker."""
    function, worker = _begun(scenario, "--function"), _begun(scenario, *_WORKER)
    return _ended(function), _ended(worker)


Performances = dict[str, "Future[tuple[dict[str, Any], dict[str, Any]]]"]


@pytest.fixture(scope="module")
def performances(request: pytest.FixtureRequest) -> Iterator[Performances]:
    """The scenarios of this session's tests, two at a time: they mostly wait for the cloud's clock."""
    calls = [getattr(item, "callspec", None) for item in request.session.items]
    asked = [one.params.get("scenario") for one in calls if one is not None]
    with ThreadPoolExecutor(AT_A_TIME) as pool:
        yield {one.name: pool.submit(demos, one) for one in SCENARIOS if one in asked}


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda one: one.name)
def test_the_function_recovers_it_in_time_and_for_less(
    scenario: Scenario, performances: Performances, capsys: pytest.CaptureFixture[str]
) -> None:
    """Verified by the cloud's own view; the figures are printed beside those they are held against."""
    function, worker = performances[scenario.name].result()
    exact, violations = compare(of_demo(scenario))
    bill, took = function["function"], function["seconds_after_t0"]
    takes = worker["seconds_after_t0"]

    with capsys.disabled():
        sys.stdout.write(
            f"\n{scenario.name}: recovered by the function after {took} s, by a worker after {takes} s;"
            f" {bill['gb_seconds']} GB-s, the original {bill['original_gb_seconds']} GB-s"
            f" (without this machine's own time: {exact.function_seconds:.0f} s, {exact.worker_seconds:.0f} s;"
            f" {exact.function_gb_seconds:.1f} GB-s, {exact.original_gb_seconds:.1f} GB-s)\n"
        )

    assert (function["good"], function["failure"]) == (True, "")
    assert all(claim["good"] for claim in function["verified"])
    assert bool(function["parked"]) is scenario.parks
    assert (took is None) is scenario.parks
    if not scenario.parks:
        by_chance = LOOK_SECONDS if worker["receipt"]["boot"] in LOST else 0.0
        assert took <= takes + SLOWER_MAX_SECONDS + by_chance
    assert bill["gb_seconds"] <= bill["original_gb_seconds"] * MACHINE_SHARE
    assert violations == []
    assert exact.function_seconds <= exact.worker_seconds + SLOWER_MAX_SECONDS
    assert exact.function_gb_seconds <= exact.original_gb_seconds


def test_the_bill_is_told() -> None:
    """Who watches reads it under the verdict."""
    process = subprocess.run(  # noqa: S603 - our own interpreter
        [sys.executable, "-m", "worker", "demo", "--function", "--scenario", "parked", *_WORKER],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        env=environment(),
        encoding="utf-8",
        timeout=TIMEOUT_SECONDS,
        check=True,
    )

    assert "A function waits: trigger and timers call it" in process.stdout
    assert "GB-s; the original in the same cloud: 75.0 GB-s" in process.stdout
