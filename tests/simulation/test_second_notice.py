"""A true notice after one of the same source that was taken back, in every phase of the first one."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Literal

import pytest

from emulator.state.ecs.events import publish_interruption
from emulator.state.ecs.settings import EcsSettings
from tests.simulation.bindings import CloudCall, CloudQueue
from tests.simulation.harness import REGION, Simulation, simulate
from tests.simulation.invariants import entries, violations
from tests.simulation.scenarios import (
    NOTICE_AT,
    Source,
    add_source,
    interrupt,
    recover,
    replacements,
    written_now,
)
from tests.simulation.schedules import QUICK, withdraw
from worker.adapters.ecs.call import ApiRefusal
from worker.core import boots, identity
from worker.core.errors import UnknownOutcome
from worker.core.notices import Kind
from worker.core.policy import Policy


def _taking(seconds: float) -> EcsSettings:
    return replace(QUICK, image_seconds=seconds)


def _verdict_at(simulation: Simulation) -> float:
    """Run until the false alarm is decided, and return when that was."""
    simulation.run(2_000.0, until=lambda: bool(simulation.notebook.named("moot")))
    return simulation.kernel.now


def _noticed_anew(simulation: Simulation, source: Source) -> Source:
    """Give a true notice now."""
    interrupt(simulation, source)
    return replace(source, noticed_at=simulation.kernel.now)


def test_it_is_not_acknowledged_for_one_whose_end_is_put_off(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The clean-up of the false alarm waits for an answer: it is over, and looks at nothing again."""
    simulation = simulate(policy=Policy(hand_over=("interfaces",)), ecs=QUICK)
    source = add_source(simulation)
    send = CloudCall.__call__
    busy = {"is": True}

    def refused(self: CloudCall, action: str, params: Mapping[str, Any]) -> Mapping[str, Any]:
        if busy["is"] and action == "DescribeNetworkInterfaces":
            raise ApiRefusal(503, "ServiceUnavailable")
        return send(self, action, params)

    monkeypatch.setattr(CloudCall, "__call__", refused)
    simulation.start_worker("one")
    interrupt(simulation, source, lock=False)
    simulation.run(30.0)
    withdraw(simulation, source)
    _verdict_at(simulation)
    simulation.run(20.0)
    source = _noticed_anew(simulation, source)
    simulation.run(30.0)
    busy["is"] = False
    recover(simulation)

    assert violations(simulation, source) == []
    assert len(replacements(simulation)) == 1


def test_it_is_not_acknowledged_for_one_that_is_being_deleted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The queue does not answer for a while: the false alarm is still in hand, but it is over."""
    simulation = simulate(ecs=QUICK)
    source = add_source(simulation)
    delete, look = CloudQueue.delete, CloudCall.__call__
    broken = {"is": True}

    def unanswered(self: CloudQueue, handle: str) -> None:
        if broken["is"]:
            raise UnknownOutcome("no answer came")
        delete(self, handle)

    def slow(self: CloudCall, action: str, params: Mapping[str, Any]) -> Mapping[str, Any]:
        answer = look(self, action, params)
        if self.kernel.now > source.noticed_at + 590.0 and broken["is"]:
            self.kernel.sleep(10.0)
        return answer

    monkeypatch.setattr(CloudQueue, "delete", unanswered)
    monkeypatch.setattr(CloudCall, "__call__", slow)
    simulation.start_worker("one")
    interrupt(simulation, source, lock=False)
    simulation.run(30.0)
    withdraw(simulation, source)
    simulation.run(
        2_000.0,
        until=lambda: bool(
            simulation.kernel.now > source.noticed_at + 600.0
            and any(held.working for held in simulation.workers["one"].consumer.held.values())
        ),
    )
    simulation.run(2.0)
    later = _noticed_anew(simulation, source)
    simulation.run(60.0)
    broken["is"] = False
    recover(simulation)

    assert violations(simulation, later) == []
    assert len(replacements(simulation)) == 1


def _two_notices(
    simulation: Simulation, *, taken_back: float, again: float, workers: int = 1
) -> Source:
    """Take a notice back, let the source write, give another one; returns what is durable by then."""
    source = add_source(simulation)
    for number in range(workers):
        simulation.start_worker(f"worker-{number}")
    interrupt(simulation, source)
    simulation.run(taken_back)
    withdraw(simulation, source)
    simulation.run(again - taken_back)
    later = written_now(simulation, source)
    interrupt(simulation, later)
    return later


def _begun(simulation: Simulation, action: str) -> list[float]:
    return [entry.at - NOTICE_AT for entry in entries(simulation, action)]


BEFORE_THE_IMAGE = (0.5, 3.0, 60.0)
IN_TIME = (20.0, 50.0, 60.0)
NO_TIME = (20.0, 100.0, 200.0)
AFTER_THE_FIRST_END = (100.0, 320.0, 400.0)


@pytest.mark.parametrize("takeover", ["stop-source", "wait", "overlap"])
@pytest.mark.parametrize(("taken_back", "again", "takes"), [BEFORE_THE_IMAGE, IN_TIME])
def test_where_there_is_time_the_image_is_of_the_second_notice(
    takeover: Literal["stop-source", "wait", "overlap"],
    taken_back: float,
    again: float,
    takes: float,
) -> None:
    """Before the image was asked for nothing is to be done; while it is made it is made once more."""
    simulation = simulate(policy=Policy(takeover=takeover), ecs=_taking(takes))
    later = _two_notices(simulation, taken_back=taken_back, again=again)
    recover(simulation, at_least=700.0)

    assert violations(simulation, later) == []
    (record,) = simulation.shelf.kept.values()
    assert (record["outcome"], record["degraded"], record["not_kept"]) == ("recovered", "", ())
    assert min(disk["data_point_after_t0"] for disk in record["disks"]) > 0.0
    assert _begun(simulation, "CreateImage")[-1] >= again
    assert len(entries(simulation, "RunInstances")) == 1


@pytest.mark.parametrize("takeover", ["stop-source", "wait", "overlap"])
@pytest.mark.parametrize(("taken_back", "again", "takes"), [NO_TIME, AFTER_THE_FIRST_END])
def test_where_there_is_no_time_the_receipt_names_the_disks_that_are_ahead_of_the_image(
    takeover: Literal["stop-source", "wait", "overlap"],
    taken_back: float,
    again: float,
    takes: float,
) -> None:
    """A recovery from older data is told as one, to the people who are notified as well."""
    simulation = simulate(policy=Policy(takeover=takeover), ecs=_taking(takes))
    later = _two_notices(simulation, taken_back=taken_back, again=again)
    recover(simulation, at_least=700.0)

    assert violations(simulation, later) == []
    assert len(entries(simulation, "CreateImage")) == len(entries(simulation, "RunInstances")) == 1
    (record,) = simulation.shelf.kept.values()
    ((device, disk),) = later.disks.items()
    (named,) = record["disks"]
    assert (named["disk"], named["device"], named["retained"]) == (disk, device, True)
    assert named["data_point_after_t0"] < 0.0
    assert "before the last notice" in record["degraded"]
    assert [(one["what"], one["why"]) for one in record["not_kept"]] == [
        (f"disk {disk}", boots.BEHIND_DISK)
    ]
    (kept,) = [
        one
        for one in simulation.cloud.ecs[REGION].dump("disks", simulation.kernel.now)
        if one["DiskId"] == disk
    ]
    assert identity.TAG_DELETE_AFTER not in kept["Tags"]
    assert simulation.bulletin.told[-1].kind is Kind.DEGRADED


@pytest.mark.parametrize("takeover", ["wait", "overlap"])
def test_a_notice_that_comes_when_the_image_is_there_loses_nothing_either(
    takeover: Literal["wait", "overlap"],
) -> None:
    """Waiting for the stop another image is made; what was launched beside the source is told of."""
    simulation = simulate(policy=Policy(takeover=takeover), ecs=QUICK)
    later = _two_notices(simulation, taken_back=70.0, again=75.0)
    recover(simulation, at_least=700.0)

    assert violations(simulation, later) == []
    (record,) = simulation.shelf.kept.values()
    is_told = bool(record["degraded"]) and bool(record["not_kept"])
    assert is_told == (takeover == "overlap")
    assert len(entries(simulation, "RunInstances")) == 1


@pytest.mark.parametrize("workers", [2, 3])
@pytest.mark.parametrize(
    ("taken_back", "again", "takes"),
    [IN_TIME, (20.0, 90.0, 120.0), NO_TIME, (100.0, 190.0, 200.0), AFTER_THE_FIRST_END],
)
def test_another_worker_that_knows_of_the_first_notice_alone_learns_of_the_second(
    workers: int, taken_back: float, again: float, takes: float
) -> None:
    """It stands on the image that both wait for, and one of the two images is launched from."""
    simulation = simulate(ecs=_taking(takes))
    later = _two_notices(simulation, taken_back=taken_back, again=again, workers=workers)
    recover(simulation, at_least=700.0)

    assert violations(simulation, later) == []
    assert len(entries(simulation, "RunInstances")) <= 1


def test_the_source_is_not_stopped_while_the_later_notices_image_is_made_of_it() -> None:
    """Whoever has the older image leaves it to the newer one, which a stop would break."""
    taken_back, again, takes = NO_TIME
    simulation = simulate(ecs=_taking(takes))
    later = _two_notices(simulation, taken_back=taken_back, again=again, workers=3)
    recover(simulation, at_least=700.0)

    assert violations(simulation, later) == []
    (record,) = simulation.shelf.kept.values()
    assert (record["outcome"], record["degraded"]) == ("recovered", "")
    assert simulation.notebook.named("parked") == []


@pytest.mark.parametrize(("again", "takes"), [(50.0, 60.0), (90.0, 120.0), (190.0, 200.0)])
@pytest.mark.parametrize("takeover", ["stop-source", "wait"])
def test_a_second_event_of_one_notice_costs_no_recovery(
    takeover: Literal["stop-source", "wait"], again: float, takes: float
) -> None:
    """An event proves nothing: where the lock was there all the while, the first end is not missed."""
    simulation = simulate(policy=Policy(takeover=takeover), ecs=_taking(takes))
    source = add_source(simulation)
    simulation.start_worker("one")
    interrupt(simulation, source)
    simulation.run(again)
    now = simulation.kernel.now
    region = simulation.cloud.ecs[REGION].region
    publish_interruption(region, source.instance_id, "again", now, now, "delete")
    recover(simulation, at_least=700.0)

    assert violations(simulation, source) == []
    assert len(replacements(simulation)) == 1
    assert simulation.notebook.named("parked") == []


def test_what_a_second_notice_says_outlives_the_worker_that_was_told_of_it() -> None:
    """Its event is deleted when what it says stands in the message of the first one, and not before."""
    simulation = simulate(ecs=_taking(200.0))
    later = _two_notices(simulation, taken_back=20.0, again=100.0)
    simulation.run(2.0)
    simulation.kill("worker-0")
    simulation.start_worker("again")
    recover(simulation, at_least=700.0)

    assert violations(simulation, later) == []
    (record,) = simulation.shelf.kept.values()
    assert record["degraded"]
    assert len(replacements(simulation)) == 1


def test_it_outlives_a_worker_that_had_begun_nothing_itself() -> None:
    """The message was delivered before, and its image begun: it only has to be forgotten who knew."""
    simulation = simulate(ecs=_taking(200.0))
    source = add_source(simulation)
    simulation.start_worker("worker-0")
    interrupt(simulation, source)
    simulation.run(20.0, until=lambda: bool(entries(simulation, "CreateImage")))
    simulation.pause("worker-0", 90.0)
    simulation.run(20.0)
    withdraw(simulation, source)
    simulation.run(80.0)
    later = written_now(simulation, source)
    interrupt(simulation, later)
    simulation.run(2.0)
    simulation.kill("worker-0")
    recover(simulation, at_least=700.0)

    assert violations(simulation, later) == []
    assert len(replacements(simulation)) == 1
