"""Starting, stopping, deleting; interfaces; commands; events of progress."""

from base64 import b64encode
from typing import Any

import pytest

from tests.unit.emulator.ecs_bench import Bench


def test_a_stop_takes_its_time_and_flushes() -> None:
    bench = Bench()
    source = bench.seed()
    bench.wait(17.5)
    bench.call("StopInstance", InstanceId=source)
    (disk,) = bench.disk_ids(source)

    assert bench.instance(source)["Status"] == "Stopping"
    bench.wait(15)
    assert bench.instance(source)["Status"] == "Stopped"
    assert bench.ecs.disk_content(disk, bench.now, durable=True).journals[source] == 17


def test_a_forced_stop_is_quick_and_loses_the_cache() -> None:
    bench = Bench(now=1_795_000_020.0)
    source = bench.seed()
    bench.wait(17)
    bench.call("StopInstance", InstanceId=source, ForceStop="true")
    bench.wait(3)

    assert bench.instance(source)["Status"] == "Stopped"
    (disk,) = bench.disk_ids(source)
    assert bench.ecs.disk_content(disk, bench.now).journals[source] == 0


def test_states_that_do_not_allow_an_action() -> None:
    bench = Bench()
    source = bench.seed()
    assert bench.refused("StartInstance", InstanceId=source) == (403, "IncorrectInstanceStatus")
    assert bench.refused("DeleteInstance", InstanceId=source) == (403, "IncorrectInstanceStatus")
    bench.call("StopInstance", InstanceId=source)
    assert bench.refused("StopInstance", InstanceId=source) == (403, "IncorrectInstanceStatus")
    pending = bench.run(source)
    refusal = bench.refused("DeleteInstance", InstanceId=pending, Force=True)
    assert refusal == (403, "IncorrectInstanceStatus.Initializing")


def test_stop_charging_gives_stock_and_public_address_away() -> None:
    bench = Bench()
    source = bench.seed(bandwidth_out=1)
    bench.call("StopInstance", InstanceId=source, StoppedMode="StopCharging")
    bench.wait(15)
    row = bench.instance(source)

    assert row["StoppedMode"] == "StopCharging"
    assert row["PublicIpAddress"]["IpAddress"] == []


def test_the_batch_forms_answer_for_each_instance() -> None:
    bench = Bench()
    running, stopped = bench.seed(), bench.seed()
    bench.call("StopInstance", InstanceId=stopped)
    bench.wait(15)
    answer = bench.call(
        "StopInstances", InstanceId=[running, stopped], BatchOptimization="SuccessFirst"
    )

    rows = answer["InstanceResponses"]["InstanceResponse"]
    assert [row["Code"] for row in rows] == ["200", "IncorrectInstanceStatus"]
    assert rows[0]["CurrentStatus"] == "Stopping"


@pytest.mark.parametrize("mode", [{}, {"BatchOptimization": "AllTogether"}])
def test_a_batch_is_all_or_nothing_unless_told_otherwise(mode: dict[str, str]) -> None:
    """One instance that cannot be stopped leaves the others as they are."""
    bench = Bench()
    running, stopped = bench.seed(), bench.seed()
    bench.call("StopInstance", InstanceId=stopped)
    bench.wait(15)

    refusal = bench.refused("StopInstances", InstanceId=[running, stopped], **mode)
    assert refusal == (403, "IncorrectInstanceStatus")
    refusal = bench.refused("StartInstances", InstanceId=[stopped, running], **mode)
    assert refusal == (403, "IncorrectInstanceStatus")

    assert [bench.instance(each)["Status"] for each in (running, stopped)] == ["Running", "Stopped"]
    rows = bench.call("StopInstances", InstanceId=[running], **mode)
    assert [row["Code"] for row in rows["InstanceResponses"]["InstanceResponse"]] == ["200"]


@pytest.mark.parametrize("mode", ["AllTogether", "SuccessFirst"])
def test_a_dry_batch_changes_nothing(mode: str) -> None:
    bench = Bench()
    running = bench.seed()

    answer = bench.call("StopInstances", InstanceId=[running], BatchOptimization=mode, DryRun=True)

    (row,) = answer["InstanceResponses"]["InstanceResponse"]
    assert (row["Code"], row["CurrentStatus"]) == ("DRYRUN.SUCCESS", "Running")
    assert bench.instance(running)["Status"] == "Running"
    given = {"InstanceId": [running], "DryRun": True}
    assert bench.refused("StartInstances", **given) == (403, "IncorrectInstanceStatus")


def test_deletion_protection_is_for_others_than_spot() -> None:
    bench = Bench()
    spot, plain = bench.seed(), bench.seed(spot_strategy="NoSpot")
    bench.call("ModifyInstanceAttribute", InstanceId=plain, DeletionProtection=True)

    refusal = bench.refused("ModifyInstanceAttribute", InstanceId=spot, DeletionProtection=True)
    assert refusal == (403, "InvalidChargeType.ValueNotSupported")
    refusal = bench.refused("DeleteInstances", InstanceId=[spot, plain], Force=True)
    assert refusal == (403, "InvalidOperation.DeletionProtection")
    assert len(bench.instances()) == 2


def test_attributes_of_an_instance_can_be_changed() -> None:
    bench = Bench()
    source = bench.seed()
    bench.call("ModifyInstanceAttribute", InstanceId=source, InstanceName="b2", UserData="YQ==")

    assert bench.instance(source)["InstanceName"] == "b2"
    assert "YQ==" not in repr(bench.ledger("ModifyInstanceAttribute"))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("InstanceName", "x"),
        ("InstanceName", "1st"),
        ("InstanceName", "http://shop"),
        ("InstanceName", "two words"),
        ("HostName", "web_1"),
        ("Description", "x"),
        ("Password", "short"),
    ],
)
def test_an_instance_cannot_get_what_a_launch_could_not_give_it(name: str, value: str) -> None:
    bench = Bench()
    source = bench.seed()
    changed = bench.refused("ModifyInstanceAttribute", InstanceId=source, **{name: value})

    assert changed == (400, f"Invalid{name}.Malformed")


def test_an_interface_moves_to_another_instance() -> None:
    bench = Bench()
    source, target = bench.seed(secondary_interfaces=1), bench.seed()
    primary, secondary = bench.ecs.region.instances[source].interface_ids
    given: dict[str, Any] = {"NetworkInterfaceId": secondary}

    refusal = bench.refused("DetachNetworkInterface", InstanceId=source, NetworkInterfaceId=primary)
    assert refusal == (400, "InvalidOperation.DetachPrimaryEniNotAllowed")
    refusal = bench.refused("AttachNetworkInterface", InstanceId=target, **given)
    assert refusal == (400, "InvalidOperation.InvalidEniState")
    bench.call("DetachNetworkInterface", InstanceId=source, **given)
    bench.wait(2)
    bench.call("DetachNetworkInterface", InstanceId=source, **given)
    bench.call("AttachNetworkInterface", InstanceId=target, **given)
    bench.wait(2)
    assert bench.ecs.region.instances[source].interface_ids == [primary]
    assert secondary in bench.ecs.region.instances[target].interface_ids
    assert bench.ecs.region.interfaces[secondary].status == "InUse"


def test_an_interface_stays_in_its_zone() -> None:
    bench = Bench()
    source = bench.seed(secondary_interfaces=1)
    other = bench.seed(zone_id="cn-hangzhou-i")
    secondary = bench.ecs.region.instances[source].interface_ids[1]
    bench.call("DetachNetworkInterface", InstanceId=source, NetworkInterfaceId=secondary)
    bench.wait(2)

    refusal = bench.refused(
        "AttachNetworkInterface", InstanceId=other, NetworkInterfaceId=secondary
    )
    assert refusal == (403, "InvalidOperation.AvailabilityZoneMismatch")
    bench.call("DeleteNetworkInterface", NetworkInterfaceId=secondary)


def test_interface_attributes() -> None:
    bench = Bench()
    source = bench.seed(secondary_interfaces=1)
    secondary = bench.ecs.region.instances[source].interface_ids[1]
    bench.call(
        "ModifyNetworkInterfaceAttribute", NetworkInterfaceId=secondary, DeleteOnRelease="false"
    )
    bench.call("DeleteInstance", InstanceId=source, Force=True)

    assert bench.ecs.region.interfaces[secondary].status == "Available"


def test_a_sync_command_makes_everything_durable() -> None:
    bench = Bench()
    source = bench.seed()
    bench.wait(7)
    (disk,) = bench.disk_ids(source)
    bench.ecs.write(source, "system", "/f", "1", bench.now)
    answer = bench.call(
        "RunCommand", Type="RunShellScript", CommandContent="sync", InstanceId=[source]
    )
    invoke_id = answer["InvokeId"]
    first = bench.call("DescribeInvocations", InvokeId=invoke_id)
    bench.wait(2)
    results = bench.call("DescribeInvocationResults", InvokeId=invoke_id)

    assert first["Invocations"]["Invocation"][0]["InvocationStatus"] == "Running"
    row = results["Invocation"]["InvocationResults"]["InvocationResult"][0]
    assert (row["InvocationStatus"], row["ExitCode"], row["Output"]) == ("Success", 0, "")
    assert "/f" in bench.ecs.disk_content(disk, bench.now, durable=True).files


def test_commands_fail_as_set_or_on_stopped_instances() -> None:
    bench = Bench(settings={"command_outcome": "Timeout"})
    running, stopped = bench.seed(), bench.seed()
    bench.call("StopInstance", InstanceId=stopped)
    given = {"Type": "RunShellScript", "CommandContent": "true", "ContentEncoding": "PlainText"}
    invoke_id = bench.call("RunCommand", InstanceId=[running, stopped], **given)["InvokeId"]
    bench.wait(2)
    results = bench.call("DescribeInvocationResults", InvokeId=invoke_id)
    rows = results["Invocation"]["InvocationResults"]["InvocationResult"]

    assert [row["InvocationStatus"] for row in rows] == ["Timeout", "Invalid"]
    assert rows[1]["ErrorCode"] == "InstanceNotRunning"
    assert bench.refused("RunCommand", InstanceId=["i-none"], **given)[0] == 404


def test_progress_is_published_unless_it_is_switched_off() -> None:
    for wanted in (True, False):
        bench = Bench(settings={"publish_progress": wanted})
        source = bench.seed()
        bench.events.clear()
        bench.call("CreateSnapshot", DiskId=bench.disk_ids(source)[0])
        bench.wait(200)
        bench.call("StopInstance", InstanceId=source)
        bench.wait(20)
        kinds = [event["type"].removeprefix("ecs:") for event in bench.events]
        expected = ["Snapshot:CreateSnapshotCompleted", *["Instance:StateChange"] * 2]
        assert kinds == (expected if wanted else [])


def test_user_data_and_credits_that_an_instance_cannot_get_later() -> None:
    """Both as at a launch, except that plain text is taken for user data."""
    bench = Bench()
    source = bench.seed()
    change = {"InstanceId": source}
    long = b64encode(b"x" * (32 * 1024 + 1)).decode()

    bench.call("ModifyInstanceAttribute", **change, UserData="#!/bin/sh\n")
    refusal = bench.refused("ModifyInstanceAttribute", **change, UserData=long)
    assert refusal == (400, "InvalidUserData.SizeExceeded")
    refusal = bench.refused("ModifyInstanceAttribute", **change, CreditSpecification="Unlimited")
    assert refusal == (400, "InvalidParameter.CreditSpecification")


@pytest.mark.parametrize(
    ("given", "status", "code"),
    [
        ({"NetworkInterfaceName": "x"}, 400, "InvalidParameter"),
        ({"Description": "http://x"}, 400, "InvalidParameter"),
        ({"QueueNumber": 2_049}, 403, "InvalidParameter.InvalidEniQueueNumber"),
        ({"ResourceGroupId": "rg-none"}, 404, "InvalidResourceGroup.NotFound"),
        ({"SecurityGroupIds": ["sg-x"] * 11}, 400, "JoinedGroupLimitExceed"),
    ],
)
def test_what_a_new_interface_cannot_have(given: dict[str, Any], status: int, code: str) -> None:
    bench = Bench()
    source = bench.ecs.region.instances[bench.seed()]
    group = source.options.security_group_ids[0]
    new = {"VSwitchId": source.vswitch_id, "SecurityGroupIds": [group]}

    assert bench.refused("CreateNetworkInterface", **{**new, **given}) == (status, code)
    if "ResourceGroupId" not in given and "SecurityGroupIds" not in given:
        change = {"NetworkInterfaceId": source.interface_ids[0], **given}
        refusal = bench.refused("ModifyNetworkInterfaceAttribute", **change)
        assert refusal == (status, code)
    bench.ecs.declare("ResourceGroupId", ["rg-1"])
    made = bench.call("CreateNetworkInterface", **new, ResourceGroupId="rg-1", QueueNumber=2_048)
    assert made["ResourceGroupId"] == "rg-1"


def test_the_same_seed_gives_the_same_cloud() -> None:
    first, second = Bench(), Bench()

    assert first.seed() == second.seed()
    assert first.ecs.dump("disks", first.now) == second.ecs.dump("disks", second.now)
