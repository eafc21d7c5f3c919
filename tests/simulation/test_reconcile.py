"""An interruption whose event never came is found and recovered; the event that comes late does nothing."""

import re
from pathlib import Path
from typing import Any

import pytest

from emulator.assumptions import Assumptions
from tests.ports import ports_over
from tests.simulation.harness import DEAD, KEY, QUEUE, REGION, Simulation, simulate
from tests.simulation.invariants import violations
from tests.simulation.replaying import HOME, do, endpoint_of, put, queue_of, take_all
from tests.simulation.scenarios import (
    Source,
    add_source,
    interrupt,
    recover,
    replacements,
    waiting,
)
from tests.simulation.schedules import ECONOMICAL, QUICK, restock, sell_out_when_stopped
from tests.simulation.test_lineage import one_too_many
from worker.adapters.ecs.fleet import EcsFleet
from worker.core.errors import Permanent
from worker.core.policy import Policy
from worker.ops.dlq_view import found_line
from worker.ops.patience import Patience
from worker.ops.reconcile import Found, Reconcile, Sent, Standing
from worker.ops.wording import Language, Wording

ROOT = Path(__file__).parents[2]
TIMER = (ROOT / "deploy/ecs/aliyun-ops-reconcile.timer").read_text("utf-8")
# Minutes from one run of the timer to the next.
(_EVERY,) = re.findall(r"^OnCalendar=\*:0/(\d+)$", TIMER, re.MULTILINE)
NOTICE_SECONDS = 300.0
PERIOD = 60.0 * int(_EVERY)
# The test itself takes the only message away, which nobody else may.
STOLEN = "the last message went before a replacement ran"


def lost(simulation: Simulation, source: Source) -> list[tuple[str, dict[str, str]]]:
    """Reclaim a source and let its event get lost; returns the event, for it may come late."""
    interrupt(simulation, source)
    simulation.run(5.0)
    return take_all(simulation, QUEUE)


def reconcile(
    simulation: Simulation,
    *,
    dry_run: bool = False,
    policy: Policy | None = None,
    images: Any = None,
    **more: Any,
) -> list[Found]:
    """Run the command once, as its timer does."""
    endpoint = endpoint_of(simulation)
    clock = endpoint.clock
    looking = Reconcile(
        fleet=EcsFleet(endpoint),
        images=images or ports_over(endpoint).images,
        instances=ports_over(endpoint).instances,
        queue=queue_of(simulation, QUEUE),
        clock=clock,
        patience=Patience(clock, simulation.kernel.sleep),
        policy=policy or simulation.policy,
        home=HOME,
        key=KEY,
        **more,
    )
    return list(do(simulation, lambda: list(looking.run(dry_run=dry_run))))


def told(found: list[Found]) -> list[tuple[Standing, Sent]]:
    return [(one.standing, one.sent) for one in found]


def test_a_lost_event_is_recovered_within_a_period_and_its_late_copy_does_nothing() -> None:
    """Found by the lock; the real event comes when all is done, and once more a day later."""
    simulation = simulate(ecs=QUICK)
    source = add_source(simulation)
    event = lost(simulation, source)
    simulation.start_worker("one")
    simulation.run(PERIOD)

    assert told(reconcile(simulation)) == [(Standing.LOST, Sent.ENQUEUED)]
    recover(simulation)
    for pause in (0.0, 86_400.0):
        simulation.run(pause)
        for body, attributes in event:
            put(simulation, QUEUE, body, attributes)
        recover(simulation)

    assert violations(simulation, source) == [STOLEN]
    assert len(replacements(simulation)) == 1
    assert waiting(simulation, DEAD) == 0


def test_the_timer_runs_twice_before_the_release() -> None:
    """What the one run misses by a moment the other still finds in time."""
    assert 2 * PERIOD < NOTICE_SECONDS


class Unreadable:
    """A cloud that tells nothing of images."""

    def find(self, name: str) -> Any:
        raise Permanent(f"DescribeImages of {name[:10]} was refused", code="Forbidden.RAM")


def test_what_cannot_be_told_is_enqueued_and_hides_nothing_of_the_others() -> None:
    """A lock leaves no time to find out, and a second event does nothing."""
    simulation = simulate(ecs=QUICK)
    first, second = add_source(simulation), add_source(simulation)
    for source in (first, second):
        lost(simulation, source)
    simulation.start_worker("one")

    found = reconcile(simulation, images=Unreadable())
    again = reconcile(simulation, images=Unreadable())
    recover(simulation)

    assert told(found) == [(Standing.UNTOLD, Sent.ENQUEUED)] * 2
    assert {one.why for one in found} == {"DescribeImages of recreation was refused"}
    assert len(again) == 2
    assert len(replacements(simulation)) == 2
    assert waiting(simulation, DEAD) == 0


def test_a_copy_that_comes_while_it_is_worked_on_does_nothing() -> None:
    """Both ask for the same recreation."""
    simulation = simulate(ecs=QUICK)
    source = add_source(simulation)
    event = lost(simulation, source)
    simulation.start_worker("one")
    simulation.start_worker("two")

    reconcile(simulation)
    simulation.run(3.0)
    for body, attributes in event:
        put(simulation, QUEUE, body, attributes)
    recover(simulation)

    assert violations(simulation, source) == [STOLEN]
    assert len(replacements(simulation)) == 1


def test_what_is_under_way_is_left_alone() -> None:
    """Its disks and its image carry the recreation's id."""
    simulation = simulate(ecs=QUICK)
    source = add_source(simulation)
    simulation.start_worker("one")
    interrupt(simulation, source)
    simulation.run(10.0)

    assert told(reconcile(simulation)) == [(Standing.UNDER_WAY, Sent.NOT_SENT)]
    assert waiting(simulation, QUEUE) == 1


def test_a_dry_run_sends_nothing() -> None:
    """It says what it has found."""
    simulation = simulate(ecs=QUICK)
    source = add_source(simulation)
    lost(simulation, source)

    assert told(reconcile(simulation, dry_run=True)) == [(Standing.LOST, Sent.NOT_SENT)]
    assert waiting(simulation, QUEUE) == 0


@pytest.mark.parametrize(
    ("seed", "stopped"),
    [({}, False), (ECONOMICAL, False), (ECONOMICAL, True)],
    ids=["locked", "economical and locked", "economical and stopped"],
)
def test_one_too_many_is_told_and_not_enqueued(seed: dict[str, Any], *, stopped: bool) -> None:
    """The worker would leave it alone each time; nor does it cost the right one its event."""
    simulation = simulate(ecs=QUICK)
    stays = add_source(simulation)
    extra = add_source(simulation, **one_too_many(stays.instance_id, **seed))
    lost(simulation, extra)
    if stopped:
        simulation.run(400.0)

    (found,) = reconcile(simulation, stopped=stopped)

    assert (found.standing, found.sent) == (Standing.ONE_TOO_MANY, Sent.NOT_SENT)
    assert found.why == f"it is one too many beside {stays.instance_id}"
    assert waiting(simulation, QUEUE) == 0


def test_one_too_many_is_enqueued_where_the_other_one_is_gone() -> None:
    """Then the worker saves what it has, and asks a person."""
    simulation = simulate(ecs=QUICK)
    lost(simulation, add_source(simulation, **one_too_many("i-bp1gone000000000000")))

    assert told(reconcile(simulation)) == [(Standing.LOST, Sent.ENQUEUED)]


@pytest.mark.parametrize(
    "policy",
    [
        Policy(skip_tags=(("team", None),)),
        Policy(select_tags=(("other", None),)),
        Policy(owner="x"),
    ],
)
def test_whose_instances_is_asked_first(policy: Policy) -> None:
    """What the worker would leave alone is left alone here, too; an owner's mark counts."""
    simulation = simulate(ecs=QUICK)
    source = add_source(simulation, tags={"team": "订单", "spot-recreation:owner": "default"})
    lost(simulation, source)

    assert reconcile(simulation, policy=policy) == []


def test_a_source_in_economical_mode_is_found_while_its_lock_shows() -> None:
    """Locked and running, and locked and stopped where the lock stays."""
    simulation = simulate(ecs=QUICK, assumptions=Assumptions(economical_lock_ends=False))
    source = add_source(simulation, **ECONOMICAL)
    lost(simulation, source)
    assert told(reconcile(simulation, dry_run=True)) == [(Standing.LOST, Sent.NOT_SENT)]

    simulation.run(400.0)

    (found,) = reconcile(simulation, dry_run=True)
    assert (found.instance.status, found.standing) == ("Stopped", Standing.LOST)


def test_a_stopped_source_without_a_lock_is_told_and_started_on_a_persons_word() -> None:
    """An owner can stop it so, too; with --stopped the word is signed and good for this stop."""
    simulation = simulate(ecs=QUICK)
    source = add_source(simulation, **ECONOMICAL)
    lost(simulation, source)
    simulation.run(400.0)
    simulation.start_worker("one")

    assert told(reconcile(simulation)) == [(Standing.UNDECIDED, Sent.NOT_SENT)]
    assert waiting(simulation, QUEUE) == 0
    assert told(reconcile(simulation, stopped=True)) == [(Standing.LOST, Sent.ENQUEUED)]
    recover(simulation)

    (instance,) = simulation.cloud.ecs[REGION].dump("instances", simulation.kernel.now)
    assert (instance["InstanceId"], instance["Status"]) == (source.instance_id, "Running")
    assert replacements(simulation) == []


def test_a_persons_word_for_one_stop_does_not_count_for_the_next() -> None:
    """Its owner started it and stopped it again: then it stays stopped."""
    simulation = simulate(ecs=QUICK)
    source = add_source(simulation, **ECONOMICAL)
    lost(simulation, source)
    simulation.run(400.0)
    reconcile(simulation, stopped=True)
    (vouched,) = take_all(simulation, QUEUE)
    ecs, now = simulation.cloud.ecs[REGION], simulation.kernel.now
    ecs.call("StartInstance", {"InstanceId": source.instance_id}, now)
    simulation.run(120.0)
    now = simulation.kernel.now
    stop = {"InstanceId": source.instance_id, "StoppedMode": "StopCharging"}
    ecs.call("StopInstance", stop, now)
    simulation.run(120.0)

    put(simulation, QUEUE, *vouched)
    simulation.start_worker("one")
    recover(simulation)

    (instance,) = ecs.dump("instances", simulation.kernel.now)
    assert instance["Status"] == "Stopped"
    assert waiting(simulation, DEAD) == 1


def cloned(*, lock_ends: bool) -> tuple[Simulation, Source]:
    """A source that was stopped by the platform, could not be started, and was cloned, two hours ago."""
    simulation = simulate(ecs=QUICK, assumptions=Assumptions(economical_lock_ends=lock_ends))
    source = add_source(simulation, **ECONOMICAL)
    simulation.start_worker("one")
    sell_out_when_stopped(simulation, source)
    interrupt(simulation, source)
    recover(simulation, at_least=400.0)
    simulation.run(7_200.0)
    return simulation, source


def sweep_image(simulation: Simulation) -> None:
    (image,) = simulation.cloud.ecs[REGION].dump("images", simulation.kernel.now)
    params = {"ImageId": image["ImageId"], "Force": True}
    simulation.cloud.call("ecs", REGION, "DeleteImage", params, simulation.kernel.now)
    simulation.run(60.0)


@pytest.mark.parametrize("lock_ends", [True, False], ids=["stopped", "stopped and locked"])
def test_one_that_was_cloned_is_not_started_when_its_image_is_swept(
    monkeypatch: pytest.MonkeyPatch, *, lock_ends: bool
) -> None:
    """It stands stopped until somebody deletes it: started, it would be the second copy.

    A person's word may be older than the clone, so that the step looks for one itself.
    """
    monkeypatch.setattr(Reconcile, "_replaced", lambda *_: "")
    simulation, source = cloned(lock_ends=lock_ends)
    sweep_image(simulation)
    restock(simulation, source)

    reconcile(simulation, stopped=True)
    recover(simulation, at_least=900.0)

    states = {
        one["InstanceId"]: one["Status"]
        for one in simulation.cloud.ecs[REGION].dump("instances", simulation.kernel.now)
    }
    assert len(states) == 2
    assert states[source.instance_id] == "Stopped"
    assert waiting(simulation, DEAD) == 0


def test_a_recreation_that_has_only_marked_the_disks_is_under_way() -> None:
    """Its message is parked or held by somebody, so a second one would be parked beside it."""
    simulation = simulate(ecs=QUICK)
    source = add_source(simulation)
    simulation.start_worker("one")
    interrupt(simulation, source)
    ecs = simulation.cloud.ecs[REGION]
    while not any(disk["Tags"] for disk in ecs.dump("disks", simulation.kernel.now)):
        simulation.run(0.05)
    worker = simulation.workers.pop("one")
    simulation.kernel.kill([*worker.tasks.actors, worker.main])
    # Tags show late.
    simulation.run(10.0)

    assert ecs.region.images == {}
    assert told(reconcile(simulation)) == [(Standing.UNDER_WAY, Sent.NOT_SENT)]


@pytest.mark.parametrize("lock_ends", [True, False], ids=["lock ended", "lock stays"])
@pytest.mark.parametrize("stopped", [False, True])
@pytest.mark.parametrize("swept", [False, True])
def test_a_source_that_was_cloned_is_not_to_be_started(
    *, lock_ends: bool, stopped: bool, swept: bool
) -> None:
    """It stands stopped as a lost one does, and beside its clone it would serve a second time."""
    simulation, source = cloned(lock_ends=lock_ends)
    (clone,) = replacements(simulation)
    ecs = simulation.cloud.ecs[REGION]
    if swept:
        sweep_image(simulation)

    (found,) = reconcile(simulation, stopped=stopped)

    assert (found.standing, found.sent) == (Standing.REPLACED, Sent.NOT_SENT)
    assert found.why == clone["InstanceId"]
    assert waiting(simulation, QUEUE) == 0
    states = {one["InstanceId"]: one["Status"] for one in ecs.dump("instances", 0.0)}
    assert states[source.instance_id] == "Stopped"


def test_a_cloned_source_that_was_started_and_stopped_since_is_told_again() -> None:
    """Its start time tells one notice from another."""
    simulation, source = cloned(lock_ends=True)
    restock(simulation, source)
    for action, more in (("StartInstance", {}), ("StopInstance", {"StoppedMode": "StopCharging"})):
        params = {"InstanceId": source.instance_id, **more}
        simulation.cloud.call("ecs", REGION, action, params, simulation.kernel.now)
        simulation.run(120.0)

    assert told(reconcile(simulation)) == [(Standing.UNDECIDED, Sent.NOT_SENT)]


def test_why_it_cannot_be_told_of_a_stopped_one_is_told() -> None:
    """Nobody is to start it because a read was refused."""
    simulation = simulate(ecs=QUICK)
    source = add_source(simulation, **ECONOMICAL)
    lost(simulation, source)
    simulation.run(400.0)

    (found,) = reconcile(simulation, images=Unreadable())

    for language in Language:
        line = found_line(found, Wording(language))
        assert "DescribeImages" in line
        assert "--stopped" not in line
