"""Disks: attributes, attaching, snapshots and tags."""

from typing import Any

import pytest

from tests.unit.emulator.ecs_bench import ZONE, Bench


def test_one_call_changes_up_to_a_hundred_disks_or_none() -> None:
    bench = Bench()
    source = bench.seed(data_disks=[{"size": 20}, {"size": 20}])
    ids = bench.disk_ids(source)
    refusal = bench.refused(
        "ModifyDiskAttribute", DiskIds=[*ids, "d-none"], DeleteWithInstance="false"
    )

    assert refusal == (404, "InvalidDiskId.NotFound")
    assert all(row["DeleteWithInstance"] for row in bench.disks(InstanceId=source))
    bench.call("ModifyDiskAttribute", DiskIds=ids, DeleteWithInstance="false")
    assert not any(row["DeleteWithInstance"] for row in bench.disks(InstanceId=source))
    assert len(bench.disks(DeleteWithInstance=False)) == 3


def test_what_modify_disk_attribute_refuses() -> None:
    bench = Bench()
    source = bench.seed(data_disks=[{"size": 20, "portable": False}])
    fixed = bench.disk_ids(source)[1]

    refused = bench.refused
    assert refused("ModifyDiskAttribute", DeleteWithInstance=False)[1] == "MissingParameter"
    assert refused("ModifyDiskAttribute", DiskId=fixed)[1] == "NoAttributeToModify"
    many = ["d"] * 101
    assert refused("ModifyDiskAttribute", DiskIds=many, DiskName="x")[1] == "InvalidParameter"
    refusal = refused("ModifyDiskAttribute", DiskId=fixed, DeleteWithInstance=False)
    assert refusal == (403, "DiskNotPortable")


@pytest.mark.parametrize(
    ("given", "refusal"),
    [
        ({"SnapshotName": "s"}, (400, "InvalidSnapshotName.Malformed")),
        ({"SnapshotName": "1st"}, (400, "InvalidSnapshotName.Malformed")),
        ({"SnapshotName": "auto_x"}, (400, "InvalidSnapshotName.Malformed")),
        ({"SnapshotName": "http://x"}, (400, "InvalidSnapshotName.Malformed")),
        ({"SnapshotName": "a b"}, (400, "InvalidSnapshotName.Malformed")),
        ({"SnapshotName": "a" * 129}, (400, "InvalidSnapshotName.Malformed")),
        ({"Description": "d"}, (404, "InvalidDescription.Malformed")),
        ({"Description": "https://x"}, (404, "InvalidDescription.Malformed")),
        ({"Description": "d" * 257}, (404, "InvalidDescription.Malformed")),
        ({"RetentionDays": 0}, (400, "InvalidRetentionDays.Malformed")),
        ({"RetentionDays": 65537}, (400, "InvalidRetentionDays.Malformed")),
    ],
)
def test_what_create_snapshot_refuses(given: dict[str, Any], refusal: tuple[int, str]) -> None:
    """Name, description and retention have documented forms and codes."""
    bench = Bench()
    disk = bench.disk_ids(bench.seed())[0]

    assert bench.refused("CreateSnapshot", DiskId=disk, **given) == refusal
    good = {"SnapshotName": "a:b_c-1", "Description": "二字", "RetentionDays": 65536}
    assert bench.call("CreateSnapshot", DiskId=disk, **good)["SnapshotId"]


def test_a_disk_moves_to_another_instance_of_the_zone() -> None:
    bench = Bench()
    source, target = bench.seed(data_disks=[{"size": 20, "files": {"/f": "1"}}]), bench.seed()
    data = bench.disk_ids(source)[1]

    in_use = bench.refused("AttachDisk", InstanceId=target, DiskId=data)
    assert in_use == (404, "InvalidDisk.InUse")
    bench.call("DetachDisk", InstanceId=source, DiskId=data)
    bench.wait(2)
    again = bench.refused("DetachDisk", InstanceId=source, DiskId=data)
    assert again == (400, "InvalidDisk.AlreadyDetached")
    bench.call("AttachDisk", InstanceId=target, DiskId=data, DeleteWithInstance=True)
    assert bench.disks(InstanceId=target)[1]["Status"] == "Attaching"
    bench.wait(32)
    row = bench.disks(InstanceId=target)[1]
    assert (row["Status"], row["Device"], row["DeleteWithInstance"]) == (
        "In_use",
        "/dev/xvdb",
        True,
    )
    content = bench.ecs.disk_content(data, bench.now)
    assert content.files == {"/f": "1"}
    assert content.journals[target] == 30


def test_a_disk_of_another_zone_or_a_full_instance() -> None:
    bench = Bench()
    far = bench.call("CreateDisk", ZoneId="cn-hangzhou-i", Size=20)["DiskId"]
    near = bench.call("CreateDisk", ZoneId=ZONE, Size=20, DiskCategory="cloud_essd")["DiskId"]
    source = bench.seed(data_disks=[{"size": 20}] * 8)
    other = bench.seed(data_disks=[{"size": 20}])

    refusal = bench.refused("AttachDisk", InstanceId=other, DiskId=far)
    assert refusal == (403, "ResourcesNotInSameZone")
    refusal = bench.refused("AttachDisk", InstanceId=source, DiskId=near)
    assert refusal == (403, "InstanceDiskLimitExceeded")
    refusal = bench.refused("AttachDisk", InstanceId=other, DiskId=near, Device="/dev/xvdb")
    assert refusal == (403, "InvalidDevice.InUse")


def test_a_disk_whose_category_the_type_does_not_take() -> None:
    bench = Bench()
    disk = bench.call("CreateDisk", ZoneId=ZONE, Size=20, DiskCategory="cloud_efficiency")["DiskId"]
    old, new = bench.seed(instance_type="ecs.g6.large"), bench.seed(instance_type="ecs.g7.large")

    refusal = bench.refused("AttachDisk", InstanceId=new, DiskId=disk)
    assert refusal == (403, "InvalidInstanceType.NotSupportDiskCategory")
    bench.call("AttachDisk", InstanceId=old, DiskId=disk)


def test_no_disk_goes_to_a_locked_instance() -> None:
    bench = Bench()
    source = bench.seed()
    near = bench.call("CreateDisk", ZoneId=ZONE, Size=20)["DiskId"]
    bench.ecs.interrupt(source, bench.now)

    refusal = bench.refused("AttachDisk", InstanceId=source, DiskId=near)
    assert refusal == (400, "IncorrectInstanceStatus")


def test_a_disk_of_a_snapshot_has_its_content() -> None:
    bench = Bench()
    source = bench.seed(data_disks=[{"size": 20, "files": {"/f": "1"}}])
    snapshot = bench.call("CreateSnapshot", DiskId=bench.disk_ids(source)[1])["SnapshotId"]
    early = bench.refused("CreateDisk", ZoneId=ZONE, SnapshotId=snapshot)
    bench.wait(100)
    disk = bench.call("CreateDisk", ZoneId=ZONE, SnapshotId=snapshot)["DiskId"]
    small = bench.refused("CreateDisk", ZoneId=ZONE, SnapshotId=snapshot, Size=10)

    assert early == (403, "InvalidSnapshotId.NotReady")
    assert small == (403, "InvalidDiskSize.TooSmall")
    assert bench.ecs.disk_content(disk, bench.now).files == {"/f": "1"}
    assert bench.snapshots()[0]["Usage"] == "disk"
    bench.call("DeleteDisk", DiskId=disk)
    assert bench.refused("DeleteDisk", DiskId=disk)[0] == 404


def test_a_snapshot_has_a_course() -> None:
    bench = Bench()
    source = bench.seed()
    bench.call("CreateSnapshot", DiskId=bench.disk_ids(source)[0], SnapshotName="s1")
    early = bench.snapshots()[0]
    bench.wait(50)
    half = bench.snapshots(Status="progressing")[0]
    bench.wait(50)
    done = bench.snapshots(InstanceId=source)[0]

    assert (early["Available"], early["Progress"]) == (False, "0%")
    assert (half["Available"], half["Progress"], half["RemainTime"]) == (True, "50%", 50)
    assert (done["Status"], done["Progress"], done["RemainTime"]) == ("accomplished", "100%", 0)


def test_automatic_snapshots_go_with_their_disk() -> None:
    bench = Bench()
    source = bench.seed(system_disk={"snapshot_age_seconds": 3600.0, "files": {"/f": "old"}})
    snapshot_id = bench.snapshots(SnapshotType="auto")[0]["SnapshotId"]

    assert bench.ecs.snapshot_content(snapshot_id).files == {"/f": "old"}
    bench.call("DeleteInstance", InstanceId=source, Force=True)
    assert bench.snapshots() == []


def test_a_disk_that_was_never_attached_has_no_snapshot() -> None:
    bench = Bench()
    disk = bench.call("CreateDisk", ZoneId=ZONE, Size=20)["DiskId"]

    refusal = bench.refused("CreateSnapshot", DiskId=disk)
    assert refusal == (403, "IncorrectDiskStatus.NeverAttached")


def test_a_write_needs_a_running_instance_and_a_known_disk() -> None:
    bench = Bench()
    source = bench.seed()
    with pytest.raises(Exception, match="has no disk"):
        bench.ecs.write(source, "/dev/xvdz", "/f", "1", bench.now)
    bench.call("StopInstance", InstanceId=source)
    with pytest.raises(Exception, match="not running"):
        bench.ecs.write(source, "system", "/f", "1", bench.now)


def test_tags_are_set_listed_and_removed() -> None:
    bench = Bench()
    source = bench.seed(tags={"team": "a"})
    given = {"ResourceType": "instance", "ResourceId": [source]}
    bench.call("TagResources", **given, Tag=[{"Key": "job", "Value": "1"}])
    rows = bench.call("ListTagResources", **given)["TagResources"]["TagResource"]
    bench.call("UntagResources", **given, TagKey=["team", "none"])
    by_tag = bench.call(
        "ListTagResources", ResourceType="instance", Tag=[{"Key": "job", "Value": "1"}]
    )
    bench.call("UntagResources", **given, All=True)

    assert {row["TagKey"]: row["TagValue"] for row in rows} == {"team": "a", "job": "1"}
    assert [row["ResourceId"] for row in by_tag["TagResources"]["TagResource"]] == [source]
    assert bench.instance(source)["Tags"]["Tag"] == []


def test_what_tagging_refuses() -> None:
    bench = Bench()
    source = bench.seed(tags={f"k{n}": "" for n in range(20)})
    given = {"ResourceType": "instance", "ResourceId": [source]}
    tag = [{"Key": "one-more", "Value": ""}]

    assert bench.refused("TagResources", **given, Tag=tag) == (403, "QuotaExceed.Tags")
    bench.call("TagResources", **given, Tag=[{"Key": "k1", "Value": "changed"}])
    missing = {**given, "ResourceId": ["i-none"]}
    assert bench.refused("TagResources", **missing, Tag=tag) == (404, "InvalidResourceId.NotFound")
    unknown = {**given, "ResourceType": "boat"}
    assert bench.refused("TagResources", **unknown, Tag=tag)[1] == "InvalidResourceType.NotFound"
    reserved = [{"Key": "aliyun-x", "Value": ""}]
    refusal = bench.refused("TagResources", **given, Tag=reserved)
    assert refusal == (400, "InvalidTagKey.Malformed")
    assert bench.refused("TagResources", **given) == (404, "MissingParameter.Tags")
    refusal = bench.refused("TagResources", ResourceId=[source], Tag=tag)
    assert refusal == (404, "MissingParameter.ResourceType")


def test_a_scaling_group_shows_as_a_system_tag() -> None:
    """Seeds may carry tags that callers may not set. Source: ACK and Auto Scaling pages."""
    bench = Bench()
    source = bench.seed(tags={"acs:autoscaling:scalingGroupId": "asg-1", "ack.aliyun.com": "c1"})

    keys = {tag["TagKey"] for tag in bench.instance(source)["Tags"]["Tag"]}
    assert keys == {"acs:autoscaling:scalingGroupId", "ack.aliyun.com"}


def test_a_seed_with_an_unknown_field_names_the_known_ones() -> None:
    bench = Bench()
    with pytest.raises(ValueError, match="InstanceSeed has no colour; it has: age_seconds"):
        bench.seed(colour="red")
    with pytest.raises(ValueError, match="DiskSeed has no colour"):
        bench.seed(data_disks=[{"colour": "red"}])
    with pytest.raises(ValueError, match="there is no image"):
        bench.seed(image_id="m-none")


@pytest.mark.parametrize(
    ("given", "status", "code"),
    [
        ({"DiskCategory": "cloud", "Size": 2_001}, 400, "InvalidDataDiskSize.ValueNotSupported"),
        (
            {"DiskCategory": "cloud_efficiency", "Size": 32_769},
            400,
            "InvalidDataDiskSize.ValueNotSupported",
        ),
        (
            {"DiskCategory": "cloud_ssd", "Size": 32_769},
            400,
            "InvalidDataDiskSize.ValueNotSupported",
        ),
        (
            {"DiskCategory": "cloud_auto", "PerformanceLevel": "PL1"},
            400,
            "InvalidPerformanceLevel.Malformed",
        ),
        ({"KMSKeyId": "k-1"}, 400, "InvalidParameter.EncryptedIllegal"),
        ({"KMSKeyId": "k-1", "Encrypted": True}, 404, "InvalidParameter.KMSKeyId.NotFound"),
        ({"ResourceGroupId": "rg-none"}, 404, "InvalidResourceGroup.NotFound"),
    ],
)
def test_what_create_disk_refuses(given: dict[str, Any], status: int, code: str) -> None:
    bench = Bench()
    new = {"ZoneId": ZONE, "Size": 40, "DiskCategory": "cloud_essd"}

    assert bench.refused("CreateDisk", **{**new, **given}) == (status, code)


def test_the_largest_disks_of_each_category() -> None:
    bench = Bench()
    shown = bench.call("DescribeAvailableResource", DestinationResource="DataDisk", ZoneId=ZONE)
    (zone,) = shown["AvailableZones"]["AvailableZone"]
    (resource,) = zone["AvailableResources"]["AvailableResource"]
    rows = {row["Value"]: row for row in resource["SupportedResources"]["SupportedResource"]}

    assert rows["cloud"]["Max"] == 2_000
    for name, row in rows.items():
        bench.call("CreateDisk", ZoneId=ZONE, DiskCategory=name, Size=row["Max"])


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"DiskName": "x"}, "InvalidDiskName.Malformed"),
        ({"DiskName": "two words"}, "InvalidDiskName.Malformed"),
        ({"Description": "https://x"}, "InvalidDescription.Malformed"),
    ],
)
def test_what_a_disk_may_be_called(given: dict[str, Any], code: str) -> None:
    bench = Bench()
    source = bench.seed()
    disk_id = bench.disks(InstanceId=source)[0]["DiskId"]
    new = {"ZoneId": bench.instance(source)["ZoneId"], "Size": 40, "DiskCategory": "cloud_essd"}

    assert bench.refused("CreateDisk", **new, **given) == (400, code)
    assert bench.refused("ModifyDiskAttribute", DiskId=disk_id, **given) == (400, code)
