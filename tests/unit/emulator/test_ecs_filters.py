"""Every documented filter counts: one that nothing can match finds nothing, instead of all."""

import json
from typing import Any

import pytest

from tests.unit.emulator.ecs_bench import START, Bench

BEFORE, AFTER = "2026-01-01T00:00Z", "2036-01-01T00:00Z"
TAG = [{"Key": "team", "Value": "trade"}]


@pytest.fixture
def bench() -> Bench:
    bench = Bench()
    instance_id = bench.seed(instance_type="ecs.g7.large", data_disks=[{"size": 100}], eip=True)
    disk = bench.call("DescribeDisks", InstanceId=instance_id)["Disks"]["Disk"][0]
    bench.call("CreateSnapshot", DiskId=disk["DiskId"])
    return bench


def count(bench: Bench, action: str, **params: Any) -> int:
    caller = bench.vpc_call if action == "DescribeEipAddresses" else bench.call
    found: int = caller(action, **params)["TotalCount"]
    return found


@pytest.mark.parametrize(
    "action",
    [
        "DescribeInstances",
        "DescribeDisks",
        "DescribeSnapshots",
        "DescribeImages",
        "DescribeEipAddresses",
    ],
)
def test_the_time_of_creation(bench: Bench, action: str) -> None:
    """Filter.N with CreationStartTime leaves what is younger, and refuses what is no time."""
    everything = count(bench, action)
    own = {"ImageOwnerAlias": "self"} if action == "DescribeImages" else {}

    assert everything == count(
        bench, action, Filter=[{"Key": "CreationStartTime", "Value": "1960-01-01T00:00Z"}]
    )
    later = [{"Key": "CreationStartTime", "Value": AFTER}]
    assert count(bench, action, Filter=later, **own) == 0
    if action != "DescribeEipAddresses":
        wrong = [{"Key": "CreationStartTime", "Value": "soon"}]
        refusal = {"DescribeDisks": (400, "InvalidParameter")}
        assert bench.refused(action, Filter=wrong) == refusal.get(
            action, (404, "InvalidFilterKey.NotFound")
        )


@pytest.mark.parametrize(
    ("action", "params", "status", "code"),
    [
        (
            "DescribeInstances",
            {"InstanceChargeType": "Free"},
            404,
            "InvalidInstanceChargeType.NotFound",
        ),
        (
            "DescribeInstances",
            {"InternetChargeType": "Free"},
            404,
            "InvalidInternetChargeType.ValueNotSupported",
        ),
        ("DescribeInstances", {"InstanceNetworkType": "lan"}, 404, "InvalidNetworkType.NotFound"),
        ("DescribeInstances", {"LockReason": "mood"}, 404, "InvalidLockReason.NotFound"),
        (
            "DescribeInstances",
            {"Filter": [{"Key": "Mood", "Value": BEFORE}]},
            404,
            "InvalidFilterKey.NotFound",
        ),
        ("DescribeInstances", {"Tag": [{"Value": "trade"}]}, 400, "InvalidTag.Mismatch"),
        (
            "DescribeInstances",
            {"Tag": [{"Key": f"k{n}"} for n in range(21)]},
            400,
            "InvalidTagCount",
        ),
        ("DescribeDisks", {"DiskType": "floppy"}, 400, "InvalidDiskType.ValueNotSupported"),
        ("DescribeDisks", {"Category": "floppy"}, 400, "InvalidCategory.ValueNotSupported"),
        ("DescribeDisks", {"Status": "Broken"}, 400, "InvalidStatus.ValueNotSupported"),
        ("DescribeDisks", {"DiskChargeType": "Free"}, 404, "InvalidDiskChargeType.NotFound"),
        ("DescribeDisks", {"LockReason": "mood"}, 404, "InvalidLockReason.NotFound"),
        ("DescribeDisks", {"ZoneId": "cn-hangzhou-none"}, 400, "InvalidZoneId.NotFound"),
        ("DescribeDisks", {"DiskIds": json.dumps(["d-1"] * 101)}, 403, "InvalidDiskIds.Malformed"),
        ("DescribeDisks", {"Tag": [{"Value": "trade"}]}, 400, "InvalidTag.Mismatch"),
        (
            "DescribeImages",
            {"ImageOwnerAlias": "me"},
            400,
            "InvalidImageOwnerAlias.ValueNotSupported",
        ),
        ("DescribeImages", {"Usage": "often"}, 404, "InvalidUsage"),
        ("DescribeImages", {"OSType": "os2"}, 404, "InvalidOSType"),
        ("DescribeImages", {"Architecture": "mips"}, 404, "InvalidArchitecture"),
        (
            "DescribeImages",
            {"Filter": [{"Key": "Mood", "Value": BEFORE}]},
            404,
            "InvalidFilterKey.NotFound",
        ),
        ("DescribeImages", {"Tag": [{"Value": "trade"}]}, 400, "InvalidTag.Mismatch"),
        ("DescribeSnapshots", {"Status": "Done"}, 404, "InvalidStatus.NotFound"),
        ("DescribeSnapshots", {"SnapshotType": "manual"}, 404, "InvalidSnapshotType.NotFound"),
        ("DescribeSnapshots", {"SourceDiskType": "floppy"}, 404, "InvalidSourceDiskType"),
        ("DescribeSnapshots", {"Usage": "often"}, 404, "InvalidUsage"),
        ("DescribeSnapshots", {"Category": "best"}, 403, "InvalidSnapshotCategory.Malformed"),
        (
            "DescribeSnapshots",
            {"SnapshotIds": json.dumps(["s-1"] * 101)},
            403,
            "InvalidSnapshotIds.Malformed",
        ),
        ("DescribeSnapshots", {"Tag": [{"Value": "trade"}]}, 400, "InvalidTag.Mismatch"),
    ],
)
def test_a_word_that_a_filter_does_not_know(
    bench: Bench, action: str, params: dict[str, Any], status: int, code: str
) -> None:
    """It is refused as the error table of the action says, instead of finding nothing."""
    assert bench.refused(action, **params) == (status, code)


@pytest.mark.parametrize(
    ("action", "params"),
    [
        ("DescribeInstances", {"InstanceChargeType": "PrePaid"}),
        ("DescribeInstances", {"LockReason": "Recycling"}),
        ("DescribeInstances", {"InstanceNetworkType": "classic"}),
        ("DescribeDisks", {"Status": "ReIniting"}),
        ("DescribeDisks", {"Category": "cloud"}),
        ("DescribeImages", {"Architecture": "i386"}),
        ("DescribeSnapshots", {"SnapshotType": "auto"}),
    ],
)
def test_a_word_that_nothing_has(bench: Bench, action: str, params: dict[str, Any]) -> None:
    """It finds nothing and is no error."""
    assert count(bench, action, **params) == 0


def test_the_time_of_expiry(bench: Bench) -> None:
    """What is paid for by use expires in 2099, as its row says."""
    late = [{"Key": "ExpiredStartTime", "Value": "2100-01-01T00:00Z"}]
    early = [
        {"Key": "ExpiredStartTime", "Value": "2099-01-01T00:00Z"},
        {"Key": "ExpiredEndTime", "Value": "2100-01-01T00:00Z"},
    ]

    assert count(bench, "DescribeInstances", Filter=late) == 0
    assert count(bench, "DescribeInstances", Filter=early) == 1


@pytest.mark.parametrize(
    ("action", "everything", "nothing"),
    [
        ("DescribeInstances", {"IoOptimized": True}, {"IoOptimized": False}),
        ("DescribeInstances", {"DeviceAvailable": True}, {"DeviceAvailable": False}),
        ("DescribeInstances", {"InnerIpAddresses": ""}, {"InnerIpAddresses": '["10.0.0.1"]'}),
        ("DescribeInstances", {}, {"RdmaIpAddresses": '["10.0.0.1"]'}),
        ("DescribeInstances", {}, {"Ipv6Address": ["2408:4000::1"]}),
        ("DescribeDisks", {"DiskChargeType": "PostPaid"}, {"DiskChargeType": "PrePaid"}),
        ("DescribeDisks", {}, {"LockReason": "security"}),
        (
            "DescribeDisks",
            {"EnableAutomatedSnapshotPolicy": False},
            {"EnableAutomatedSnapshotPolicy": True},
        ),
        ("DescribeSnapshots", {"Category": "Standard"}, {"Category": "archive"}),
        ("DescribeSnapshots", {}, {"SnapshotLinkId": "sl-other"}),
        ("DescribeNetworkInterfaces", {"ServiceManaged": False}, {"ServiceManaged": True}),
        ("DescribeNetworkInterfaces", {}, {"Ipv6Address": ["2408:4000::1"]}),
        ("DescribeSecurityGroups", {"NetworkType": "vpc"}, {"NetworkType": "classic"}),
        (
            "DescribeSecurityGroups",
            {"SecurityGroupType": "normal"},
            {"SecurityGroupType": "enterprise"},
        ),
        ("DescribeSecurityGroups", {"ServiceManaged": False}, {"ServiceManaged": True}),
        ("DescribeSecurityGroups", {}, {"ResourceGroupId": "rg-other"}),
        (
            "DescribeSecurityGroups",
            {"SecurityGroupName": "roup", "FuzzyQuery": True},
            {"SecurityGroupName": "roup"},
        ),
        ("DescribeKeyPairs", {}, {"ResourceGroupId": "rg-other"}),
        ("DescribeVpcs", {"IsDefault": True}, {"IsDefault": False}),
        ("DescribeVSwitches", {"IsDefault": True}, {"IsDefault": False}),
        ("DescribeEipAddresses", {"ISP": "BGP"}, {"ISP": "BGP_PRO"}),
        ("DescribeEipAddresses", {"ChargeType": "PostPaid"}, {"ChargeType": "PrePaid"}),
        ("DescribeEipAddresses", {}, {"ResourceGroupId": "rg-other"}),
        ("DescribeEipAddresses", {}, {"LockReason": "financial"}),
        ("DescribeEipAddresses", {}, {"Tag": TAG}),
    ],
)
def test_what_is_so_of_everything(
    bench: Bench, action: str, everything: dict[str, Any], nothing: dict[str, Any]
) -> None:
    """What agrees with every row leaves all of them, anything else leaves none."""
    assert 0 < count(bench, action) == count(bench, action, **everything)
    assert count(bench, action, **nothing) == 0


@pytest.mark.parametrize(
    ("action", "nothing"),
    [
        ("DescribeVpcs", {"VpcName": "other"}),
        ("DescribeVpcs", {"EnableIpv6": True}),
        ("DescribeVpcs", {"Tag": TAG}),
        ("DescribeVSwitches", {"ResourceGroupId": "rg-other"}),
        ("DescribeVSwitches", {"IsDefault": False}),
        ("DescribeVSwitches", {"Tag": TAG}),
    ],
)
def test_networks_of_the_vpc_product(bench: Bench, action: str, nothing: dict[str, Any]) -> None:
    """The newer product has more filters than ECS's own actions."""
    assert bench.vpc_call(action)["TotalCount"] > 0
    assert bench.vpc_call(action, **nothing)["TotalCount"] == 0


def test_an_address_of_version_6_finds_its_instance_and_its_interface(bench: Bench) -> None:
    """The list may name others, too."""
    vswitch = bench.call("DescribeVSwitches")["VSwitches"]["VSwitch"][0]["VSwitchId"]
    group = bench.call("DescribeSecurityGroups")["SecurityGroups"]["SecurityGroup"][0]
    made = bench.call(
        "CreateNetworkInterface",
        VSwitchId=vswitch,
        SecurityGroupId=group["SecurityGroupId"],
        Ipv6AddressCount=1,
    )
    interface_id = made["NetworkInterfaceId"]
    bench.wait(60)
    (address,) = bench.ecs.region.interfaces[interface_id].ipv6

    found = bench.call("DescribeNetworkInterfaces", Ipv6Address=["2408::9", address])

    rows = found["NetworkInterfaceSets"]["NetworkInterfaceSet"]
    assert [interface_id] == [row["NetworkInterfaceId"] for row in rows]


@pytest.mark.parametrize(
    ("given", "found"),
    [
        ({}, 1),
        ({"EventCycleStatus": "Executed"}, 1),
        ({"EventCycleStatus": "Scheduled"}, 0),
        ({"InstanceEventCycleStatus": ["Scheduled", "Executed"]}, 1),
        ({"InstanceEventCycleStatus": ["Scheduled"], "EventCycleStatus": "Executed"}, 0),
        ({"EventId": ["e-other"]}, 0),
        ({"NotBefore": {"Start": BEFORE, "End": AFTER}}, 1),
        ({"NotBefore": {"Start": AFTER}}, 0),
        ({"EventPublishTime": {"End": BEFORE}}, 0),
    ],
)
def test_events_by_id_status_and_time(given: dict[str, Any], found: int) -> None:
    """A list of states counts before the single one, as the page says."""
    bench = Bench()
    bench.ecs.region.history.append({"instance_id": "i-1", "event_id": "e-1", "at": START})

    assert found == count(bench, "DescribeInstanceHistoryEvents", **given)
