"""Automatic snapshot policies: made, listed, and given to disks."""

from typing import Any

import pytest

from tests.unit.emulator.ecs_bench import REGION, Bench

WEEKLY = {
    "regionId": REGION,
    "autoSnapshotPolicyName": "每晚",
    "repeatWeekdays": '["1", "3"]',
    "timePoints": '["2"]',
    "retentionDays": 7,
}


def make(bench: Bench, **changed: Any) -> str:
    policy_id: str = bench.call("CreateAutoSnapshotPolicy", **WEEKLY, **changed)[
        "AutoSnapshotPolicyId"
    ]
    return policy_id


def test_a_policy_is_listed_as_it_was_made() -> None:
    """Under its id and its name, with the disks that have it counted."""
    bench = Bench()
    made = make(bench)

    (row,) = bench.call("DescribeAutoSnapshotPolicyEx", AutoSnapshotPolicyName="每晚")[
        "AutoSnapshotPolicies"
    ]["AutoSnapshotPolicy"]

    assert (row["AutoSnapshotPolicyId"], row["RetentionDays"]) == (made, 7)
    assert (row["RepeatWeekdays"], row["TimePoints"], row["DiskNums"]) == ('["1", "3"]', '["2"]', 0)


def test_applying_reaches_every_disk_named() -> None:
    """The disks show the policy, and the policy counts them."""
    bench = Bench()
    policy, source = make(bench), bench.seed(data_disks=[{"size": 20}])
    ids = bench.disk_ids(source)

    bench.call(
        "ApplyAutoSnapshotPolicy",
        regionId=REGION,
        autoSnapshotPolicyId=policy,
        diskIds=str(ids).replace("'", '"'),
    )

    assert [row["AutoSnapshotPolicyId"] for row in bench.disks(InstanceId=source)] == [policy] * 2
    (row,) = bench.call("DescribeAutoSnapshotPolicyEx")["AutoSnapshotPolicies"][
        "AutoSnapshotPolicy"
    ]
    assert row["DiskNums"] == 2


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"autoSnapshotPolicyId": "sp-none"}, "InvalidAutoSnapshotPolicyId.NotFound"),
        ({"diskIds": '["d-none"]'}, "InvalidDiskId.NotFound"),
        ({"diskIds": "d-none"}, "InvalidParameter"),
        ({"diskIds": ""}, "MissingParameter"),
        ({"regionId": ""}, "MissingParameter"),
    ],
)
def test_applying_all_or_nothing(changed: dict[str, str], code: str) -> None:
    """An unknown policy or disk changes no disk at all."""
    bench = Bench()
    (disk,) = bench.disk_ids(bench.seed())
    given = {
        "regionId": REGION,
        "autoSnapshotPolicyId": make(bench),
        "diskIds": f'["{disk}"]',
        **changed,
    }

    assert bench.refused("ApplyAutoSnapshotPolicy", **given)[1] == code
    assert bench.disks(DiskIds=f'["{disk}"]')[0]["AutoSnapshotPolicyId"] == ""


def test_a_local_disk_takes_no_policy() -> None:
    """Local disks have no snapshots."""
    bench = Bench()
    disk = bench.disk_ids(bench.seed(data_disks=[{"category": "local_ssd_pro"}]))[1]

    refusal = bench.refused(
        "ApplyAutoSnapshotPolicy",
        regionId=REGION,
        autoSnapshotPolicyId=make(bench),
        diskIds=f'["{disk}"]',
    )

    assert refusal == (403, "IncorrectDiskType.NotSupport")


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"repeatWeekdays": '["8"]'}, "InvalidParameter"),
        ({"timePoints": "2"}, "InvalidParameter"),
        ({"timePoints": ""}, "MissingParameter"),
        ({"retentionDays": 0}, "InvalidRetentionDays"),
    ],
)
def test_what_a_policy_must_say(changed: dict[str, Any], code: str) -> None:
    """Days, hours and retention within their limits."""
    assert Bench().refused("CreateAutoSnapshotPolicy", **{**WEEKLY, **changed})[1] == code
