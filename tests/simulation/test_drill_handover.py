"""Drills that stop a canary and take things off it: whatever happens, a cleaning gives them back."""

from dataclasses import dataclass
from typing import Any

import pytest

from emulator.assumptions import Assumptions
from tests.simulation.harness import REGION, Simulation
from tests.simulation.scenarios import SOURCE_NAME
from tests.simulation.test_drill import CALLS_MAX, FAULTS, Killed, Stage, stage
from tests.simulation.test_handover import eip, members
from worker.cli import drill
from worker.cli.failures import Failure
from worker.core import identity
from worker.core.errors import Permanent, RecreationError
from worker.core.policy import Policy
from worker.ops.drill import Mode
from worker.ops.wording import Wording

CANARY = {identity.TAG_CANARY: "yes"}
POLICY = Policy(hand_over=("eip", "load_balancers", "interfaces", "tags"))
BACKEND = {"server": SOURCE_NAME, "port": 8080, "weight": 30, "description": "web-1"}
BALANCERS: tuple[dict[str, Any], ...] = (
    {
        "kind": "clb",
        "servers": [{"server": SOURCE_NAME, "weight": 80}],
        "vserver_groups": [{"name": "api", "servers": [BACKEND]}],
    },
    {"kind": "alb", "servers": [BACKEND]},
)


def canary(at: int = 0, fault: str = "", **more: Any) -> Stage:
    """An instance that may be stopped, with an elastic address and three memberships."""
    tags = more.pop("tags", CANARY)
    it = stage(at, fault, policy=POLICY, tags=tags, eip=True, **more)
    for one in BALANCERS:
        it.simulation.cloud.balancers[REGION].seed(one, it.walk.now)
    return it


@dataclass(frozen=True)
class Known:
    """What others know a server by, and what it is itself."""

    address: tuple[str, str]
    members: list[tuple[str, int, int]]
    rows: list[dict[str, Any]]


def known(it: Stage) -> Known:
    """Look at the canary; when it was started is all that a drill may change of it."""
    it.settle()
    rows = [{k: v for k, v in one.items() if k != "StartTime"} for one in it.untouched()]
    address = eip(it.simulation)
    return Known((address.status, address.target_id), members(it.simulation), rows)


def holder(simulation: Simulation) -> str:
    return str(eip(simulation).target_id)


def test_everything_goes_over_and_comes_back() -> None:
    """The canary is down while the replacement has all; afterwards it is as it was."""
    it = canary()
    before = known(it)

    report = it.run(Mode.HANDOVER)
    it.settle()
    replacement = report.progress.launched.instance_id
    meanwhile = {one["InstanceId"]: one["Status"] for one in it.rows("instances")}
    theirs = members(it.simulation)
    cleaned = it.clean()

    assert report.is_good
    assert meanwhile == {it.source.instance_id: "Stopped", replacement: "Running"}
    assert theirs == [(replacement, port, weight) for _, port, weight in before.members]
    assert {one.rpartition(" ")[2] for one in cleaned} == {"deleted"}
    assert known(it) == before
    assert it.left() == []
    assert before.address == ("InUse", it.source.instance_id)
    assert len(before.members) == 3


@pytest.mark.parametrize("fault", FAULTS)
def test_one_fault_at_any_call_and_a_cleaning_gives_all_back(fault: str) -> None:
    """Killed or not: what the tags tell is all that the cleaning needs, itself interrupted, too."""
    for at in range(1, 2 * CALLS_MAX):
        it = canary(at, fault)
        before = known(it)
        try:
            it.run(Mode.HANDOVER)
            it.clean()
        except (Killed, RecreationError):
            it.settle()
            it.clean()
        said = (at, fault, it.call.actions[min(at, len(it.call.actions)) - 1])
        assert known(it) == before, said
        assert it.left() == [], said
        if len(it.call.actions) < at:
            return
    raise AssertionError("the drill never ends")


@pytest.mark.parametrize("mode", [Mode.LAUNCH, Mode.HANDOVER])
@pytest.mark.parametrize("fault", ["stopped before", "stopped after"])
def test_stopped_at_any_call_it_gives_all_back_before_it_ends(fault: str, mode: Mode) -> None:
    """A signal, a closed terminal: nobody is there who would clean up, and nothing has settled yet."""
    for at in range(1, 2 * CALLS_MAX):
        it = canary(at, fault)
        before = known(it)
        group = it.groups()[-1] if mode is Mode.LAUNCH else ""
        try:
            plan = it.drill.plan(it.source.instance_id, mode, security_group=group)
        except KeyboardInterrupt:
            continue
        told = drill._Telling(Wording(), as_json=True)
        with pytest.raises((Failure, KeyboardInterrupt)) as ended:
            drill._rehearse(it.drill, plan, it.cleaning, told, keep=False)
        if ended.errisinstance(KeyboardInterrupt):
            # The drill was over, and this has ended its cleaning.
            return
        said = (at, fault, it.call.actions[at - 1])
        assert str(ended.value) == "interrupted; nothing is left of the drill", said
        assert known(it) == before, said
        assert it.left() == [], said
    raise AssertionError("the drill never ends")


def test_what_is_no_canary_is_not_touched() -> None:
    """The word of whoever drills is not enough: the instance must say so itself."""
    it = canary(tags={})
    before = known(it)

    with pytest.raises(Permanent, match="is no canary"):
        it.run(Mode.HANDOVER)

    assert known(it) == before
    assert {"StopInstance", "CreateImage"}.isdisjoint(it.call.actions)


def test_what_nobody_could_look_up_is_no_pass() -> None:
    """A drill of nothing must not say that everything goes over."""
    it = canary()
    it.call.refused = "DescribeLoadBalancers"
    before = known(it)

    report = it.run(Mode.HANDOVER)
    it.clean()

    assert not report.is_good
    assert ("load balancers", "Forbidden.RAM") in [
        (one.what, one.why) for one in report.progress.remarks
    ]
    assert known(it) == before


def test_an_unfinished_one_must_come_back_before_another_begins() -> None:
    """Else the second would record as the canary's what the first has left it."""
    it = canary()
    it.run(Mode.HANDOVER)
    it.settle()

    for mode in Mode:
        with pytest.raises(Permanent, match="has to come back first"):
            it.drill.plan(it.source.instance_id, mode)


def test_a_replacement_that_goes_in_between_takes_nothing_along() -> None:
    """It is a spot instance, too: the image still tells what the canary had."""
    it = canary()
    before = known(it)
    report = it.run(Mode.HANDOVER)
    ecs = it.simulation.cloud.ecs[REGION]
    gone = {"InstanceId": report.progress.launched.instance_id, "Force": True}
    ecs.call("DeleteInstance", gone, it.walk.now)
    it.settle()
    assert holder(it.simulation) == ""

    it.clean()

    assert known(it) == before
    assert it.left() == []


def test_what_cannot_come_back_keeps_the_replacement_and_says_why() -> None:
    """Somebody has given the address to another server meanwhile: a person decides."""
    it = canary()
    report = it.run(Mode.HANDOVER)
    it.settle()
    cloud = it.simulation.cloud
    other = cloud.ecs[REGION].seed_instance({"name": "other"}, it.walk.now)
    address = {"AllocationId": eip(it.simulation).allocation_id}
    mine = {**address, "InstanceId": report.progress.launched.instance_id}
    cloud.call("vpc", REGION, "UnassociateEipAddress", mine, it.walk.now)
    it.settle()
    theirs = {**address, "InstanceId": other}
    cloud.call("vpc", REGION, "AssociateEipAddress", theirs, it.walk.now)
    it.settle()

    results = list(it.cleaning.run(it.source.instance_id))

    assert all(one.is_failure and f"{other} has it by now" in one.why for one in results)
    assert report.progress.launched.instance_id in {one.thing.resource_id for one in results}
    assert holder(it.simulation) == other


def test_tags_that_show_late_do_not_hide_what_was_taken() -> None:
    """Nothing is taken before the record shows."""
    it = canary(assumptions=Assumptions(describe_lag_seconds=30.0))
    before = known(it)

    it.run(Mode.HANDOVER)
    it.clean()

    assert known(it) == before
    assert it.left() == []
