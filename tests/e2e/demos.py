"""Demos as processes: each is performed once for all tests that ask for it, and a few at a time.

They mostly wait for the cloud's clock, each for that of its own cloud.
"""

import json
import subprocess
import sys
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from tests.e2e.surroundings import environment
from worker.ops.demo_scenarios import SCENARIOS, Scenario

TIMEOUT_SECONDS = 240
AT_A_TIME = 2
# Slow enough for figures that are compared.
MEASURED = ("--speed", "10")


def demo(*arguments: str) -> "subprocess.CompletedProcess[str]":
    """Perform one to its end."""
    return subprocess.run(  # noqa: S603 - our own interpreter
        [sys.executable, "-m", "worker", "demo", "--speed", "15", *arguments],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        env=environment(),
        encoding="utf-8",
        timeout=TIMEOUT_SECONDS,
        check=False,
    )


class Pair(NamedTuple):
    """What came of a scenario by the function and, beside it, by a worker."""

    function: dict[str, Any]
    worker: dict[str, Any]


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


def _pair(scenario: Scenario) -> Pair:
    function, worker = _begun(scenario, "--function"), _begun(scenario, *MEASURED)
    return Pair(_ended(function), _ended(worker))


@dataclass
class Performances:
    """The scenarios that have begun, or wait for their turn.

    Attributes:
        asked: Names of the scenarios that tests of this session are parametrized with.
    """

    pool: ThreadPoolExecutor
    asked: frozenset[str]
    _pairs: "dict[str, Future[Pair]]" = field(default_factory=dict)

    def begin(self) -> None:
        """Let all that will be asked for be performed before anybody waits for it."""
        for one in SCENARIOS:
            if one.name in self.asked:
                self._begin(one)

    def pair(self, name: str) -> Pair:
        """Wait for the end of a scenario."""
        (scenario,) = (one for one in SCENARIOS if one.name == name)
        return self._begin(scenario).result()

    def _begin(self, scenario: Scenario) -> "Future[Pair]":
        if scenario.name not in self._pairs:
            self._pairs[scenario.name] = self.pool.submit(_pair, scenario)
        return self._pairs[scenario.name]

    def alone(self, *arguments: str) -> "Future[subprocess.CompletedProcess[str]]":
        """Perform a demo when its turn comes."""
        return self.pool.submit(demo, *arguments)
