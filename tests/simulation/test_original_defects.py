"""The defects of the original, one test each: what it got wrong must not come back.

The original is the Go function of the same name; its defects are known from its source.
"""

import dataclasses
import json
from collections.abc import Mapping
from typing import Any

from emulator.assumptions import Assumptions
from emulator.state.ecs.settings import EcsSettings
from tests.simulation.harness import REGION, Simulation, simulate
from tests.simulation.invariants import violations
from tests.simulation.scenarios import Source, add_source, interrupt, parked, recover, replacements
from tests.simulation.schedules import QUICK, sell_out
from worker.core import identity


def recreate(simulation: Simulation, **seed: Any) -> Source:
    """Run one recreation to its end."""
    source = add_source(simulation, **seed)
    simulation.start_worker("one")
    interrupt(simulation, source)
    recover(simulation)
    return source


def effects(simulation: Simulation, action: str) -> list[Mapping[str, Any]]:
    return [
        entry.detail
        for entry in simulation.cloud.ledger
        if entry.product == "ecs" and entry.action == action
    ]


def launched(simulation: Simulation) -> Mapping[str, Any]:
    """The parameters of the one accepted launch."""
    (launch,) = effects(simulation, "RunInstances")
    return dict(launch["parameters"])


def disks_of(simulation: Simulation, instance_id: str) -> dict[str, dict[str, Any]]:
    rows = simulation.cloud.ecs[REGION].dump("disks", simulation.kernel.now)
    return {row["Device"]: row for row in rows if row["InstanceId"] == instance_id}


def test_the_image_name_is_derived_and_not_random() -> None:
    """Two runs of the same recreation ask for the same name."""
    names = set()
    for seed in (1, 2):
        simulation = simulate(ecs=QUICK, seed=seed)
        recreate(simulation, instance_id="i-bp1source00000000001")
        (image,) = effects(simulation, "CreateImage")
        names.add(image["name"])

    (name,) = names
    assert name.startswith("recreation-")


def test_an_image_is_found_while_it_is_still_being_made() -> None:
    """DescribeImages shows Available images only unless it is asked for all."""
    simulation = simulate(ecs=EcsSettings(image_seconds=120.0))

    recreate(simulation)

    progress = [
        line for line in simulation.notebook.named("step_waiting") if "image is at" in str(line)
    ]
    assert progress


def test_a_failed_image_is_noticed_at_once() -> None:
    """CreateFailed ends the waiting; nobody waits for ten minutes."""
    simulation = simulate(ecs=EcsSettings(image_seconds=60.0, image_failure_share=1.0))
    recreate(simulation)

    (line,) = simulation.notebook.named("parked")
    assert line["park"] == "image_failed"
    assert parked(simulation) == 1
    told_at = next(at for at, name, _ in simulation.notebook.lines if name == "parked")
    assert told_at < simulation.notebook.lines[0][0] + 180.0


def test_the_subnet_follows_the_zone() -> None:
    """Another zone with the old subnet is refused by the cloud."""
    simulation = simulate(ecs=QUICK)
    source = add_source(simulation, zone_id="cn-hangzhou-h")
    sell_out(simulation, "cn-hangzhou-h")
    simulation.start_worker("one")
    interrupt(simulation, source)
    recover(simulation)

    (replacement,) = replacements(simulation)
    assert replacement["ZoneId"] != "cn-hangzhou-h"
    assert violations(simulation, source) == []


def test_disk_categories_and_levels_are_cloned() -> None:
    """The original put everything on cloud_efficiency."""
    simulation = simulate(ecs=QUICK)
    source = recreate(
        simulation,
        system_disk={"category": "cloud_essd", "size": 500, "performance_level": "PL2"},
        data_disks=[{"category": "cloud_auto", "size": 100}],
    )

    (replacement,) = replacements(simulation)
    before, after = disks_of(simulation, ""), disks_of(simulation, replacement["InstanceId"])
    assert len(before) <= len(source.disks)
    assert [disk["Category"] for disk in after.values()] == ["cloud_essd", "cloud_auto"]
    assert [disk["Size"] for disk in after.values()] == [500, 100]
    assert after["/dev/xvda"]["PerformanceLevel"] == "PL2"


def test_an_encrypted_disk_stays_encrypted() -> None:
    """A clone that drops encryption is refused, or worse, accepted."""
    simulation = simulate(ecs=QUICK)
    recreate(simulation, data_disks=[{"size": 100, "encrypted": True}])

    (replacement,) = replacements(simulation)
    after = disks_of(simulation, replacement["InstanceId"])
    assert after["/dev/xvdb"]["Encrypted"] is True


def test_no_public_address_is_bought_for_a_source_without_one() -> None:
    """The original asked for 100 Mbit/s and thus for a new address every time."""
    simulation = simulate(ecs=QUICK)
    recreate(simulation)

    assert int(launched(simulation).get("InternetMaxBandwidthOut", 0)) == 0


def test_a_public_address_is_replaced_and_named_in_the_receipt() -> None:
    """A static address cannot be kept, and the receipt says so."""
    simulation = simulate(ecs=QUICK)
    recreate(simulation, bandwidth_out=5)

    assert int(launched(simulation)["InternetMaxBandwidthOut"]) == 5
    (receipt,) = simulation.shelf.kept.values()
    assert any("public address" in one["what"] for one in receipt["not_kept"])


def test_the_bid_is_cloned() -> None:
    """Strategy, price limit and protection period are the source's."""
    simulation = simulate(ecs=QUICK)
    recreate(simulation, spot_strategy="SpotWithPriceLimit", spot_price_limit=5.0, spot_duration=0)

    asked = launched(simulation)
    assert asked["SpotStrategy"] == "SpotWithPriceLimit"
    assert float(asked["SpotPriceLimit"]) == 5.0
    assert int(asked["SpotDuration"]) == 0


def test_key_pair_role_and_tags_are_cloned() -> None:
    """Without them nobody can log in, and the programs have no rights."""
    simulation = simulate(ecs=QUICK)
    recreate(simulation, key_pair_name="ops", ram_role_name="app", tags={"环境": "生产"})

    asked = launched(simulation)
    tags = {tag["Key"]: tag["Value"] for tag in asked["Tag"]}
    assert (asked["KeyPairName"], asked["RamRoleName"]) == ("ops", "app")
    assert tags["环境"] == "生产"


def test_user_data_is_in_the_image_and_not_run_again() -> None:
    """By default what the user data did is cloned with the disk; it is not sent."""
    simulation = simulate(ecs=QUICK)
    recreate(simulation, user_data="IyEvYmluL3NoCmVjaG8gaGVsbG8K")

    assert "UserData" not in launched(simulation)


def test_no_stock_of_the_type_is_an_answer_and_not_a_crash() -> None:
    """The original dereferenced nothing and died."""
    simulation = simulate(ecs=QUICK)
    source = add_source(simulation)
    sell_out(simulation)
    simulation.start_worker("one")
    interrupt(simulation, source)
    recover(simulation)

    assert violations(simulation, source) == []
    (receipt,) = simulation.shelf.kept.values()
    assert receipt["refused"][0]["code"] == "OperationDenied.NoStock"


def test_many_fitting_types_are_asked_for_within_the_limits() -> None:
    """DescribeInstanceTypes takes ten names and answers in pages; no call breaks that."""
    simulation = simulate(ecs=QUICK)
    recreate(simulation, instance_type="ecs.r7.large")

    assert simulation.cloud.complaints == []
    assert len(replacements(simulation)) == 1


def test_every_creating_call_carries_a_derived_token() -> None:
    """A repeated call then has no second effect."""
    simulation = simulate(ecs=QUICK)
    recreate(simulation)

    for action in ("CreateImage", "RunInstances"):
        (effect,) = effects(simulation, action)
        assert effect["client_token"].startswith("sr1-")


def test_an_accepted_launch_is_confirmed() -> None:
    """An instance that vanishes after it was accepted is not taken for a replacement."""
    simulation = simulate(ecs=QUICK)
    source = add_source(simulation)
    simulation.cloud.ecs[REGION].vanish_next(1)
    simulation.start_worker("one")
    interrupt(simulation, source)
    recover(simulation)

    assert len(effects(simulation, "RunInstances")) == 2
    assert violations(simulation, source) == []


def test_leftovers_are_dated() -> None:
    """Image, snapshots and retained disks say whose they are and when they may go."""
    simulation = simulate(ecs=QUICK)
    recreate(simulation, data_disks=[{"size": 100}])

    ecs, now = simulation.cloud.ecs[REGION], simulation.kernel.now
    (replacement,) = replacements(simulation)
    leftovers = [
        row
        for kind in ("images", "snapshots", "disks")
        for row in ecs.dump(kind, now)
        if row.get("InstanceId") != replacement["InstanceId"]
    ]
    assert len(leftovers) >= 5
    for row in leftovers:
        assert identity.TAG_DELETE_AFTER in row["Tags"], json.dumps(row, ensure_ascii=False)


def test_a_slow_image_is_waited_for_beyond_ten_minutes() -> None:
    """The original gave up with its function after 600 seconds."""
    simulation = simulate(
        ecs=EcsSettings(image_seconds=1_500.0),
        assumptions=dataclasses.replace(Assumptions(), image_survives_platform_stop=True),
    )
    source = recreate(simulation)

    assert violations(simulation, source) == []
    assert len(replacements(simulation)) == 1
