"""The README's first command does what it says, also when the worker is killed in the middle."""

import json
import subprocess
import sys
from concurrent.futures import Future
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.e2e.demos import TIMEOUT_SECONDS, Performances, demo
from tests.e2e.surroundings import environment

Done = subprocess.CompletedProcess[str]


class Solo(NamedTuple):
    """Demos that nobody else needs, and the page that one of them writes."""

    default: "Future[Done]"
    killed: "Future[Done]"
    page: Path
    parked: "Future[Done]"


@pytest.fixture(scope="module")
def solo(performances: Performances, tmp_path_factory: pytest.TempPathFactory) -> Solo:
    """As people start them, before those that take longer."""
    page = tmp_path_factory.mktemp("demo") / "receipt.html"
    kept = ("--json", "--language", "zh", "--html", str(page))
    begun = Solo(
        performances.alone(),
        performances.alone("--scenario", "killed", *kept),
        page,
        performances.alone("--scenario", "parked"),
    )
    performances.begin()
    return begun


def test_default_demo_recovers_and_proves_it(solo: Solo) -> None:
    """Progress in plain lines, the receipt, every claim checked, exit code 0."""
    done = solo.default.result()

    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stderr == ""
    for fact in (
        "EventBridge rule, queue and dead-letter queues are set up",
        "Confirmed by the cloud",
        "Image ready.",
        "the cloud has released the old server",
        "What to do now",
        "journal records were on disk before T0: all there",
        "exactly one replacement was launched",
        "the queue is empty, nothing is in the dead-letter queue",
        "the cloud understood every request",
        "Recovered and verified",
    ):
        # A line may be broken anywhere: how long it is depends on the figures in it.
        assert fact in " ".join(done.stdout.split())
    assert "✗" not in done.stdout
    assert "\x1b" not in done.stdout


def test_killed_worker_is_replaced_by_another(solo: Solo) -> None:
    """A worker that is killed with -9 costs time and nothing else; the receipt is kept as a page."""
    done = solo.killed.result()

    assert done.returncode == 0, done.stdout + done.stderr
    found = json.loads(done.stdout)
    assert (found["good"], found["failure"], found["logs"]) == (True, "", "")
    assert found["receipt"]["outcome"] == "recovered"
    assert found["seconds_after_t0"] < 300
    assert all(claim["good"] for claim in found["verified"])
    assert found["receipt"]["replacement"]["instance"] in solo.page.read_text("utf-8")
    assert any("全部都在" in claim["what"] for claim in found["verified"])


@pytest.mark.parametrize("buffering", ["", "1"], ids=["buffered", "unbuffered"])
@pytest.mark.parametrize("arguments", [("--list",), ("--speed", "15")], ids=["list", "play"])
def test_who_reads_only_the_beginning_makes_it_fail_in_nothing(
    arguments: tuple[str, ...], buffering: str
) -> None:
    """As with `head -1`: enough was seen, and neither a word nor an exit code complains."""
    watched = subprocess.Popen(  # noqa: S603 - our own interpreter
        [sys.executable, "-m", "worker", "demo", *arguments],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**environment(), "PYTHONUNBUFFERED": buffering},
        encoding="utf-8",
    )
    assert watched.stdout is not None
    assert watched.stdout.readline()
    watched.stdout.close()

    assert watched.wait(TIMEOUT_SECONDS) == 0
    assert watched.stderr is not None
    assert watched.stderr.read() == ""
    watched.stderr.close()


def test_scenarios_are_listed() -> None:
    """Who wants to see more finds the names."""
    done = demo("--list", "--json")

    names = [one["scenario"] for one in json.loads(done.stdout)]
    assert names == [
        "same-type",
        "no-stock",
        "other-zone",
        "data-disks",
        "killed",
        "thrice",
        "careful",
        "economical",
        "re-attached",
        "image-fails",
        "rescue",
        "stale-snapshot",
        "parked",
    ]


def test_server_in_economical_mode_is_started_again(performances: Performances) -> None:
    """The cloud stops it instead of releasing it; no second one is launched, nothing is lost."""
    found = performances.pair("economical").worker

    assert (found["good"], found["failure"]) == (True, "")
    assert found["receipt"]["replacement"]["instance"] == found["receipt"]["source"]["instance"]
    assert all(claim["good"] for claim in found["verified"])
    assert "disks retained" not in {one["what"] for one in found["receipt"]["timeline"]}
    assert any("the server itself runs again" in claim["what"] for claim in found["verified"])


# Every rung of the ladder below the image, and which disks the replacement has themselves.
RUNGS = {
    "re-attached": ("image", [False, True]),
    "image-fails": ("snapshots", [False, True]),
    "rescue": ("rescue", [True, True]),
    "stale-snapshot": ("stale-snapshot", [False, True]),
}


@pytest.mark.parametrize("scenario", RUNGS)
def test_rung_of_the_ladder_ends_in_a_replacement_with_all_data(
    scenario: str, performances: Performances
) -> None:
    """What was on disk before the notice is on the replacement, or on a disk that is named."""
    found = performances.pair(scenario).worker

    assert (found["good"], found["failure"]) == (True, "")
    receipt = found["receipt"]
    attached = [
        disk["attached"] for disk in sorted(receipt["disks"], key=lambda one: one["device"])
    ]
    assert (receipt["boot"], attached) == RUNGS[scenario]
    assert bool(receipt["degraded"]) is (scenario in {"rescue", "stale-snapshot"})
    assert all(claim["good"] for claim in found["verified"])


def test_what_cannot_be_booted_is_parked_with_every_disk_named(solo: Solo) -> None:
    """Nothing is launched; the reason names the disks, and the cloud still has them."""
    done = solo.parked.result()

    assert done.returncode == 0, done.stdout + done.stderr
    for fact in (
        "retained: d-",
        "nothing was launched",
        "itself",
        "what is left is parked",
        "Parked with every disk kept and named",
    ):
        # A line may be broken anywhere: how long it is depends on the figures in it.
        assert fact in " ".join(done.stdout.split())
    assert "✗" not in done.stdout


def test_unknown_scenario_is_wrong_usage() -> None:
    """A misspelt name ends with code 2 and the names that there are."""
    done = demo("--scenario", "kiled")

    assert done.returncode == 2
    assert "killed" in done.stderr


def test_careful_server_is_quiesced_and_checked(performances: Performances) -> None:
    """Both are in the receipt, in the order in which they came."""
    shown = performances.pair("careful").worker

    assert shown["good"], shown
    at = {line["what"]: line["seconds_after_t0"] for line in shown["receipt"]["timeline"]}
    assert at["source quiesced"] <= at["image accepted"]
    assert at["replacement healthy"] <= at["elastic address moved"]
    assert shown["receipt"]["health"]["passed"]
