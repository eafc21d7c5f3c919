"""The five minutes of a spot instance, and what is left afterwards."""

import pytest

from emulator.state.errors import ApiError
from tests.unit.emulator.ecs_bench import START, ZONE, Bench

TYPE = "ecs:Instance:PreemptibleInstanceInterruption"


def locks(bench: Bench, instance_id: str) -> list[str]:
    rows = bench.instance(instance_id)["OperationLocks"]["LockReason"]
    return [row["LockReason"] for row in rows]


def test_event_lock_stop_release() -> None:
    bench = Bench()
    source = bench.seed()
    interruption = bench.ecs.interrupt(source, bench.now)

    assert interruption.release_at == bench.now + 300
    assert bench.events[-1]["type"] == TYPE
    assert bench.events[-1]["id"] == interruption.event_id
    assert bench.events[-1]["data"] == {"instanceId": source, "action": "delete"}
    assert locks(bench, source) == []
    bench.wait(1)
    assert locks(bench, source) == ["Recycling"]
    assert bench.instances(LockReason="recycling") == [source]
    bench.wait(294.5)
    assert bench.instance(source)["Status"] == "Stopped"
    bench.wait(4.5)
    assert bench.instances() == []


def test_a_second_notice_changes_nothing() -> None:
    bench = Bench()
    source = bench.seed()
    first = bench.ecs.interrupt(source, bench.now)
    bench.wait(100)

    assert bench.ecs.interrupt(source, bench.now) is first
    assert [event["type"] for event in bench.events].count(TYPE) == 1


def test_only_spot_instances_are_interrupted() -> None:
    bench = Bench()
    with pytest.raises(ApiError):
        bench.ecs.interrupt(bench.seed(spot_strategy="NoSpot"), bench.now)


def test_event_without_lock_and_late_event() -> None:
    bench = Bench()
    source = bench.seed()
    bench.ecs.interrupt(source, bench.now, lock=False, event_delay=30)
    bench.wait(29)
    assert bench.events == []
    bench.wait(2)
    assert bench.events[-1]["type"] == TYPE
    assert locks(bench, source) == []


def test_release_takes_what_is_not_kept() -> None:
    bench = Bench()
    source = bench.seed(
        eip=True,
        secondary_interfaces=1,
        data_disks=[{"size": 20, "delete_with_instance": False}, {"size": 30}],
    )
    system, kept, lost = bench.disk_ids(source)
    address = bench.instance(source)["VpcAttributes"]["PrivateIpAddress"]["IpAddress"][0]
    bench.ecs.interrupt(source, bench.now)
    bench.wait(300)

    (row,) = bench.disks()
    assert (row["DiskId"], row["Status"], row["Type"]) == (kept, "Available", "data")
    assert (row["DiskChargeType"], row["InstanceId"]) == ("PostPaid", "")
    assert {entry.resource_id for entry in bench.ledger("DiskDeleted")} == {system, lost}
    eip = bench.vpc_call("DescribeEipAddresses")["EipAddresses"]["EipAddress"][0]
    assert (eip["Status"], eip["InstanceId"]) == ("Available", "")
    assert bench.call("DescribeNetworkInterfaces")["TotalCount"] == 0
    bench.wait(30)
    bench.seed(private_ip=address)


def test_an_interface_that_is_kept_stays_with_its_address() -> None:
    bench = Bench()
    source = bench.seed(secondary_interfaces=1, keep_interfaces=True)
    bench.ecs.interrupt(source, bench.now)
    bench.wait(300)
    (row,) = bench.call("DescribeNetworkInterfaces")["NetworkInterfaceSets"]["NetworkInterfaceSet"]

    assert (row["Status"], row["InstanceId"], row["Type"]) == ("Available", "", "Secondary")


def test_keeping_disks_works_after_the_notice_unless_assumed_not() -> None:
    for allowed in (True, False):
        bench = Bench(assumed={"modify_disk_while_recycling": allowed})
        source = bench.seed()
        disks = bench.disk_ids(source)
        bench.ecs.interrupt(source, bench.now)
        if allowed:
            bench.call("ModifyDiskAttribute", DiskIds=disks, DeleteWithInstance=False)
        else:
            refusal = bench.refused("ModifyDiskAttribute", DiskIds=disks, DeleteWithInstance=False)
            assert refusal == (403, "IncorrectDiskStatus")
        bench.wait(300)
        assert len(bench.disks()) == int(allowed)


def test_other_calls_under_the_lock_as_assumed() -> None:
    bench = Bench(assumed={"create_image_while_recycling": False, "stop_while_recycling": False})
    source = bench.seed()
    bench.ecs.interrupt(source, bench.now)

    assert bench.refused("CreateImage", InstanceId=source)[1] == "IncorrectInstanceStatus"
    assert bench.refused("StopInstance", InstanceId=source)[1] == "IncorrectInstanceStatus"
    assert bench.refused("RebootInstance", InstanceId=source)[1] == "IncorrectInstanceStatus"


def test_an_orderly_stop_saves_what_a_kill_loses() -> None:
    counts = []
    for lead in (10.0, None):
        bench = Bench(assumed={"platform_stop_lead_seconds": lead}, now=START - START % 30 + 15)
        source = bench.seed(system_disk={"delete_with_instance": False})
        (disk,) = bench.disk_ids(source)
        bench.ecs.interrupt(source, bench.now)
        bench.wait(300)
        counts.append(bench.ecs.disk_content(disk, bench.now).journals[source])

    assert counts == [290, 285]


@pytest.mark.parametrize(
    ("assumed", "kept", "image", "snapshots"),
    [
        ({}, True, "CreateFailed", ["failed"]),
        ({"platform_stop_lead_seconds": None}, False, "CreateFailed", []),
        ({"platform_stop_lead_seconds": None}, True, "Available", ["accomplished"]),
        (
            {"platform_stop_lead_seconds": None, "image_survives_release": False},
            True,
            "CreateFailed",
            ["failed"],
        ),
        ({"image_survives_platform_stop": True}, True, "Available", ["accomplished"]),
        ({"image_survives_platform_stop": True}, False, "CreateFailed", []),
    ],
)
def test_what_becomes_of_an_unfinished_image(
    assumed: dict[str, object],
    kept: bool,  # noqa: FBT001 - a column of the table above
    image: str,
    snapshots: list[str],
) -> None:
    bench = Bench(settings={"image_seconds": 600.0}, assumed=assumed)
    source = bench.seed(system_disk={"delete_with_instance": not kept})
    bench.ecs.interrupt(source, bench.now)
    bench.call("CreateImage", InstanceId=source)
    bench.wait(700)

    assert bench.images()[0]["Status"] == image
    assert [row["Status"] for row in bench.snapshots()] == snapshots


def test_an_unfinished_snapshot_of_a_kept_disk_as_assumed() -> None:
    for finishes in (True, False):
        bench = Bench(
            settings={"snapshot_base_seconds": 600.0},
            assumed={"platform_stop_lead_seconds": None, "kept_disk_snapshots_finish": finishes},
        )
        source = bench.seed(system_disk={"delete_with_instance": False})
        bench.call("CreateSnapshot", DiskId=bench.disk_ids(source)[0])
        bench.ecs.interrupt(source, bench.now)
        bench.wait(1000)
        expected = "accomplished" if finishes else "failed"
        assert [row["Status"] for row in bench.snapshots()] == [expected]


def test_a_retained_system_disk_cannot_become_an_image() -> None:
    bench = Bench()
    source = bench.seed(system_disk={"delete_with_instance": False})
    (disk,) = bench.disk_ids(source)
    bench.ecs.interrupt(source, bench.now)
    bench.wait(300)
    snapshot_id = bench.call("CreateSnapshot", DiskId=disk)["SnapshotId"]
    bench.wait(300)

    assert bench.snapshots()[0]["SourceDiskType"] == "data"
    assert bench.refused("CreateImage", SnapshotId=snapshot_id) == (403, "OperationDenied")
    other = bench.seed()
    refusal = bench.refused("AttachDisk", InstanceId=other, DiskId=disk, Bootable=True)
    assert refusal == (403, "NotOriginInstance")


def test_a_false_alarm_leaves_everything_as_it_was() -> None:
    bench = Bench()
    source = bench.seed()
    bench.ecs.interrupt(source, bench.now)
    bench.wait(60)
    bench.ecs.cancel_interruption(source, bench.now)
    bench.wait(600)

    assert locks(bench, source) == []
    assert bench.instance(source)["Status"] == "Running"


def test_economical_mode_stops_and_keeps() -> None:
    bench = Bench()
    source = bench.seed(spot_interruption_behavior="Stop", bandwidth_out=5)
    bench.ecs.set_stock(ZONE, "ecs.g7.large", count=0)
    bench.ecs.interrupt(source, bench.now)
    bench.wait(320)
    row = bench.instance(source)

    assert (row["Status"], row["StoppedMode"]) == ("Stopped", "StopCharging")
    assert row["PublicIpAddress"]["IpAddress"] == []
    assert locks(bench, source) == []
    assert len(bench.disks(InstanceId=source)) == 1
    bench.ecs.set_stock(ZONE, "ecs.g7.large", count=0)
    assert bench.refused("StartInstance", InstanceId=source) == (403, "OperationDenied.NoStock")
    bench.ecs.set_stock(ZONE, "ecs.g7.large", count=1)
    bench.call("StartInstance", InstanceId=source)
    bench.wait(12)
    assert bench.instance(source)["Status"] == "Running"


def test_economical_mode_may_keep_the_lock() -> None:
    bench = Bench(assumed={"economical_lock_ends": False, "economical_action": "stop"})
    source = bench.seed(spot_interruption_behavior="Stop")
    bench.ecs.interrupt(source, bench.now)
    assert bench.events[-1]["data"]["action"] == "stop"
    bench.wait(320)

    assert locks(bench, source) == ["Recycling"]
    assert bench.refused("StartInstance", InstanceId=source) == (403, "IncorrectInstanceStatus")


def test_a_start_below_the_market_price_is_refused() -> None:
    bench = Bench()
    source = bench.seed(
        spot_interruption_behavior="Stop",
        spot_strategy="SpotWithPriceLimit",
        spot_price_limit=0.2,
    )
    bench.ecs.interrupt(source, bench.now)
    bench.wait(320)
    bench.ecs.set_price(ZONE, "ecs.g7.large", 0.3, bench.now)

    refusal = bench.refused("StartInstance", InstanceId=source)
    assert refusal == (403, "OperationDenied.SpotPriceLowerThanPublicPrice")


def test_release_after_an_own_stop_or_deletion() -> None:
    bench = Bench()
    stopped, deleted = bench.seed(), bench.seed()
    for each in (stopped, deleted):
        bench.ecs.interrupt(each, bench.now)
    bench.call("StopInstance", InstanceId=stopped)
    bench.call("DeleteInstance", InstanceId=deleted, Force=True)
    bench.wait(300)

    assert bench.instances() == []
    assert bench.ledger("PlatformStop") == []
    assert len(bench.ledger("Release")) == 2
