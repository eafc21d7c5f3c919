"""Describe calls: filters, pages, lag, stale reads, refusal of what they do not know."""

import pytest

from emulator.state.errors import ApiError
from tests.unit.emulator.ecs_bench import START, ZONE, Bench


def test_ids_beyond_the_default_page_need_a_page_size() -> None:
    bench = Bench()
    ids = [bench.seed(name=f"web-{n}") for n in range(12)]
    wanted = str(ids).replace("'", '"')

    assert len(bench.instances(InstanceIds=wanted)) == 10
    assert bench.instances(InstanceIds=wanted, PageSize=100) == ids


def test_tokens_lead_through_all_pages() -> None:
    bench = Bench()
    ids = [bench.seed() for _ in range(17)]
    first = bench.call("DescribeInstances", MaxResults="12")
    second = bench.call("DescribeInstances", MaxResults=12, NextToken=first["NextToken"])

    rows = first["Instances"]["Instance"] + second["Instances"]["Instance"]
    assert [row["InstanceId"] for row in rows] == ids
    assert second["NextToken"] == ""


@pytest.mark.parametrize(
    ("action", "rows"),
    [
        ("DescribeInstances", ("Instances", "Instance")),
        ("DescribeDisks", ("Disks", "Disk")),
        ("DescribeNetworkInterfaces", ("NetworkInterfaceSets", "NetworkInterfaceSet")),
    ],
)
def test_a_page_by_token_is_brought_into_its_range(action: str, rows: tuple[str, str]) -> None:
    """Below ten means ten, above the maximum means the maximum, as their pages say."""
    bench = Bench()
    for _ in range(12):
        bench.seed()

    few = bench.call(action, MaxResults=1)
    many = bench.call(action, MaxResults=501)

    assert len(few[rows[0]][rows[1]]) == 10
    assert few["NextToken"] != ""
    assert len(many[rows[0]][rows[1]]) == 12


def test_what_is_documented_as_a_maximum_only_is_refused_beyond_it() -> None:
    bench = Bench()
    bench.call("DescribeInstanceHistoryEvents", MaxResults=1)
    bench.call("DescribeInstanceHistoryEvents", MaxResults=101)

    for action in ("DescribeSnapshots", "DescribeSecurityGroups"):
        assert bench.refused(action, MaxResults=101) == (400, "InvalidParameter")
        bench.call(action, MaxResults=1)


def test_ids_in_single_quotes_are_read() -> None:
    """An official sample sends the text that Python writes for a list."""
    bench = Bench()
    source = bench.seed()

    assert bench.instances(InstanceIds=str([source])) == [source]
    for text in ("['i-1'", "['i-1'] + []", "__import__('os')", "{'i-1': 1}", "[" * 100_000):
        assert bench.refused("DescribeInstances", InstanceIds=text) == (400, "InvalidParameter")


def test_private_pools_are_asked_for_by_id() -> None:
    bench = Bench()
    assert bench.refused("DescribeInstanceAttachmentAttributes") == (400, "MissingParameter")


@pytest.mark.parametrize(
    "action",
    [
        "DescribeInstances",
        "DescribeDisks",
        "DescribeSnapshots",
        "DescribeNetworkInterfaces",
        "DescribeSecurityGroups",
        "DescribeInstanceHistoryEvents",
        "DescribeInvocations",
    ],
)
def test_a_page_by_number_has_an_empty_token(action: str) -> None:
    assert Bench().call(action)["NextToken"] == ""


def test_a_disk_tells_its_speed() -> None:
    """By category, level and size, as "Block storage performance" has it."""
    bench = Bench()
    bench.seed(system_disk={"size": 40, "category": "cloud_essd"})
    (disk,) = bench.disks()

    assert (disk["IOPS"], disk["Throughput"]) == (3800, 140)


def test_more_ids_than_a_hundred_or_a_page_too_big_is_refused() -> None:
    bench = Bench()
    assert bench.refused("DescribeInstances", InstanceIds=str([1] * 101)) == (
        400,
        "InvalidParameter",
    )
    assert bench.refused("DescribeInstances", PageSize=101)[1] == "InvalidParameter"


def test_filters_are_combined() -> None:
    bench = Bench()
    web = bench.seed(name="web-1", tags={"team": "a", "env": "prod"})
    bench.seed(name="web-2", tags={"team": "a"})
    other = bench.seed(name="db-1", instance_type="ecs.u1-c1m4.large")

    assert bench.instances(Tag=[{"Key": "team", "Value": "a"}, {"Key": "env"}]) == [web]
    assert bench.instances(InstanceName="web*", Tag=[{"Key": "env", "Value": "prod"}]) == [web]
    assert bench.instances(InstanceTypeFamily="ecs.u1") == [other]
    assert bench.instances(ZoneId="cn-hangzhou-i") == []
    assert bench.instances(Status="Stopped") == []


def test_metadata_options_are_empty_unless_asked_for() -> None:
    bench = Bench()
    source = bench.seed(options={"http_tokens": "required"})

    assert bench.instance(source)["MetadataOptions"]["HttpTokens"] == ""
    shown = bench.instance(source, AdditionalAttributes=["META_OPTIONS"])
    assert shown["MetadataOptions"]["HttpTokens"] == "required"


def test_memory_is_mebibytes() -> None:
    bench = Bench()
    small = bench.seed(instance_type="ecs.t5-lc2m1.nano", zone_id="cn-hangzhou-g")

    assert bench.instance(small)["Memory"] == 512


def test_a_created_resource_and_its_tags_show_up_late() -> None:
    bench = Bench(assumed={"describe_lag_seconds": 5.0})
    source = bench.seed()
    launched = bench.run(source, Tag=[{"Key": "job", "Value": "1"}])
    by_tag = {"Tag": [{"Key": "job", "Value": "1"}]}

    bench.wait(4.9)
    assert bench.instances(**by_tag) == []
    assert launched not in bench.instances()
    bench.wait(0.2)
    assert bench.instances(**by_tag) == [launched]


def test_a_changed_tag_shows_its_old_value_for_a_while() -> None:
    bench = Bench(assumed={"describe_lag_seconds": 5.0})
    source = bench.seed(tags={"team": "a"})
    bench.call(
        "TagResources",
        ResourceType="instance",
        ResourceId=[source],
        Tag=[{"Key": "team", "Value": "b"}],
    )

    assert bench.instances(Tag=[{"Key": "team", "Value": "a"}]) == [source]
    bench.wait(5)
    assert bench.instances(Tag=[{"Key": "team", "Value": "a"}]) == []
    assert bench.instances(Tag=[{"Key": "team", "Value": "b"}]) == [source]


def test_stale_reads_show_the_status_before_and_the_dead() -> None:
    bench = Bench(settings={"stale_read_seconds": 10.0})
    source = bench.seed()
    bench.wait(60)
    bench.call("StopInstance", InstanceId=source)

    assert bench.instance(source)["Status"] == "Running"
    bench.wait(60)
    bench.call("DeleteInstance", InstanceId=source)
    assert bench.instance(source)["InstanceId"] == source
    assert bench.refused("StopInstance", InstanceId=source)[0] == 404
    bench.wait(11)
    assert bench.instances() == []


def test_an_unknown_action_or_parameter_is_a_loud_error() -> None:
    bench = Bench()

    assert bench.refused("DescribeInstances", InstanceIdz="x")[1] == "InvalidParameter.Unknown"
    with pytest.raises(ApiError) as caught:
        bench.call("DescribeNothing")
    assert caught.value.status == 404
    nested = bench.refused("RunInstances", SystemDisk={"Sise": "40"})
    assert nested[1] == "InvalidParameter.Unknown"
    assert len(bench.world.complaints) == 3


def test_a_used_up_minute_refuses_until_the_next_one() -> None:
    bench = Bench(settings={"calls_per_minute": {"DescribeInstances": 2}}, now=START - START % 60)
    for _ in range(2):
        bench.call("DescribeInstances")

    assert bench.refused("DescribeInstances") == (400, "Throttling.User")
    bench.wait(59)
    assert bench.refused("DescribeInstances") == (400, "Throttling.User")
    bench.call("DescribeDisks")
    bench.wait(1)
    bench.call("DescribeInstances")


def test_single_attributes_of_an_instance() -> None:
    bench = Bench()
    source = bench.seed(
        user_data="#!/bin/sh\n", ram_role_name="reader", options={"bandwidth_weighting": "Vpc-L1"}
    )

    user_data = bench.call("DescribeUserData", InstanceId=source)["UserData"]
    roles = bench.call("DescribeInstanceRamRole", InstanceIds=f'["{source}"]')
    shown = bench.call("DescribeInstanceAttribute", InstanceId=source)

    assert user_data == "IyEvYmluL3NoCg=="
    role_rows = roles["InstanceRamRoleSets"]["InstanceRamRoleSet"]
    assert role_rows == [{"InstanceId": source, "RamRoleName": "reader"}]
    assert shown["NetworkOptions"]["BandwidthWeighting"] == "Vpc-L1"
    assert bench.refused("DescribeUserData", InstanceId="i-none")[0] == 404


def test_network_interfaces_of_an_instance() -> None:
    bench = Bench()
    source = bench.seed(secondary_interfaces=1)
    found = bench.call("DescribeNetworkInterfaces", InstanceId=source)
    rows = found["NetworkInterfaceSets"]["NetworkInterfaceSet"]

    assert [row["Type"] for row in rows] == ["Primary", "Secondary"]
    assert (
        rows[0]["PrivateIpAddress"]
        == bench.instance(source)["VpcAttributes"]["PrivateIpAddress"]["IpAddress"][0]
    )


def test_vswitches_show_addresses_left() -> None:
    bench = Bench()
    before = vswitch(bench)["AvailableIpAddressCount"]
    bench.seed(secondary_interfaces=1)

    assert before == 4092
    assert vswitch(bench)["AvailableIpAddressCount"] == before - 2


def vswitch(bench: Bench) -> dict[str, object]:
    found = bench.vpc_call("DescribeVSwitches", ZoneId=ZONE)["VSwitches"]["VSwitch"]
    row: dict[str, object] = found[0]
    return row
