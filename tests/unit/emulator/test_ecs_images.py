"""Images: states, names, tokens, what they hold and what breaks them."""

from typing import Any

import pytest

from tests.unit.emulator.ecs_bench import Bench

MINUTE = 60.0


def create(bench: Bench, instance_id: str, name: str = "recreation-1", **params: object) -> str:
    answer = bench.call("CreateImage", InstanceId=instance_id, ImageName=name, **params)
    image_id: str = answer["ImageId"]
    return image_id


def test_an_image_goes_from_creating_to_available() -> None:
    bench = Bench()
    create(bench, bench.seed())
    bench.wait(32)
    half = bench.images()[0]
    bench.wait(68)
    whole = bench.images()[0]

    assert (half["Status"], half["Progress"], half["Usable"]) == ("Creating", "32%", False)
    assert (whole["Status"], whole["Progress"], whole["Usable"]) == ("Available", "100%", True)


def test_only_available_images_are_listed_unless_asked() -> None:
    bench = Bench()
    create(bench, bench.seed())
    found = bench.call("DescribeImages", ImageName="recreation-1")["Images"]["Image"]

    assert found == []
    assert len(bench.images(ImageName="recreation-1")) == 1
    assert bench.refused("DescribeImages", Usable=True) == (400, "MissingParameter")
    assert bench.images(Usable=False)[0]["Status"] == "Creating"


def test_name_filter_is_fuzzy_and_names_are_unique() -> None:
    bench = Bench()
    source = bench.seed()
    create(bench, source, "recreation-1")
    create(bench, source, "recreation-12")

    assert len(bench.images(ImageName="recreation-1")) == 2
    refusal = bench.refused("CreateImage", InstanceId=source, ImageName="recreation-1")
    assert refusal == (400, "InvalidImageName.Duplicated")


@pytest.mark.parametrize("name", ["1abc", "a", "acs:x", "aliyun-1", "x" * 129, "http://x"])
def test_malformed_names(name: str) -> None:
    bench = Bench()
    refusal = bench.refused("CreateImage", InstanceId=bench.seed(), ImageName=name)
    assert refusal == (400, "InvalidImageName.Malformed")


@pytest.mark.parametrize(
    ("given", "status", "code"),
    [
        ({"Description": "x"}, 400, "InvalidDescription.Malformed"),
        ({"Description": "http://x"}, 400, "InvalidDescription.Malformed"),
        ({"ImageFamily": "acs:x"}, 400, "InvalidImageFamily.Malformed"),
        ({"ImageFamily": "1x"}, 400, "InvalidImageFamily.Malformed"),
        ({"Architecture": "mips"}, 400, "InvalidArchitecture.Malformed"),
        ({"Platform": "DOS"}, 400, "InvalidPlatform.Malformed"),
        ({"Features": {"ImdsSupport": "v3"}}, 400, "InvalidParameter.FeaturesImdsSupport"),
        ({"ResourceGroupId": "rg-none"}, 404, "InvalidResourceGroup.NotFound"),
    ],
)
def test_what_an_image_cannot_be_described_by(
    given: dict[str, Any], status: int, code: str
) -> None:
    bench = Bench()

    assert bench.refused("CreateImage", InstanceId=bench.seed(), **given) == (status, code)
    assert bench.images() == []


def test_what_an_image_can_be_described_by() -> None:
    bench = Bench()
    words: dict[str, Any] = {
        "Description": "主库",
        "ImageFamily": "shop",
        "Architecture": "arm64",
        "Platform": "Rocky Linux",
        "Features": {"ImdsSupport": "v1"},
    }

    assert create(bench, bench.seed(), **words)


def test_a_token_replays_and_does_not_take_other_parameters() -> None:
    bench = Bench()
    source = bench.seed()
    first = create(bench, source, ClientToken="t")

    assert create(bench, source, ClientToken="t") == first
    refusal = bench.refused("CreateImage", InstanceId=source, ImageName="b", ClientToken="t")
    assert refusal == (400, "IdempotenceParamNotMatch")
    assert len(bench.ledger("CreateImage")) == 1


def test_a_token_is_forgotten_after_a_while() -> None:
    bench = Bench(assumed={"client_token_seconds": 120.0})
    source = bench.seed()
    create(bench, source, ClientToken="t")
    bench.wait(121)

    refusal = bench.refused(
        "CreateImage", InstanceId=source, ImageName="recreation-1", ClientToken="t"
    )
    assert refusal[1] == "InvalidImageName.Duplicated"


def test_an_image_holds_what_was_durable_at_its_start() -> None:
    bench = Bench()
    source = bench.seed(data_disks=[{"size": 20, "files": {"/old": "1"}}])
    bench.wait(MINUTE)
    bench.ecs.write(source, "/dev/xvdb", "/flushed", "2", bench.now, flush=True)
    bench.wait(1)
    bench.ecs.write(source, "/dev/xvdb", "/cached", "3", bench.now)
    content = bench.ecs.image_content(create(bench, source))["/dev/xvdb"]

    assert content.files == {"/old": "1", "/flushed": "2"}
    assert content.journals[source] >= 60


@pytest.mark.parametrize("action", ["StopInstance", "RebootInstance"])
def test_a_change_of_state_breaks_an_image_and_its_snapshots(action: str) -> None:
    bench = Bench()
    source = bench.seed()
    image_id = create(bench, source)
    bench.wait(10)
    bench.call(action, InstanceId=source)
    bench.wait(MINUTE * 5)

    image = bench.images(ImageId=image_id)[0]
    assert (image["Status"], image["Progress"], image["Usable"]) == ("CreateFailed", "10%", False)
    assert bench.snapshots()[0]["Status"] == "failed"


def test_a_finished_image_outlives_everything() -> None:
    bench = Bench()
    source = bench.seed()
    image_id = create(bench, source)
    bench.wait(100)
    bench.call("DeleteInstance", InstanceId=source, Force=True)

    assert bench.images(ImageId=image_id)[0]["Usable"] is True


def test_assumed_survival_of_a_stop() -> None:
    bench = Bench(assumed={"image_survives_stop": True})
    source = bench.seed()
    create(bench, source)
    bench.call("StopInstance", InstanceId=source)
    bench.wait(100)

    assert bench.images()[0]["Status"] == "Available"


def test_early_and_late_usable() -> None:
    early = Bench(assumed={"image_usable": "early"})
    late = Bench(assumed={"image_usable": "late"})
    for bench in (early, late):
        create(bench, bench.seed())

    early.wait(6)
    late.wait(101)
    assert (early.images()[0]["Status"], early.images()[0]["Usable"]) == ("Creating", True)
    assert (late.images()[0]["Status"], late.images()[0]["Usable"]) == ("Available", False)
    late.wait(20)
    assert late.images()[0]["Usable"] is True


def test_early_usable_is_for_the_essd_family_only() -> None:
    bench = Bench(assumed={"image_usable": "early"})
    create(
        bench,
        bench.seed(instance_type="ecs.g6.large", system_disk={"category": "cloud_efficiency"}),
    )
    bench.wait(50)

    assert bench.images()[0]["Usable"] is False


def test_an_image_may_fail_or_hang() -> None:
    failing = Bench(settings={"image_failure_share": 1.0})
    hanging = Bench(settings={"image_stuck_share": 1.0})
    for bench in (failing, hanging):
        create(bench, bench.seed())
        bench.wait(10 * MINUTE)

    assert failing.images()[0]["Status"] == "CreateFailed"
    assert (hanging.images()[0]["Status"], hanging.images()[0]["Progress"]) == ("Creating", "99%")


def test_duration_follows_size_category_and_chain() -> None:
    bench = Bench(settings={"image_seconds": None})
    times: list[float] = []
    for disk, kind in (
        ({"size": 40}, "ecs.g7.large"),
        ({"size": 80}, "ecs.g7.large"),
        ({"size": 80, "snapshot_age_seconds": 60.0}, "ecs.g7.large"),
        ({"size": 80, "category": "cloud_efficiency"}, "ecs.g6.large"),
    ):
        image_id = create(bench, bench.seed(system_disk=disk, instance_type=kind), f"n{len(times)}")
        times.append(bench.ecs.region.images[image_id].finish_at - bench.now)

    assert times == [110.0, 190.0, 54.0, 350.0]


def test_one_running_snapshot_blocks_an_older_disk() -> None:
    bench = Bench()
    source = bench.seed(instance_type="ecs.g6.large", system_disk={"category": "cloud_efficiency"})
    bench.call("CreateSnapshot", DiskId=bench.disk_ids(source)[0])

    refusal = bench.refused("CreateImage", InstanceId=source)
    assert refusal == (403, "IncorrectDiskStatus.CreatingSnapshot")


def test_ten_running_snapshots_block_an_essd() -> None:
    bench = Bench()
    source = bench.seed()
    for index in range(10):
        create(bench, source, f"n{index}")

    refusal = bench.refused("CreateImage", InstanceId=source)
    assert refusal == (403, "QuotaExceed.ConcurrentSnapshotQuota")


def test_wrong_states_and_unknown_sources() -> None:
    bench = Bench()
    source = bench.seed()
    bench.call("StopInstance", InstanceId=source)

    assert bench.refused("CreateImage", InstanceId=source) == (400, "IncorrectInstanceStatus")
    assert bench.refused("CreateImage", InstanceId="i-none") == (404, "InvalidInstanceId.NotFound")
    assert bench.refused("CreateImage") == (400, "MissingParameter")


def test_a_dry_run_makes_nothing() -> None:
    bench = Bench()
    source = bench.seed()

    assert bench.refused("CreateImage", InstanceId=source, DryRun=True) == (400, "DryRunOperation")
    assert bench.images() == []
    assert bench.snapshots() == []


def test_an_image_of_a_system_snapshot_needs_it_accomplished_and_is_imds_v1() -> None:
    bench = Bench()
    source = bench.seed(data_disks=[{"size": 20}])
    system, data = bench.disk_ids(source)
    snapshot = bench.call("CreateSnapshot", DiskId=system)["SnapshotId"]
    bench.wait(6)

    assert bench.snapshots()[0]["Available"] is True
    refusal = bench.refused("CreateImage", SnapshotId=snapshot)
    assert refusal == (403, "InvalidSnapshotId.NotReady")
    bench.wait(5 * MINUTE)
    of_data = bench.call("CreateSnapshot", DiskId=data)["SnapshotId"]
    bench.wait(5 * MINUTE)
    assert bench.refused("CreateImage", SnapshotId=of_data) == (403, "OperationDenied")
    image_id = bench.call("CreateImage", SnapshotId=snapshot)["ImageId"]
    bench.wait(30)
    assert bench.images(ImageId=image_id)[0]["Features"]["ImdsSupport"] == "v1"
    refusal = bench.refused(
        "RunInstances", **bench.launch(source, ImageId=image_id, HttpTokens="required")
    )
    assert refusal[1] == "InvalidHttpTokens.NotSupported"


def test_an_image_of_several_snapshots() -> None:
    bench = Bench()
    source = bench.seed(data_disks=[{"size": 20}])
    system, data = (
        bench.call("CreateSnapshot", DiskId=each)["SnapshotId"] for each in bench.disk_ids(source)
    )
    bench.wait(5 * MINUTE)
    both = [{"SnapshotId": data, "Device": "/dev/xvdb"}, {"SnapshotId": system}]
    both[1]["Device"] = "/dev/xvda"
    image_id = bench.call("CreateImage", DiskDeviceMapping=both)["ImageId"]

    mappings = bench.images(ImageId=image_id)[0]["DiskDeviceMappings"]["DiskDeviceMapping"]
    assert [(each["Device"], each["Type"]) for each in mappings] == [
        ("/dev/xvda", "system"),
        ("/dev/xvdb", "data"),
    ]
    for wrong, code in (
        ({"Size": 19}, "InvalidSize.ValueNotSupported"),
        ({"Device": "/dev/xvda"}, "InvalidDevice.Malformed"),
        ({"Device": "/dev/sdb"}, "InvalidDevice.Malformed"),
    ):
        changed = [{**both[0], **wrong}, both[1]]
        assert bench.refused("CreateImage", DiskDeviceMapping=changed) == (400, code)
    only_data = [{"SnapshotId": data}]
    assert bench.refused("CreateImage", DiskDeviceMapping=only_data) == (400, "OperationDenied")
    promoted = [{"SnapshotId": data, "DiskType": "system"}]
    refusal = bench.refused("CreateImage", DiskDeviceMapping=promoted)
    assert refusal == (403, "UserNotInTheWhiteList")


def test_deleting_an_image_leaves_its_snapshots() -> None:
    bench = Bench()
    source = bench.seed()
    image_id = create(bench, source)
    bench.wait(100)
    snapshot_id = bench.snapshots()[0]["SnapshotId"]

    assert bench.refused("DeleteSnapshot", SnapshotId=snapshot_id) == (403, "SnapshotCreatedImage")
    bench.call("DeleteImage", ImageId=image_id)
    bench.call("DeleteImage", ImageId=image_id)
    assert len(bench.snapshots()) == 1
    bench.call("DeleteSnapshot", SnapshotId=snapshot_id)
    assert bench.snapshots() == []
    create(bench, source)


def test_an_image_in_use_goes_only_by_force() -> None:
    bench = Bench()
    source = bench.seed()
    image_id = create(bench, source)
    bench.wait(100)
    bench.run(source, ImageId=image_id)
    snapshot_id = bench.snapshots()[0]["SnapshotId"]

    assert bench.refused("DeleteImage", ImageId=image_id) == (403, "ImageUsingByInstance")
    bench.call("DeleteImage", ImageId=image_id, Force=True)
    assert bench.refused("DeleteSnapshot", SnapshotId=snapshot_id) == (403, "SnapshotCreatedDisk")
    bench.call("DeleteSnapshot", SnapshotId=snapshot_id, Force=True)


def test_the_ledger_tells_token_tags_and_parameters() -> None:
    bench = Bench()
    source = bench.seed()
    image_id = create(bench, source, ClientToken="t", Tag=[{"Key": "a", "Value": "b"}])
    entry = bench.ledger("CreateImage")[0]

    assert entry.resource_id == image_id
    assert entry.detail["client_token"] == "t"
    assert entry.detail["tags"] == {"a": "b"}
    assert entry.detail["instance_id"] == source


def test_tags_reach_the_snapshots_only_if_assumed() -> None:
    tag = [{"Key": "a", "Value": "b"}]
    for reach in (False, True):
        bench = Bench(assumed={"image_tags_reach_snapshots": reach})
        create(bench, bench.seed(), Tag=tag)
        assert len(bench.snapshots(Tag=tag)) == int(reach)
        assert len(bench.images(Tag=tag)) == 1


def test_the_image_quota() -> None:
    bench = Bench(settings={"image_quota": 1})
    source = bench.seed()
    create(bench, source)

    assert bench.refused("CreateImage", InstanceId=source) == (403, "QuotaExceed.Image")
