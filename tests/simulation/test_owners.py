"""What owners do while we are at it, and sources that outlive their recreation."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import pytest

from tests.simulation.bindings import CloudCall
from tests.simulation.faults import Fault
from tests.simulation.harness import REGION, Release, Simulation, simulate
from tests.simulation.holders import held_twice
from tests.simulation.invariants import entries, violations
from tests.simulation.replaying import Person, add_undelivered, do
from tests.simulation.scenarios import (
    Source,
    add_source,
    interrupt,
    lost,
    parked,
    recover,
    replacements,
)
from tests.simulation.schedules import ECONOMICAL, QUICK, sell_out_when_stopped, withdraw
from tests.simulation.test_reconcile import lost as lost_event
from tests.simulation.test_reconcile import reconcile, told
from tests.simulation.test_recovery import interrupt_again, reasons, replay
from worker.core import identity, launching
from worker.core.notices import Kind as NoticeKind
from worker.core.policy import HandoverKind, HealthCheck, Policy
from worker.ops.discard import Verdict
from worker.ops.reconcile import Sent, Standing

WAITING = Policy(takeover="wait")
HOUR = 3_600.0


def api(simulation: Simulation, action: str, **params: Any) -> Mapping[str, Any]:
    """Call the cloud as the owner of the account."""
    return simulation.cloud.call("ecs", REGION, action, params, simulation.kernel.now)


def tag(simulation: Simulation, kind: str, resource: str, tags: Mapping[str, str]) -> None:
    """Write tags as the owner of the account."""
    listed = [{"Key": key, "Value": value} for key, value in tags.items()]
    named = {"ResourceType": kind, "ResourceId": [resource]}
    api(simulation, "TagResources", RegionId=REGION, Tag=listed, **named)


def disks_of(simulation: Simulation) -> dict[str, Mapping[str, Any]]:
    found = simulation.cloud.ecs[REGION].dump("disks", simulation.kernel.now)
    return {disk["DiskId"]: disk for disk in found}


def status_of(simulation: Simulation, source: Source) -> str:
    return str(simulation.cloud.ecs[REGION].region.instances[source.instance_id].status.now)


def unannounced(simulation: Simulation, source: Source) -> None:
    """Reclaim a source; its event comes when all is over."""
    interrupt(simulation, source, event_delay=HOUR)


def bystander(simulation: Simulation) -> str:
    """Another server of the same owner."""
    seed = {"name": "bystander", "spot_strategy": "NoSpot"}
    return simulation.cloud.ecs[REGION].seed_instance(seed, simulation.kernel.now)


def noticed(policy: Policy, **seed: Any) -> tuple[Simulation, Source]:
    """Give one source its notice, with one worker."""
    simulation = simulate(ecs=QUICK, policy=policy)
    source = add_source(simulation, **seed)
    simulation.start_worker("one")
    interrupt(simulation, source)
    return simulation, source


def taken_back(policy: Policy, **seed: Any) -> tuple[Simulation, Source]:
    """Give a notice and take it back, until it is known for a false alarm."""
    simulation, source = noticed(policy, **seed)
    simulation.run(60.0)
    withdraw(simulation, source)
    recover(simulation, at_least=900.0)
    assert reasons(simulation) == ["the instance is not locked any more"]
    return simulation, source


def until_asked(simulation: Simulation, action: str) -> None:
    while not entries(simulation, action):
        simulation.run(0.5)


# -- A source that outlives its recreation ---------------------------------------------------------


def outlived(policy: Policy, *, keeps_both: bool = False) -> tuple[Simulation, Source]:
    """Recreate a source whose notice is then taken back; its owner keeps the source."""
    simulation, source = noticed(policy)
    until_asked(simulation, "RunInstances" if policy.takeover == "overlap" else "StopInstance")
    withdraw(simulation, source)
    recover(simulation, at_least=900.0)
    for one in () if keeps_both else replacements(simulation):
        api(simulation, "DeleteInstance", InstanceId=one["InstanceId"], Force=True)
    if status_of(simulation, source) == "Stopped":
        api(simulation, "StartInstance", InstanceId=source.instance_id)
    simulation.run(2 * HOUR)
    return simulation, source


@pytest.mark.parametrize("policy", [Policy(), Policy(takeover="overlap")], ids=["stop", "overlap"])
def test_it_is_recreated_when_it_is_reclaimed_again(policy: Policy) -> None:
    """The dates on its disks and on the first image are of a notice long before this one."""
    simulation, source = outlived(policy)
    ecs, now = simulation.cloud.ecs[REGION], simulation.kernel.now
    ecs.write(source.instance_id, "/dev/xvda", "/data/later.txt", "later", now, flush=True)
    simulation.run(30.0)
    disk = source.disks["/dev/xvda"]
    durable = {"/dev/xvda": ecs.disk_content(disk, simulation.kernel.now, durable=True)}
    later = replace(source, durable=durable, noticed_at=simulation.kernel.now)

    interrupt(simulation, later)
    recover(simulation, at_least=400.0)

    (replacement,) = replacements(simulation)
    assert replacement["Status"] == "Running"
    assert lost(simulation, later, replacement["InstanceId"]) == []
    assert parked(simulation) == 0


@pytest.mark.parametrize("hand_over", [(), ("eip",)], ids=["nothing", "address"])
def test_a_notice_taken_back_after_the_launch_is_told_aloud(
    hand_over: tuple[HandoverKind, ...],
) -> None:
    """Two copies run: somebody has to know at once, and wherever they look."""
    policy = Policy(takeover="overlap", hand_over=hand_over)
    simulation, source = noticed(policy, eip=bool(hand_over))
    until_asked(simulation, "RunInstances")
    withdraw(simulation, source)
    recover(simulation, at_least=900.0)

    (replacement,) = replacements(simulation)
    assert status_of(simulation, source) == "Running"
    two, ended = simulation.bulletin.told[-2:]
    assert (two.kind, two.is_beside, two.extra) == (
        NoticeKind.QUARANTINED,
        True,
        (source.instance_id,),
    )
    assert ended.kind is NoticeKind.DEGRADED
    (record,) = simulation.shelf.kept.values()
    assert record["beside"] == source.instance_id
    assert launching.BOTH_RUN in {one["why"] for one in record["not_kept"]}
    assert replacement["Tags"][identity.TAG_BESIDE] == source.instance_id
    assert parked(simulation) == 0


def test_one_that_is_released_in_time_runs_beside_nobody() -> None:
    """The recreation is watched to the end of its source, and nothing is told of two."""
    simulation, _ = noticed(Policy(takeover="overlap"))
    recover(simulation)

    (record,) = simulation.shelf.kept.values()
    assert record["beside"] == ""
    assert [one.kind for one in simulation.bulletin.told] == [
        NoticeKind.STARTED,
        NoticeKind.RECOVERED,
    ]


def test_one_that_is_reclaimed_beside_its_replacement_is_parked_with_its_data() -> None:
    """A second replacement would be one too many, and the first one lacks what came since."""
    simulation, source = outlived(Policy(takeover="overlap"), keeps_both=True)

    interrupt(simulation, source)
    recover(simulation, at_least=400.0)

    (letter,) = simulation.notebook.named("parked")
    assert letter["park"] == "replaced_before"
    assert len(replacements(simulation)) == 1
    images = simulation.cloud.ecs[REGION].dump("images", simulation.kernel.now)
    assert len([image for image in images if identity.TAG_ID in image["Tags"]]) == 2
    add_undelivered(simulation)
    # Which data counts a person decides, so that no tool takes the message out.
    assert [one.verdict for one in do(simulation, Person(simulation).discard)] == [Verdict.OPEN]
    # What was looked at is given back a second later.
    simulation.run(2.0)

    (replacement,) = replacements(simulation)
    api(simulation, "DeleteInstance", InstanceId=replacement["InstanceId"], Force=True)
    replay(simulation)
    recover(simulation, at_least=400.0)
    assert len(replacements(simulation)) == 1
    assert parked(simulation) == 0


def test_one_whose_event_comes_too_late_is_parked() -> None:
    """What is left of the notice before says nothing about this one."""
    simulation, source = outlived(Policy(takeover="overlap"))

    interrupt(simulation, source, event_delay=400.0)
    recover(simulation, at_least=900.0)

    assert parked(simulation) == 1
    # It begins as one of its own, and finds nothing.
    assert [line["park"] for line in simulation.notebook.named("parked")] == ["source_gone"]


def test_one_whose_image_is_swept_and_whose_event_comes_too_late_is_parked() -> None:
    """The replacement of the notice before runs, and holds nothing of what came after."""
    simulation, source = outlived(Policy(takeover="overlap"), keeps_both=True)
    for image in simulation.cloud.ecs[REGION].dump("images", simulation.kernel.now):
        if identity.TAG_ID in image["Tags"]:
            api(simulation, "DeleteImage", ImageId=image["ImageId"], Force=True)

    interrupt(simulation, source, event_delay=400.0)
    recover(simulation, at_least=900.0)

    assert parked(simulation) == 1


def test_a_late_copy_of_the_first_event_still_does_nothing() -> None:
    """It tells when its notice was given."""
    simulation, source = noticed(Policy())
    recover(simulation, at_least=400.0)
    before = len(simulation.cloud.ledger)

    interrupt_again(simulation, source)
    recover(simulation, at_least=400.0)

    done = {entry.action for entry in simulation.cloud.ledger[before:] if entry.product == "ecs"}
    assert done <= {"DescribeInstances", "DescribeImages"}
    assert len(replacements(simulation)) == 1
    assert parked(simulation) == 0


@pytest.mark.parametrize("method", ["create", "keep"])
def test_a_dated_disk_that_its_owner_has_attached_ends_nothing(method: str) -> None:
    """The date is of whoever had the disk before; a crash lets the bare event find it beside our tag."""

    def run(plan: Mapping[int, Fault]) -> tuple[Simulation, Source]:
        simulation = simulate(ecs=QUICK, plan=plan)
        source = add_source(simulation, data_disks=[{"size": 20}])
        dated = {
            identity.TAG_ID: "0" * 32,
            identity.TAG_DELETE_AFTER: "2026-11-29T00:00:00Z",
            identity.TAG_RETAINED: identity.WAS_DELETED_WITH_INSTANCE,
        }
        tag(simulation, "disk", source.disks["/dev/xvdb"], dated)
        simulation.run(30.0)
        source = replace(source, noticed_at=simulation.kernel.now)
        simulation.start_worker("one")
        interrupt(simulation, source)
        recover(simulation, at_least=400.0)
        return simulation, source

    undisturbed, _ = run({})
    call = next(call for call in undisturbed.interposer.calls if call.method == method)

    simulation, _ = run({call.number: Fault.CRASH_AFTER})

    assert len(replacements(simulation)) == 1
    assert parked(simulation) == 0


# -- Stops and starts by the owner -----------------------------------------------------------------


def test_one_that_its_owner_stops_after_the_notice_is_taken_back_is_not_replaced() -> None:
    """Without a lock it was not the platform who stopped it."""
    simulation, source = noticed(Policy())
    simulation.run(20.0)
    withdraw(simulation, source)
    simulation.run(100.0)
    api(simulation, "StopInstance", InstanceId=source.instance_id)
    recover(simulation, at_least=900.0)

    assert entries(simulation, "RunInstances") == []
    assert reasons(simulation) == ["the instance is not locked any more"]


@pytest.mark.parametrize("hand_over", [(), ("eip",)])
def test_one_that_its_owner_starts_after_our_stop_is_not_replaced(
    hand_over: tuple[Any, ...],
) -> None:
    """It runs, and nobody takes it away: a replacement would be a second one."""
    simulation, source = noticed(Policy(hand_over=hand_over))
    until_asked(simulation, "StopInstance")
    withdraw(simulation, source)
    while status_of(simulation, source) != "Stopped":
        simulation.run(0.25)
    api(simulation, "StartInstance", InstanceId=source.instance_id)
    recover(simulation, at_least=900.0)

    assert status_of(simulation, source) == "Running"
    assert entries(simulation, "RunInstances") == []


def test_a_source_that_stays_after_our_stop_is_told() -> None:
    """The notice was taken back when it was on its way down: somebody pays for it."""
    simulation, source = noticed(Policy())
    until_asked(simulation, "StopInstance")
    withdraw(simulation, source)
    recover(simulation, at_least=900.0)

    (record,) = simulation.shelf.kept.values()
    assert source.instance_id in str(record["not_kept"])


def test_one_that_its_owner_starts_while_the_handover_is_held_keeps_what_it_has() -> None:
    """It serves again in place of a replacement that does not, and a replay must not undo that."""
    check = HealthCheck("tcp", port=80, within=60.0)
    simulation = simulate(
        ecs=replace(QUICK, serving_seconds=None), policy=Policy(hand_over=("eip",), health=check)
    )
    source = add_source(simulation, eip=True)
    simulation.start_worker("one")
    interrupt(simulation, source)
    until_asked(simulation, "StopInstance")
    withdraw(simulation, source)
    recover(simulation, at_least=400.0)
    (held,) = simulation.notebook.named("parked")
    assert held["park"] == "replacement_not_healthy"

    api(simulation, "StartInstance", InstanceId=source.instance_id)
    region = simulation.cloud.ecs[REGION].region
    region.settings = replace(region.settings, serving_seconds=1.0)
    simulation.run(60.0)
    replay(simulation)
    recover(simulation, at_least=900.0)

    (address,) = region.vpc.addresses.eips.values()
    assert (address.status, address.target_id) == ("InUse", source.instance_id)
    assert held_twice(simulation) == []
    (replacement,) = replacements(simulation)
    assert replacement["Tags"][identity.TAG_BESIDE] == source.instance_id
    (record,) = simulation.shelf.kept.values()
    assert record["beside"] == source.instance_id
    assert parked(simulation) == 0


@pytest.mark.parametrize("wait", [60.0, HOUR])
def test_in_economical_mode_what_its_owner_has_stopped_stays_stopped(wait: float) -> None:
    """Before the verdict and long after it: the notice was taken back."""
    simulation, source = noticed(Policy(), **ECONOMICAL)
    simulation.run(30.0)
    withdraw(simulation, source)
    if wait == HOUR:
        recover(simulation, at_least=900.0)
    simulation.run(wait)
    before = len(simulation.cloud.ledger)
    api(simulation, "StopInstance", InstanceId=source.instance_id, StoppedMode="StopCharging")
    simulation.run(wait)
    interrupt_again(simulation, source)
    recover(simulation, at_least=900.0)

    done = {entry.action for entry in simulation.cloud.ledger[before:] if entry.product == "ecs"}
    assert "StartInstance" not in done


@pytest.mark.parametrize("notice", [interrupt, unannounced])
@pytest.mark.parametrize("gap", [2.0, 6.0, 10.0])
def test_in_economical_mode_a_notice_after_a_restart_is_a_notice_of_its_own(
    gap: float, notice: Callable[[Simulation, Source], object]
) -> None:
    """That the source runs again ends the first one, and not the second, whose lock it has."""
    simulation, source = noticed(Policy(), **ECONOMICAL)
    simulation.run(30.0)
    withdraw(simulation, source)
    simulation.run(40.0)
    looks = len(simulation.notebook.named("step_waiting"))
    while len(simulation.notebook.named("step_waiting")) == looks:
        simulation.run(0.2)
    api(simulation, "RebootInstance", InstanceId=source.instance_id)
    simulation.run(gap)
    notice(simulation, source)
    recover(simulation, at_least=900.0)

    assert status_of(simulation, source) == "Running"
    assert parked(simulation) == 0


# -- Disks -----------------------------------------------------------------------------------------


def test_a_false_alarm_leaves_a_disk_alone_that_has_moved() -> None:
    """It would go with the instance that has it now."""
    simulation, source = noticed(WAITING, data_disks=[{"size": 20}])
    other = bystander(simulation)
    simulation.run(60.0)
    withdraw(simulation, source)
    simulation.run(30.0)
    data = source.disks["/dev/xvdb"]
    api(simulation, "DetachDisk", InstanceId=source.instance_id, DiskId=data)
    simulation.run(20.0)
    api(simulation, "AttachDisk", InstanceId=other, DiskId=data, DeleteWithInstance=False)
    recover(simulation, at_least=900.0)

    assert disks_of(simulation)[data]["InstanceId"] == other
    assert not disks_of(simulation)[data]["DeleteWithInstance"]
    assert disks_of(simulation)[source.disks["/dev/xvda"]]["DeleteWithInstance"]


def test_the_clean_up_of_a_clone_leaves_a_disk_alone_that_has_moved() -> None:
    """The same in economical mode, where the source stays with its disks."""
    simulation = simulate(ecs=QUICK)
    source = add_source(simulation, **ECONOMICAL)
    other = bystander(simulation)
    sell_out_when_stopped(simulation, source)
    simulation.start_worker("one")
    interrupt(simulation, source)
    while "replacement running" not in {one["what"] for one in simulation.notebook.named("mark")}:
        simulation.run(1.0)
    data = source.disks["/dev/xvdb"]
    api(simulation, "DetachDisk", InstanceId=source.instance_id, DiskId=data)
    simulation.run(10.0)
    api(simulation, "AttachDisk", InstanceId=other, DiskId=data, DeleteWithInstance=False)
    recover(simulation, at_least=400.0)

    assert disks_of(simulation)[data]["InstanceId"] == other
    assert not disks_of(simulation)[data]["DeleteWithInstance"]


def test_what_its_owner_protects_between_two_false_alarms_stays_protected() -> None:
    """After a notice that is taken back no disk is ours any more."""
    simulation, source = taken_back(WAITING, data_disks=[{"size": 20}])
    data = source.disks["/dev/xvdb"]
    assert disks_of(simulation)[data]["DeleteWithInstance"]
    api(simulation, "ModifyDiskAttribute", DiskId=data, DeleteWithInstance=False)
    simulation.run(2 * HOUR)

    interrupt(simulation, source)
    simulation.run(60.0)
    withdraw(simulation, source)
    recover(simulation, at_least=900.0)

    assert not disks_of(simulation)[data]["DeleteWithInstance"]
    assert disks_of(simulation)[source.disks["/dev/xvda"]]["DeleteWithInstance"]


@pytest.mark.parametrize("data_disks", ["image", "reattach"])
def test_a_disk_that_is_attached_between_two_notices_is_on_the_replacement(
    data_disks: Any,
) -> None:
    """The second notice looks at the disks anew."""
    simulation, source = noticed(
        Policy(takeover="wait", data_disks=data_disks), data_disks=[{"size": 20}]
    )
    simulation.run(60.0)
    withdraw(simulation, source)
    simulation.run(120.0)
    ecs = simulation.cloud.ecs[REGION]
    zone = ecs.region.instances[source.instance_id].zone_id
    made = api(simulation, "CreateDisk", ZoneId=zone, Size=20, DiskCategory="cloud_essd")
    simulation.run(10.0)
    new = made["DiskId"]
    attach = {"InstanceId": source.instance_id, "DiskId": new, "DeleteWithInstance": True}
    api(simulation, "AttachDisk", **attach)
    simulation.run(30.0)
    device = disks_of(simulation)[new]["Device"]
    now = simulation.kernel.now
    ecs.write(source.instance_id, device, "/data/new.txt", "new disk", now, flush=True)
    simulation.run(30.0)
    disks = {**source.disks, device: new}
    now = simulation.kernel.now
    durable = {at: ecs.disk_content(one, now, durable=True) for at, one in disks.items()}
    later = replace(source, disks=disks, durable=durable, noticed_at=now)

    interrupt(simulation, later)
    recover(simulation, at_least=700.0)

    (replacement,) = replacements(simulation)
    assert lost(simulation, later, replacement["InstanceId"]) == []


def test_a_disk_without_room_for_our_tags_is_given_back_after_a_crash() -> None:
    """What it was stands in a message, then, before it is changed."""

    def run(plan: Mapping[int, Fault]) -> tuple[Simulation, Source]:
        simulation = simulate(ecs=QUICK, policy=WAITING, plan=plan)
        source = add_source(simulation, data_disks=[{"size": 20}])
        full = {f"k{number}": "v" for number in range(18)}
        tag(simulation, "disk", source.disks["/dev/xvdb"], full)
        simulation.run(30.0)
        simulation.start_worker("one")
        interrupt(simulation, source)
        simulation.run(60.0)
        withdraw(simulation, source)
        recover(simulation, at_least=1_500.0)
        return simulation, source

    undisturbed, _ = run({})
    keep = next(call for call in undisturbed.interposer.calls if call.method == "keep")

    simulation, source = run({keep.number: Fault.CRASH_AFTER})

    assert violations(simulation, source, withdrawn=True) == []


# -- What is told, and what else is undone ---------------------------------------------------------


def test_an_interface_is_given_back_though_no_configuration_asks_for_it_any_more() -> None:
    """A release in the middle does not hand interfaces over."""
    before = Policy(takeover="wait", hand_over=("interfaces",))
    after = Policy(takeover="wait", hand_over=())
    simulation = simulate(ecs=QUICK, policy=before, releases=(Release(before), Release(after)))
    source = add_source(simulation, secondary_interfaces=1)
    simulation.start_worker("one")
    interrupt(simulation, source)
    simulation.run(60.0)
    withdraw(simulation, source)
    simulation.kill("one")
    recover(simulation, at_least=1_500.0)

    assert violations(simulation, source, withdrawn=True) == []


def test_an_address_that_was_made_elastic_for_a_false_alarm_is_told() -> None:
    """It cannot be undone."""
    simulation, source = noticed(
        Policy(takeover="wait", hand_over=("eip",), convert_public_ip=True), bandwidth_out=5
    )
    simulation.run(60.0)
    withdraw(simulation, source)
    recover(simulation, at_least=900.0)

    assert entries(simulation, "ConvertNatPublicIpToEip")
    assert "taken back" in str(simulation.bulletin.told[-1].not_kept)


def test_one_that_is_to_be_left_alone_after_a_crash_is_as_it_was() -> None:
    """Its owner has put the tag on it in the middle."""

    def run(plan: Mapping[int, Fault]) -> tuple[Simulation, Source]:
        simulation = simulate(ecs=QUICK, policy=WAITING, plan=plan)
        source = add_source(simulation)
        simulation.start_worker("one")
        interrupt(simulation, source)

        def skip() -> None:
            while not entries(simulation, "CreateImage"):
                simulation.kernel.sleep(0.1)
            simulation.kernel.sleep(1.0)
            withdraw(simulation, source)
            tag(simulation, "instance", source.instance_id, {"spot-recreation:skip": ""})

        simulation.kernel.spawn(skip)
        recover(simulation, at_least=1_500.0)
        return simulation, source

    undisturbed, _ = run({})
    create = next(call for call in undisturbed.interposer.calls if call.method == "create")

    simulation, source = run({create.number: Fault.CRASH_AFTER})

    found = violations(simulation, source, withdrawn=True)
    assert [one for one in found if "message" not in one] == []
    assert disks_of(simulation)[source.disks["/dev/xvda"]]["DeleteWithInstance"]


@pytest.mark.parametrize("seed", [{}, ECONOMICAL], ids=["plain", "economical"])
def test_a_lost_event_after_a_false_alarm_is_found(seed: Mapping[str, Any]) -> None:
    """What the false alarm has left on the disks does not say that somebody is at it."""
    simulation, source = taken_back(WAITING, **seed)
    simulation.run(24 * HOUR)
    one = simulation.workers["one"]
    simulation.kernel.kill([*one.tasks.actors, one.main])
    lost_event(simulation, source)

    assert told(reconcile(simulation)) == [(Standing.LOST, Sent.ENQUEUED)]


@pytest.mark.parametrize("policy", [Policy(), Policy(takeover="overlap")], ids=["stop", "overlap"])
def test_a_lost_event_of_one_that_has_outlived_its_recreation_is_found(policy: Policy) -> None:
    """Its disks and its image have their dates from the notice before."""
    simulation, source = outlived(policy)
    one = simulation.workers["one"]
    simulation.kernel.kill([*one.tasks.actors, one.main])
    lost_event(simulation, source)

    assert told(reconcile(simulation)) == [(Standing.LOST, Sent.ENQUEUED)]
    simulation.start_worker("another")
    recover(simulation, at_least=400.0)
    assert len(replacements(simulation)) == 1


def missing_once(
    simulation: Simulation, source: Source, seconds: tuple[float, ...]
) -> Callable[..., Any]:
    """Let one look each miss the source, so long after its notice."""
    call, due = CloudCall.__call__, list(seconds)

    def send(self: CloudCall, action: str, params: Mapping[str, Any]) -> Mapping[str, Any]:
        body = call(self, action, params)
        is_look = action == "DescribeInstances" and source.instance_id in str(
            params.get("InstanceIds")
        )
        if is_look and due and simulation.kernel.now > source.noticed_at + due[0]:
            due.pop(0)
            return {**body, "Instances": {"Instance": []}, "TotalCount": 0}
        return body

    return send


def test_two_looks_that_miss_it_minutes_apart_are_not_two_in_a_row(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Between them it was seen: it serves, and its address stays on it until its stop."""
    simulation = simulate(ecs=QUICK, policy=Policy(takeover="wait", hand_over=("eip",)))
    source = add_source(simulation, eip=True)
    monkeypatch.setattr(CloudCall, "__call__", missing_once(simulation, source, (60.0, 150.0)))
    simulation.start_worker("one")
    interrupt(simulation, source)
    recover(simulation, at_least=600.0)

    (launch,) = entries(simulation, "RunInstances")
    assert launch.at - source.noticed_at > 250.0
    assert violations(simulation, source) == []
