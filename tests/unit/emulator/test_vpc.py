"""VPCs, vSwitches and elastic IPs."""

from typing import Any

import pytest

from emulator.state.errors import ApiError
from tests.unit.emulator.ecs_bench import ZONE, Bench


def eip(bench: Bench, allocation_id: str) -> dict[str, Any]:
    found = bench.vpc_call("DescribeEipAddresses", AllocationId=allocation_id)
    row: dict[str, Any] = found["EipAddresses"]["EipAddress"][0]
    return row


def refused(bench: Bench, action: str, **params: Any) -> tuple[int, str]:
    with pytest.raises(ApiError) as caught:
        bench.vpc_call(action, **params)
    return caught.value.status, caught.value.code


def test_every_zone_has_a_vswitch_in_the_default_vpc() -> None:
    bench = Bench()
    (vpc,) = bench.vpc_call("DescribeVpcs")["Vpcs"]["Vpc"]
    found = bench.vpc_call("DescribeVSwitches", VpcId=vpc["VpcId"])["VSwitches"]["VSwitch"]

    assert {row["ZoneId"] for row in found} == {
        zone.zone_id for zone in bench.ecs.region.place.zones
    }
    (one,) = bench.vpc_call("DescribeVSwitches", ZoneId=ZONE)["VSwitches"]["VSwitch"]
    assert bench.vpc_call("DescribeVSwitchAttributes", VSwitchId=one["VSwitchId"]) == one
    (old,) = bench.call("DescribeVSwitches", ZoneId=ZONE)["VSwitches"]["VSwitch"]
    assert old.items() <= one.items()
    assert one.keys() - old.keys() == {"OwnerId", "RouteTable", "Tags"}
    assert vpc["RouterTableIds"]["RouterTableIds"] == [one["RouteTable"]["RouteTableId"]]
    assert {"VRouterId", "OwnerId", "Tags"} <= vpc.keys()


def test_an_eip_shows_what_clients_read() -> None:
    bench = Bench()
    row = bench.vpc_call("AllocateEipAddress", ISP="BGP_PRO", Description="web")

    shown = eip(bench, row["AllocationId"])

    assert (shown["ISP"], shown["Netmode"], shown["Description"]) == ("BGP_PRO", "public", "web")
    assert (shown["DeletionProtection"], shown["SecondLimited"]) == (False, False)
    assert shown["SecurityProtectionTypes"] == {"SecurityProtectionType": []}
    empty = ("ResourceGroupId", "BandwidthPackageId", "VpcId")
    assert [shown[name] for name in empty] == ["", "", ""]


def test_an_eip_moves_from_the_source_to_the_replacement() -> None:
    bench = Bench()
    source, target = bench.seed(eip=True), bench.seed()
    allocation_id = bench.instance(source)["EipAddress"]["AllocationId"]
    given = {"AllocationId": allocation_id, "InstanceType": "EcsInstance"}

    assert refused(bench, "AssociateEipAddress", InstanceId=target, **given) == (
        400,
        "IncorrectEipStatus",
    )
    bench.vpc_call("UnassociateEipAddress", InstanceId=source, **given)
    assert eip(bench, allocation_id)["Status"] == "Unassociating"
    busy = refused(bench, "AssociateEipAddress", InstanceId=target, **given)
    assert busy == (400, "IncorrectEipStatus")
    bench.wait(3)
    assert eip(bench, allocation_id)["Status"] == "Available"
    bench.vpc_call("AssociateEipAddress", InstanceId=target, **given)
    assert eip(bench, allocation_id)["Status"] == "Associating"
    bench.wait(3)
    row = eip(bench, allocation_id)
    assert (row["Status"], row["InstanceId"]) == ("InUse", target)
    assert bench.instance(target)["EipAddress"]["IpAddress"] == row["IpAddress"]
    assert bench.instance(source)["EipAddress"]["AllocationId"] == ""
    bench.vpc_call("AssociateEipAddress", InstanceId=target, **given)


def test_a_static_public_address_excludes_an_eip() -> None:
    bench = Bench()
    source = bench.seed(bandwidth_out=5)
    allocation_id = bench.vpc_call("AllocateEipAddress", Bandwidth="5")["AllocationId"]

    refusal = refused(bench, "AssociateEipAddress", AllocationId=allocation_id, InstanceId=source)
    assert refusal == (400, "InvalidStatus.InstanceHasBandWidth")
    bench.vpc_call("ReleaseEipAddress", AllocationId=allocation_id)
    assert bench.vpc_call("DescribeEipAddresses")["TotalCount"] == 0


def test_the_lock_may_hold_an_eip_as_assumed() -> None:
    bench = Bench(assumed={"detach_while_recycling": False})
    source = bench.seed(eip=True, data_disks=[{"size": 20}], secondary_interfaces=1)
    allocation_id = bench.instance(source)["EipAddress"]["AllocationId"]
    bench.ecs.interrupt(source, bench.now)

    refusal = refused(bench, "UnassociateEipAddress", AllocationId=allocation_id)
    assert refusal == (400, "IncorrectInstanceStatus")
    disk = bench.disk_ids(source)[1]
    assert bench.refused("DetachDisk", InstanceId=source, DiskId=disk)[0] == 403
    eni = bench.ecs.region.instances[source].interface_ids[1]
    refusal = bench.refused("DetachNetworkInterface", InstanceId=source, NetworkInterfaceId=eni)
    assert refusal == (400, "InvalidOperation.InvalidEcsState")


def test_an_eip_whose_target_goes_while_it_is_bound_stays_free() -> None:
    bench = Bench()
    source = bench.seed()
    allocation_id = bench.vpc_call("AllocateEipAddress")["AllocationId"]
    bench.vpc_call("AssociateEipAddress", AllocationId=allocation_id, InstanceId=source)
    bench.call("DeleteInstance", InstanceId=source, Force=True)
    bench.wait(3)

    row = eip(bench, allocation_id)
    assert (row["Status"], row["InstanceId"]) == ("Available", "")


def test_an_eip_of_a_secondary_interface() -> None:
    bench = Bench()
    source = bench.seed(secondary_interfaces=1)
    interface_id = bench.ecs.region.instances[source].interface_ids[1]
    allocation_id = bench.vpc_call("AllocateEipAddress")["AllocationId"]
    bench.vpc_call(
        "AssociateEipAddress",
        AllocationId=allocation_id,
        InstanceId=interface_id,
        InstanceType="NetworkInterface",
    )
    bench.wait(3)
    found = bench.call("DescribeNetworkInterfaces", NetworkInterfaceId=[interface_id])
    (row,) = found["NetworkInterfaceSets"]["NetworkInterfaceSet"]

    assert row["AssociatedPublicIp"]["AllocationId"] == allocation_id
    bench.call("DeleteInstance", InstanceId=source, Force=True)
    assert eip(bench, allocation_id)["Status"] == "Available"


def test_unknown_ids_actions_and_parameters() -> None:
    bench = Bench()

    missing = refused(bench, "UnassociateEipAddress", AllocationId="eip-none")
    assert missing == (404, "InvalidAllocationId.NotFound")
    gone = refused(bench, "DescribeVSwitchAttributes", VSwitchId="vsw-none")
    assert gone == (404, "InvalidVSwitchId.NotFound")
    assert refused(bench, "MakeCoffee")[0] == 404
    assert refused(bench, "DescribeVpcs", Colour="red")[1] == "InvalidParameter.Unknown"
    assert len(bench.world.complaints) == 2


def test_a_static_address_becomes_an_eip_that_can_move() -> None:
    """The same address, first bound to its instance, then free to go."""
    bench = Bench()
    source, target = bench.seed(bandwidth_out=5), bench.seed()
    address = bench.instance(source)["PublicIpAddress"]["IpAddress"][0]

    bench.call("ConvertNatPublicIpToEip", InstanceId=source)
    found = bench.vpc_call("DescribeEipAddresses", EipAddress=address)
    (row,) = found["EipAddresses"]["EipAddress"]
    assert (row["Status"], row["InstanceId"]) == ("Associating", source)
    assert bench.instance(source)["PublicIpAddress"]["IpAddress"] == []
    bench.wait(3)

    shown = bench.instance(source)["EipAddress"]
    assert shown == {**shown, "IpAddress": address, "AllocationId": row["AllocationId"]}
    again = bench.refused("ConvertNatPublicIpToEip", InstanceId=source)
    assert again == (403, "OperationDenied")
    bench.vpc_call("UnassociateEipAddress", AllocationId=row["AllocationId"])
    bench.wait(3)
    bench.vpc_call("AssociateEipAddress", AllocationId=row["AllocationId"], InstanceId=target)
    bench.wait(3)
    assert bench.instance(target)["EipAddress"]["IpAddress"] == address


def test_the_lock_may_hold_a_static_address_as_assumed() -> None:
    """Then it is lost with its instance."""
    bench = Bench(assumed={"convert_while_recycling": False})
    source = bench.seed(bandwidth_out=5)
    bench.ecs.interrupt(source, bench.now)

    refusal = bench.refused("ConvertNatPublicIpToEip", InstanceId=source)

    assert refusal == (403, "IncorrectInstanceStatus")


def test_an_eip_stays_while_its_instance_changes_state() -> None:
    """Only a running or stopped instance gives it away."""
    bench = Bench()
    source = bench.seed(eip=True)
    allocation_id = bench.instance(source)["EipAddress"]["AllocationId"]
    bench.call("StopInstance", InstanceId=source)

    refusal = refused(bench, "UnassociateEipAddress", AllocationId=allocation_id)

    assert refusal == (400, "IncorrectInstanceStatus")
    bench.wait(30)
    bench.vpc_call("UnassociateEipAddress", AllocationId=allocation_id)


def test_an_interface_is_detached_from_its_own_instance_only() -> None:
    """A wrong instance is refused; a free interface has nothing to detach."""
    bench = Bench()
    source, other = bench.seed(secondary_interfaces=1), bench.seed()
    eni = bench.ecs.region.instances[source].interface_ids[1]
    given = {"NetworkInterfaceId": eni}

    refusal = bench.refused("DetachNetworkInterface", InstanceId=other, **given)

    assert refusal == (400, "InvalidParameter")
    bench.call("DetachNetworkInterface", InstanceId=source, **given)
    bench.wait(3)
    bench.call("AttachNetworkInterface", InstanceId=other, **given)
    bench.wait(3)
    assert eni in bench.ecs.region.instances[other].interface_ids


def test_an_eip_is_paid_for_by_its_bandwidth_unless_told_otherwise() -> None:
    bench = Bench()
    allocation_id = bench.vpc_call("AllocateEipAddress", Bandwidth="500")["AllocationId"]
    row = eip(bench, allocation_id)

    assert (row["InternetChargeType"], row["Bandwidth"]) == ("PayByBandwidth", "500")


@pytest.mark.parametrize(
    "given",
    [
        {"Bandwidth": "0"},
        {"Bandwidth": "501"},
        {"Bandwidth": "five"},
        {"Bandwidth": "201", "InternetChargeType": "PayByTraffic"},
        {"InternetChargeType": "Free"},
        {"InstanceChargeType": "Free"},
        {"InstanceChargeType": "PrePaid", "InternetChargeType": "PayByTraffic"},
        {"Name": "http://shop"},
        {"Description": "x" * 257},
    ],
)
def test_what_an_eip_cannot_be(given: dict[str, str]) -> None:
    assert refused(Bench(), "AllocateEipAddress", **given) == (400, "InvalidParameter")


def tagged(bench: Bench, **tag: str) -> list[str]:
    found = bench.vpc_call("DescribeEipAddresses", Tag=[tag])["EipAddresses"]["EipAddress"]
    return [row["AllocationId"] for row in found]


def test_an_eip_is_found_by_its_tags_a_little_later() -> None:
    """Its rows spell a tag in another way than those of ECS."""
    bench = Bench(assumed={"describe_lag_seconds": 2.0})
    first, second = (bench.vpc_call("AllocateEipAddress")["AllocationId"] for _ in "ab")
    tags = [{"Key": "team", "Value": "web"}]

    bench.vpc_call("TagResources", ResourceType="Eip", ResourceId=[first], Tag=tags)

    assert tagged(bench, Key="team") == []
    bench.wait(2)
    assert tagged(bench, Key="team") == tagged(bench, **tags[0]) == [first]
    assert tagged(bench, Key="team", Value="shop") == tagged(bench, Key="other") == []
    assert eip(bench, first)["Tags"] == {"Tag": tags}
    assert eip(bench, second)["Tags"] == {"Tag": []}
    again = bench.vpc_call("AllocateEipAddress", Tag=tags)["AllocationId"]
    bench.wait(2)
    assert tagged(bench, Key="team") == [first, again]
    bench.vpc_call("ReleaseEipAddress", AllocationId=first)
    assert tagged(bench, Key="team") == [again]


@pytest.mark.parametrize(
    ("given", "refusal"),
    [
        ({"ResourceType": "shoe"}, (400, "InvalidInstanceType.NotFound")),
        ({"ResourceType": ""}, (400, "MissingParameter")),
        ({"ResourceId": ["eip-none"]}, (400, "InvalidInstanceIds.NotFound")),
        ({"ResourceId": []}, (400, "MissingParameter")),
        ({"ResourceId": ["eip-none"] * 51}, (400, "SizeLimitExceeded.ResourceId")),
        ({"Tag": []}, (400, "MissingParameter")),
        ({"Tag": [{"Key": f"k{n}"} for n in range(21)]}, (400, "SizeLimitExceeded.TagNum")),
        ({"Tag": [{"Key": f"k{n}"} for n in range(20)]}, (400, "QuotaExceeded.TagNum")),
        ({"Tag": [{"Key": "a"}, {"Key": "a"}]}, (400, "Forbidden.TagKey.Duplicated")),
        ({"Tag": [{"Key": "acs:a"}]}, (400, "InvalidTagKey")),
        ({"Tag": [{"Key": ""}]}, (400, "InvalidTagKey")),
        ({"Tag": [{"Key": "a", "Value": "aliyun"}]}, (400, "InvalidTagValue")),
        ({"Tag": [{"Key": "a", "Value": "x" * 129}]}, (400, "InvalidTagValue")),
    ],
)
def test_which_tags_an_eip_does_not_take(given: dict[str, Any], refusal: tuple[int, str]) -> None:
    """A call that is refused has set nothing."""
    bench = Bench()
    one = bench.vpc_call("AllocateEipAddress", Tag=[{"Key": "there"}])["AllocationId"]
    asked = {"ResourceType": "EIP", "ResourceId": [one], "Tag": [{"Key": "a"}], **given}

    assert refused(bench, "TagResources", **asked) == refusal
    assert eip(bench, one)["Tags"] == {"Tag": [{"Key": "there", "Value": ""}]}
    assert bench.world.complaints == []


def test_what_else_vpc_tags_is_not_modelled() -> None:
    bench = Bench()
    (vpc,) = bench.vpc_call("DescribeVpcs")["Vpcs"]["Vpc"]
    asked = {"ResourceType": "VPC", "ResourceId": [vpc["VpcId"]], "Tag": [{"Key": "a"}]}

    assert refused(bench, "TagResources", **asked) == (400, "InvalidInstanceType.NotFound")
    assert len(bench.world.complaints) == 1


@pytest.mark.parametrize("action", ["DescribeVpcs", "DescribeVSwitches", "DescribeEipAddresses"])
def test_a_dry_run_of_a_query_is_an_error(action: str) -> None:
    """Its success has a code, and no rows."""
    bench = Bench()

    with pytest.raises(ApiError) as caught:
        bench.vpc_call(action, DryRun=True)

    assert (caught.value.status, caught.value.code) == (400, "DryRunOperation")
