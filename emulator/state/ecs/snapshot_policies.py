"""Automatic snapshot policies: made, listed and applied to disks; they take no snapshots here.

Parameters of the two older actions begin with a small letter. Source: their pages.
"""

from collections.abc import Sequence
from typing import Any

from emulator.state.ecs.clock_text import to_second
from emulator.state.ecs.paging import PageRule, page
from emulator.state.ecs.params import Params, malformed
from emulator.state.ecs.records import Disk, SnapshotPolicy
from emulator.state.ecs.region import EcsRegion
from emulator.state.ecs.tags import filters_of, tags_of
from emulator.state.errors import ApiError

PAGES = PageRule(default=10, maximum=100)
# Source: CreateAutoSnapshotPolicy: per region and account.
POLICIES_MAX = 100
WEEKDAYS = frozenset(map(str, range(1, 8)))
HOURS = frozenset(map(str, range(24)))
FOR_EVER = -1
LONGEST_DAYS = 65_535


def create_auto_snapshot_policy(region: EcsRegion, params: Params, now: float) -> dict[str, Any]:
    """Make a policy. Source: ECS CreateAutoSnapshotPolicy."""
    params.required("regionId")
    _check_list(params, "repeatWeekdays", WEEKDAYS)
    _check_list(params, "timePoints", HOURS)
    days = params.integer("retentionDays", FOR_EVER)
    if days != FOR_EVER and not 1 <= days <= LONGEST_DAYS:
        raise ApiError(
            400,
            "InvalidRetentionDays",
            "The specified RetentionDays is out of the permitted range.",
        )
    if len(region.snapshot_policies) >= POLICIES_MAX:
        raise ApiError(
            403, "QuotaExceed.AutoSnapshotPolicy", "The number of policies has reached its limit."
        )
    tags = tags_of(params)
    policy = SnapshotPolicy(
        policy_id=region.new_id("sp"),
        name=params.text("autoSnapshotPolicyName"),
        weekdays=params.text("repeatWeekdays"),
        time_points=params.text("timePoints"),
        retention_days=days,
        created_at=now,
    )
    region.snapshot_policies[policy.policy_id] = policy
    region.tags.put(policy.policy_id, tags, region.visible_from(now))
    region.record(now, "CreateAutoSnapshotPolicy", policy.policy_id, tags=tags)
    return {"AutoSnapshotPolicyId": policy.policy_id}


def _check_list(params: Params, name: str, allowed: frozenset[str]) -> None:
    params.required(name)
    given = params.json_list(name)
    if not given or not set(given) <= allowed:
        raise malformed(name)


def describe_auto_snapshot_policy_ex(
    region: EcsRegion, params: Params, now: float
) -> dict[str, Any]:
    """List policies. Source: ECS DescribeAutoSnapshotPolicyEx."""
    policy_id, name = (params.text(f"AutoSnapshotPolicy{end}") for end in ("Id", "Name"))
    tags = filters_of(params)
    found = [
        each
        for each in region.snapshot_policies.values()
        if policy_id in {"", each.policy_id}
        and name in {"", each.name}
        and region.tags.matches(each.policy_id, tags, now)
    ]
    items, fields = page(found, params, PAGES)
    rows = [_row(region, each, now) for each in items]
    return {"AutoSnapshotPolicies": {"AutoSnapshotPolicy": rows}, **fields}


def _row(region: EcsRegion, policy: SnapshotPolicy, now: float) -> dict[str, Any]:
    users = [
        each for each in region.disks.values() if each.auto_snapshot_policy_id == policy.policy_id
    ]
    return {
        "AutoSnapshotPolicyId": policy.policy_id,
        "AutoSnapshotPolicyName": policy.name,
        "RepeatWeekdays": policy.weekdays,
        "TimePoints": policy.time_points,
        "RetentionDays": policy.retention_days,
        "EnableCrossRegionCopy": False,
        "AssociationType": "AssociatedWithDisk",
        "CreationTime": to_second(policy.created_at),
        "DiskNums": len(users),
        "VolumeNums": 0,
        "Status": "Normal",
        "Type": "Custom",
        "RegionId": region.region_id,
        "ResourceGroupId": "",
        "Tags": region.tags.rows(policy.policy_id, now),
    }


def apply_auto_snapshot_policy(region: EcsRegion, params: Params, now: float) -> dict[str, Any]:
    """Give disks a policy, all or none. Source: ECS ApplyAutoSnapshotPolicy.

    A disk that has one gets the new one in its place, as accounts had it before a disk could have
    ten; which of the two holds is not for a caller to rely on.
    """
    params.required("regionId")
    policy_id = params.required("autoSnapshotPolicyId")
    if policy_id not in region.snapshot_policies:
        raise ApiError(
            404,
            "InvalidAutoSnapshotPolicyId.NotFound",
            "The specified automatic snapshot policy ID does not exist.",
        )
    params.required("diskIds")
    disks = [region.disk(each) for each in params.json_list("diskIds") or ()]
    _check(disks)
    for disk in disks:
        disk.auto_snapshot_policy_id = policy_id
        region.record(now, "ApplyAutoSnapshotPolicy", disk.disk_id, policy_id=policy_id)
    return {}


def _check(disks: Sequence[Disk]) -> None:
    """Refuse what has no snapshots. Source: "Set an automatic snapshot policy for a disk"."""
    if any(each.is_local for each in disks):
        raise ApiError(
            403, "IncorrectDiskType.NotSupport", "The specified device type is not supported."
        )
    if any(each.status not in {"In_use", "Available"} for each in disks):
        raise ApiError(
            403, "IncorrectDiskStatus", "The current disk status does not support this operation."
        )
