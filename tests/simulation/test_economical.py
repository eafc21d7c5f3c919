"""Sources that the platform stops and does not release, and disks that go back to their source."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from emulator.state.ecs import lifecycle
from tests.simulation.faults import Fault, faults_for
from tests.simulation.harness import REGION, Simulation
from tests.simulation.scenarios import Source
from tests.simulation.schedules import (
    BY_SIZE,
    ECONOMICAL,
    QUICK,
    SOURCE_TYPE,
    Scenario,
    add_members,
    after,
    judged,
    run,
    sell_out_when_stopped,
    withdraw,
)
from tests.simulation.situations import ALL
from worker.core import identity
from worker.core.policy import Policy


def _stop(simulation: Simulation) -> None:
    """Let the owner have stopped the source before its notice."""
    service = simulation.cloud.ecs[REGION]
    (instance,) = service.region.instances.values()
    lifecycle.begin_stop(service.region, instance, simulation.kernel.now)
    simulation.kernel.now += 30.0
    simulation.cloud.advance(simulation.kernel.now)


STOPPED = Scenario(
    "stopped, and told late",
    ecs=QUICK,
    seed=ECONOMICAL,
    prepare=_stop,
    how={"event_delay": 265.0},
    lasts=700.0,
)


@pytest.mark.parametrize("later", range(1, 9))
def test_a_crash_after_the_look_does_not_lose_that_the_lock_was_seen(later: int) -> None:
    """The tags on its disks tell the next worker why the source stands still."""
    undisturbed, _ = run(STOPPED, {})
    (tagged,) = [
        call.number
        for call in undisturbed.interposer.calls
        if call.method == "tag" and call.at < undisturbed.cloud.started_at + 420.0
    ]

    simulation, source = run(STOPPED, {tagged + later: Fault.CRASH_BEFORE})

    assert judged(STOPPED, simulation, source) == []
    assert simulation.notebook.named("parked") == []
    assert "StartInstance" in {entry.action for entry in simulation.cloud.ledger}


def _delete(simulation: Simulation, source: Source) -> None:
    """Let the owner delete the source."""
    region = simulation.cloud.ecs[REGION].region
    instance = region.instances[source.instance_id]
    lifecycle.release(region, instance, simulation.kernel.now, by_platform=False)


def _protect(simulation: Simulation, source: Source) -> None:
    """Let the owner have every disk outlive the source."""
    for disk in source.disks.values():
        simulation.cloud.ecs[REGION].region.disks[disk].delete_with_instance = False


def _once(action: str, act: Callable[[Simulation, Source], None]) -> Callable[..., None]:
    """Act a second after a call was taken."""

    def begin(simulation: Simulation, source: Source) -> None:
        sell_out_when_stopped(simulation, source)

        def watch() -> None:
            while all(entry.action != action for entry in simulation.cloud.ledger):
                simulation.kernel.sleep(1.0)
            simulation.kernel.sleep(1.0)
            act(simulation, source)

        simulation.kernel.spawn(watch)

    return begin


def _changes(simulation: Simulation) -> list[str]:
    return [call.method for call in simulation.interposer.calls if call.port == "disks"]


@pytest.mark.parametrize("name", ["economical", "economical, event again late"])
def test_the_disks_of_a_source_that_is_started_again_are_not_changed(name: str) -> None:
    """They stay with it anyway; a change that takes effect late would outlast what gives them back."""
    simulation, source = run(ALL[name], {})

    assert judged(ALL[name], simulation, source) == []
    assert "StartInstance" in {entry.action for entry in simulation.cloud.ledger}
    assert _changes(simulation) == []


@pytest.mark.parametrize("delay", [250.0, 265.0, 282.0])
def test_a_late_event_keeps_no_disk_for_good(delay: float) -> None:
    """A change right before the platform's stop might take effect after all is over."""
    scenario = replace(ALL["economical"], how={"event_delay": delay}, lasts=700.0)
    undisturbed, _ = run(scenario, {})
    for call in undisturbed.interposer.calls:
        if Fault.LATE in faults_for(call):
            simulation, source = run(scenario, {call.number: Fault.LATE})
            assert judged(scenario, simulation, source) == []


def test_a_change_that_takes_effect_late_does_not_outlast_the_clone() -> None:
    """What is given back is given back after the change that kept it."""
    scenario = ALL["economical, sold out"]
    undisturbed, _ = run(scenario, {})
    (kept,) = [call.number for call in undisturbed.interposer.calls if call.method == "keep"]

    simulation, source = run(scenario, {kept: Fault.LATE})

    assert judged(scenario, simulation, source) == []
    assert _changes(simulation)[-1] == "release"


def test_a_source_that_is_deleted_while_its_clone_is_made_leaves_its_disks() -> None:
    """A remark says that it may be deleted, and not when."""
    scenario = replace(
        ALL["economical, sold out"], during=_once("CreateImage", _delete), may_park=True
    )

    simulation, source = run(scenario, {})

    disks = simulation.cloud.ecs[REGION].region.disks
    assert {disks[one].status for one in source.disks.values()} == {"Available"}
    assert len(simulation.shelf.kept) == 1


def test_a_disk_that_could_not_move_outlives_the_source() -> None:
    """It is the only place where its data is, and its owner is told to delete the source."""
    scenario = replace(ALL["economical, sold out"], policy=Policy(data_disks="reattach"))
    undisturbed, _ = run(scenario, {})
    moved = [call.number for call in undisturbed.interposer.calls if call.method == "detach"]

    simulation, source = run(scenario, {moved[0]: Fault.REFUSED})
    assert judged(scenario, simulation, source) == []
    _delete(simulation, source)

    disks = simulation.cloud.ecs[REGION].region.disks
    assert [device for device, one in source.disks.items() if one in disks] == ["/dev/xvdb"]


def test_what_the_owner_changes_meanwhile_stays() -> None:
    """Nothing was changed, so that nothing is given back."""
    simulation, source = run(replace(ALL["economical"], during=after(60.0, _protect)), {})

    disks = simulation.cloud.ecs[REGION].region.disks
    assert {disks[one].delete_with_instance for one in source.disks.values()} == {False}
    assert _changes(simulation) == []


@pytest.mark.parametrize("later", range(1, 5))
def test_disks_that_outlive_their_source_anyway_tell_that_the_lock_was_seen(later: int) -> None:
    """As the audit has its owner set it: there is nothing to keep, and the mark is needed."""
    safe = {"delete_with_instance": False}
    seed = {**ECONOMICAL, "system_disk": safe, "data_disks": [{"size": 20, **safe}]}
    scenario = replace(STOPPED, seed=seed)
    undisturbed, _ = run(scenario, {})
    tagged = next(call.number for call in undisturbed.interposer.calls if call.method == "tag")

    simulation, _ = run(scenario, {tagged + later: Fault.CRASH_BEFORE})

    assert simulation.notebook.named("parked") == []
    assert "StartInstance" in {entry.action for entry in simulation.cloud.ledger}


def test_disks_that_stay_are_told_as_retained() -> None:
    """A source that is stopped and not released keeps its disks, whether or not we changed them."""
    simulation, _ = run(STOPPED, {})

    (record,) = simulation.shelf.kept.values()
    assert [disk["retained"] for disk in record["disks"]] == [True, True]
    assert not [call for call in simulation.interposer.calls if call.method == "keep"]


@pytest.mark.parametrize("seconds", [20.0, 140.0])
def test_a_notice_taken_back_gives_back_the_disks_that_were_to_move(seconds: float) -> None:
    """Nothing has moved where nothing was launched."""
    scenario = replace(
        ALL["notice withdrawn"],
        seed={"data_disks": [{"size": 20}]},
        policy=Policy(takeover="wait", data_disks="reattach"),
        during=after(seconds, withdraw),
    )

    simulation, source = run(scenario, {})

    assert judged(scenario, simulation, source) == []


def _start_when_there_is_stock(simulation: Simulation, source: Source) -> None:
    """Let the owner start the source as soon as its type is to be had again."""
    service = simulation.cloud.ecs[REGION]
    zone = service.region.instances[source.instance_id].zone_id
    service.set_stock(zone, SOURCE_TYPE, count=1)
    named = {"InstanceId": source.instance_id}
    simulation.cloud.call("ecs", REGION, "StartInstance", named, simulation.kernel.now)


def _sold_out_and_started(simulation: Simulation, source: Source) -> None:
    sell_out_when_stopped(simulation, source)
    after(420.0, _start_when_there_is_stock)(simulation, source)


@pytest.mark.parametrize("data_disks", ["image", "reattach"])
def test_one_that_its_owner_starts_while_its_clone_is_sold_out_keeps_what_it_has(
    data_disks: Any,
) -> None:
    """It is the only one: not one too many beside itself, and everything goes with it as before."""
    scenario = Scenario(
        "started by its owner",
        ecs=BY_SIZE,
        seed={**ECONOMICAL, "eip": True, "secondary_interfaces": 1},
        policy=Policy(
            hand_over=("eip", "load_balancers", "interfaces"),
            data_disks=data_disks,
            same_type_only=True,
            other_zones=False,
        ),
        prepare=add_members,
        during=_sold_out_and_started,
        lasts=900.0,
    )

    simulation, source = run(scenario, {})

    assert judged(scenario, simulation, source) == []
    region = simulation.cloud.ecs[REGION].region
    (record,) = simulation.shelf.kept.values()
    assert record["replacement"]["instance"] == source.instance_id
    assert identity.TAG_QUARANTINED not in region.tags.all_of(source.instance_id)
    assert not [one for one in record["not_kept"] if "beside its replacement" in one["why"]]
    (address,) = region.vpc.addresses.eips.values()
    assert address.target_id == source.instance_id
    own = region.instances[source.instance_id]
    assert {region.disks[one].delete_with_instance for one in own.disk_ids} == {True}
    assert {region.interfaces[one].delete_on_release for one in own.interface_ids} == {True}
