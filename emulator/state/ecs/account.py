"""What an account has or may have: regions, zones, groups, key pairs, quotas, policies."""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from emulator.state.ecs.catalogue import Zone
from emulator.state.ecs.clock_text import to_second
from emulator.state.ecs.filters import agrees, within
from emulator.state.ecs.instances import dry_run
from emulator.state.ecs.launch_disks import SMALLEST
from emulator.state.ecs.paging import PageRule, page, token_page
from emulator.state.ecs.params import Params
from emulator.state.ecs.records import KeyPair, SecurityGroup
from emulator.state.ecs.region import EcsRegion
from emulator.state.ecs.tags import filters_of
from emulator.state.errors import ApiError
from emulator.state.vpc import describe_vpcs as vpc_describe_vpcs
from emulator.state.vpc import describe_vswitches as vpc_describe_vswitches

PAGES = PageRule(default=10, maximum=100, token_maximum=100, has_token=True)
EVENT_PAGES = PageRule(default=10, maximum=100, token_maximum=100, token_minimum=10, has_token=True)
# What VPC tells of a VPC and the action of ECS does not. Source: the SDK's models.
NEWER_THAN_ECS = frozenset({"ResourceGroupId", "OwnerId", "RouterTableIds", "Tags"})
KEY_PAIR_PAGES = PageRule(default=10, maximum=50)
ASSOCIATION_PAGE = 100
# What is so of every security group here, as its row says.
_GROUPS_ALIKE: Mapping[str, str | bool] = {
    "NetworkType": "vpc",
    "ResourceGroupId": "",
    "SecurityGroupType": "normal",
    "ServiceManaged": False,
}
VSWITCH_FIELDS = frozenset(
    {
        "VSwitchId", "VSwitchName", "VpcId", "ZoneId", "CidrBlock", "Status", "IsDefault",
        "AvailableIpAddressCount", "CreationTime", "Description", "ResourceGroupId",
    }
)  # fmt: skip


def describe_regions(region: EcsRegion, params: Params, now: float) -> dict[str, Any]:
    """List the regions of the catalogue. Source: ECS DescribeRegions."""
    del params, now
    rows = [
        {
            "RegionId": each.region_id,
            "LocalName": each.name,
            "RegionEndpoint": each.endpoint,
            "Status": "available",
        }
        for each in region.catalogue.regions.values()
    ]
    return {"Regions": {"Region": rows}}


def describe_zones(region: EcsRegion, params: Params, now: float) -> dict[str, Any]:
    """List zones, coarsely. Source: ECS DescribeZones; stock is DescribeAvailableResource's."""
    del now
    verbose = params.flag("Verbose", default=True)
    rows = [_zone_row(region, zone, verbose=verbose) for zone in region.place.zones]
    return {"Zones": {"Zone": rows}}


def _zone_row(region: EcsRegion, zone: Zone, *, verbose: bool) -> dict[str, Any]:
    row: dict[str, Any] = {
        "ZoneId": zone.zone_id,
        "LocalName": zone.name,
        "ZoneType": "AvailabilityZone",
    }
    if verbose:
        sold = [each for each in region.catalogue.types.values() if zone.sells(each)]
        row["AvailableInstanceTypes"] = {"InstanceTypes": [each.type_id for each in sold]}
        row["AvailableDiskCategories"] = {"DiskCategories": list(SMALLEST)}
        row["AvailableResourceCreation"] = {
            "ResourceTypes": ["VSwitch", "IoOptimized", "Instance", "Disk"]
        }
    return row


def describe_vswitches(region: EcsRegion, params: Params, now: float) -> dict[str, Any]:
    """List vSwitches under ECS's own, deprecated name."""
    answer = vpc_describe_vswitches(region.vpc, params, now)
    rows = [
        {key: value for key, value in row.items() if key in VSWITCH_FIELDS}
        for row in answer["VSwitches"]["VSwitch"]
    ]
    return {**answer, "VSwitches": {"VSwitch": rows}}


def describe_vpcs(region: EcsRegion, params: Params, now: float) -> dict[str, Any]:
    """List VPCs under ECS's own, deprecated name."""
    answer = vpc_describe_vpcs(region.vpc, params, now)
    rows = [
        {key: value for key, value in row.items() if key not in NEWER_THAN_ECS}
        for row in answer["Vpcs"]["Vpc"]
    ]
    return {**answer, "Vpcs": {"Vpc": rows}}


def describe_security_groups(region: EcsRegion, params: Params, now: float) -> dict[str, Any]:
    """List security groups. Source: ECS DescribeSecurityGroups."""
    dry_run(region, params)
    ids = params.json_list("SecurityGroupIds")
    one, vpc_id, name = (params.text(n) for n in ("SecurityGroupId", "VpcId", "SecurityGroupName"))
    tags = filters_of(params)
    found = [
        each
        for each in region.security_groups.values()
        if (ids is None or each.group_id in ids)
        and one in {"", each.group_id}
        and vpc_id in {"", each.vpc_id}
        and _group_name_matches(each, name, fuzzy=params.flag("FuzzyQuery"))
        and region.tags.matches(each.group_id, tags, now)
    ]
    items, fields = page(found if agrees(params, _GROUPS_ALIKE) else [], params, PAGES)
    members = Counter(
        group_id
        for instance in region.instances.values()
        for group_id in instance.options.security_group_ids
    )
    rows = [_group_row(region, each, members[each.group_id], now) for each in items]
    return {
        "RegionId": region.region_id,
        "SecurityGroups": {"SecurityGroup": rows},
        **fields,
    }


def _group_name_matches(each: SecurityGroup, name: str, *, fuzzy: bool) -> bool:
    return name in each.name if fuzzy else name in {"", each.name}


def _group_row(region: EcsRegion, each: SecurityGroup, members: int, now: float) -> dict[str, Any]:
    return {
        "SecurityGroupId": each.group_id,
        "SecurityGroupName": each.name,
        "SecurityGroupType": "normal",
        "VpcId": each.vpc_id,
        "Description": "",
        "EcsCount": members,
        "AvailableInstanceAmount": 2000 - members,
        "ResourceGroupId": "",
        "ServiceManaged": False,
        "CreationTime": to_second(each.created_at),
        "Tags": region.tags.rows(each.group_id, now),
    }


def describe_key_pairs(region: EcsRegion, params: Params, now: float) -> dict[str, Any]:
    """List key pairs. Source: ECS DescribeKeyPairs; `*` at the ends of a name is a wildcard."""
    pattern, print_ = params.text("KeyPairName"), params.text("KeyPairFingerPrint")
    tags = filters_of(params)
    found = [
        each
        for each in region.key_pairs.values()
        if _name_matches(each, pattern)
        and print_ in {"", each.fingerprint}
        and region.tags.matches(each.name, tags, now)
    ]
    alike = agrees(params, {"ResourceGroupId": ""})
    items, fields = page(found if alike else [], params, KEY_PAIR_PAGES)
    rows = [
        {
            "KeyPairName": each.name,
            "KeyPairFingerPrint": each.fingerprint,
            "CreationTime": to_second(each.created_at),
            "ResourceGroupId": "",
            "Tags": region.tags.rows(each.name, now),
        }
        for each in items
    ]
    return {"KeyPairs": {"KeyPair": rows}, **fields}


def _name_matches(each: KeyPair, pattern: str) -> bool:
    if not pattern:
        return True
    core = pattern.strip("*")
    return core in each.name if core != pattern else each.name == pattern


def describe_account_attributes(region: EcsRegion, params: Params, now: float) -> dict[str, Any]:
    """List quotas and their use. Source: ECS DescribeAccountAttributes."""
    del now
    known = {
        "max-spot-instance-vcpu-count": [str(region.settings.spot_vcpu_quota)],
        "used-spot-instance-vcpu-count": [str(region.spot_vcpus)],
        "max-security-groups": ["100"],
        "supported-postpay-instance-types": list(region.catalogue.types),
    }
    wanted = params.texts("AttributeName") or list(known)
    rows = [
        {"AttributeName": name, "AttributeValues": {"ValueItem": _values(known[name])}}
        for name in wanted
        if name in known
    ]
    return {"AccountAttributeItems": {"AccountAttributeItem": rows}}


def _values(values: Iterable[str]) -> list[dict[str, str]]:
    return [{"Value": each} for each in values]


def describe_auto_snapshot_policy_associations(
    region: EcsRegion, params: Params, now: float
) -> dict[str, Any]:
    """List which disks have which policy. Source: DescribeAutoSnapshotPolicyAssociations."""
    del now
    disk_id, policy_id = params.text("DiskId"), params.text("AutoSnapshotPolicyId")
    rows = [
        {"DiskId": each.disk_id, "AutoSnapshotPolicyId": each.auto_snapshot_policy_id}
        for each in region.disks.values()
        if each.auto_snapshot_policy_id
        and disk_id in {"", each.disk_id}
        and policy_id in {"", each.auto_snapshot_policy_id}
    ]
    items, fields = token_page(rows, params, ASSOCIATION_PAGE, ASSOCIATION_PAGE)
    associations = {"AutoSnapshotPolicyAssociation": list(items)}
    return {"AutoSnapshotPolicyAssociations": associations, "NextToken": fields["NextToken"]}


def describe_instance_history_events(
    region: EcsRegion, params: Params, now: float
) -> dict[str, Any]:
    """List system events: launches that vanished. Source: ECS DescribeInstanceHistoryEvents."""
    ids = set(params.texts("ResourceId")) | {params.text("InstanceId")} - {""}
    kinds = set(params.texts("InstanceEventType")) | {params.text("EventType")} - {""}
    if params.text("ResourceType", "instance") != "instance":
        raise ApiError(400, "InvalidParameter.ResourceType", "Only instance is modelled here.")
    found = [
        each
        for each in region.history
        if (not ids or each["instance_id"] in ids)
        and (not kinds or "SystemFailure.Delete" in kinds)
        and _event_is_wanted(each, params)
        and region.visible_from(each["at"]) <= now
    ]
    items, fields = page(found, params, EVENT_PAGES)
    rows = [
        {
            "EventId": each["event_id"],
            "InstanceId": each["instance_id"],
            "ResourceType": "instance",
            "EventType": {"Code": 40, "Name": "SystemFailure.Delete"},
            "EventCycleStatus": {"Code": 26, "Name": "Executed"},
            "EventPublishTime": to_second(each["at"]),
            "EventFinishTime": to_second(each["at"]),
            "NotBefore": to_second(each["at"]),
            "Reason": "The instance could not be created for lack of stock.",
        }
        for each in items
    ]
    return {"InstanceSystemEventSet": {"InstanceSystemEventType": rows}, **fields}


def _event_is_wanted(event: Mapping[str, Any], params: Params) -> bool:
    """Tell whether an event is among those asked for by id, status and time.

    The single status counts only without the list. Source: DescribeInstanceHistoryEvents,
    EventCycleStatus.
    """
    ids = params.texts("EventId")
    states = params.texts("InstanceEventCycleStatus") or [params.text("EventCycleStatus")]
    return (
        (not ids or event["event_id"] in ids)
        and not {"", "Executed"}.isdisjoint(states)
        and all(within(params, name, event["at"]) for name in ("EventPublishTime", "NotBefore"))
    )
